"""Models from repositories: a ``hubconf.py`` in a folder or on GitHub, and files of parameters from the net.

What was loaded once lies in :func:`get_dir`, and is taken from there without the net.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlparse
from urllib.request import Request, urlopen

__all__ = ["download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url", "set_dir"]

ENV_GITHUB_TOKEN = "GITHUB_TOKEN"
ENV_TORCH_HOME = "TORCH_HOME"
ENV_XDG_CACHE_HOME = "XDG_CACHE_HOME"
DEFAULT_CACHE_DIR = "~/.cache"
MODULE_HUBCONF = "hubconf.py"
READ_DATA_CHUNK = 128 * 1024
VAR_DEPENDENCY = "dependencies"
# The first digits of a file's SHA-256 in its name, as in ``resnet18-bfd8deac.pth``.
HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")
_BRANCHES = ("main", "master")
# Whose code nobody is asked about.
_TRUSTED_OWNERS = ("facebookresearch", "facebookincubator", "pytorch", "fairinternal")

_folder: str | None = None


class tqdm:
    """A bar of progress, where the package ``tqdm`` is not installed: the share in percent, on stderr.

    Further options, ``kwargs``, are ignored.
    """

    def __init__(self, total: int | None = None, disable: bool = False, **kwargs: Any) -> None:
        self.total, self.disable, self.n = total, disable, 0

    def update(self, n: int) -> None:
        """Add to what is done."""
        self.n += n
        if not self.disable:
            share = f"{self.n} bytes" if not self.total else f"{100 * self.n / self.total:.1f}%"
            sys.stderr.write(f"\r{share}")

    def close(self) -> None:
        """End the line."""
        if not self.disable:
            sys.stderr.write("\n")

    def __enter__(self) -> tqdm:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _get_torch_home() -> str:
    """The folder of what is kept: ``TORCH_HOME``, or ``torch`` in ``XDG_CACHE_HOME``, or ``~/.cache/torch``."""
    cache = os.getenv(ENV_XDG_CACHE_HOME, DEFAULT_CACHE_DIR)
    return os.path.expanduser(os.getenv(ENV_TORCH_HOME, os.path.join(cache, "torch")))


def get_dir() -> str:
    """The folder of repositories and files that were loaded."""
    return os.path.join(_get_torch_home(), "hub") if _folder is None else _folder


def set_dir(d: str | os.PathLike[str]) -> None:
    """Set the folder of repositories and files that are loaded."""
    global _folder
    _folder = os.path.expanduser(d)


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Load a file, whose SHA-256 must begin with ``hash_prefix``.

    Raises:
        URLError: the address cannot be reached.
        RuntimeError: the file has another hash.
    """
    request = Request(url, headers={"User-Agent": "torch.hub"})
    os.makedirs(os.path.dirname(os.path.abspath(dst)), exist_ok=True)
    digest = hashlib.sha256()
    try:
        answer = urlopen(request)
    except HTTPError:
        raise
    except URLError as error:
        raise URLError(f"{error.reason} (torch.hub: {url} cannot be loaded; put the file at {dst} by hand)") from error
    length = answer.headers.get("Content-Length")
    bar = tqdm(total=int(length) if length else None, disable=not progress)
    with answer, bar, tempfile.NamedTemporaryFile(dir=os.path.dirname(os.path.abspath(dst)), delete=False) as file:
        try:
            while chunk := answer.read(READ_DATA_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                bar.update(len(chunk))
            file.close()
            found = digest.hexdigest()
            if hash_prefix is not None and not found.startswith(hash_prefix):
                raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{found}")')
            shutil.move(file.name, dst)
        finally:
            Path(file.name).unlink(missing_ok=True)


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> Any:
    """What ``torch.load`` reads from the file at an address, which is loaded if it is not in the folder yet.

    Args:
        url: The address; its last part names the file.
        model_dir: The folder; by default ``checkpoints`` in :func:`get_dir`.
        map_location: As for ``torch.load``.
        progress: Show how far it is?
        check_hash: Must the hash of the file be the one in its name?
        file_name: Another name for the file.
        weights_only: As for ``torch.load``.
    """
    from ferrotorch.serialization import load as load_file

    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(folder, exist_ok=True)
    name = file_name or os.path.basename(urlparse(url).path)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.stderr.write(f'Downloading: "{url}" to {path}\n')
        match = HASH_REGEX.search(name) if check_hash else None
        download_url_to_file(url, path, match.group(1) if match else None, progress=progress)
    return load_file(path, map_location=map_location, weights_only=weights_only)


def _parse_repo_info(github: str) -> tuple[str, str, str | None]:
    """Owner, name and branch or tag of ``owner/name[:ref]``."""
    repository, _, ref = github.partition(":")
    owner, slash, name = repository.partition("/")
    if not slash or "/" in name:
        raise ValueError(f"a repository is given as 'owner/name' or 'owner/name:ref', got {github!r}")
    return owner, name, ref or None


def _folders(owner: str, name: str, ref: str | None) -> dict[str, str]:
    """Where the branches or the tag of a repository lie that may be meant."""
    return {r: os.path.join(get_dir(), f"{owner}_{name}_{r.replace('/', '_')}") for r in ([ref] if ref else _BRANCHES)}


def _get_cache_or_reload(github: str, force_reload: bool, verbose: bool = True) -> str:
    """The folder of a repository, which is loaded from GitHub if it is not there yet."""
    owner, name, ref = _parse_repo_info(github)
    os.makedirs(get_dir(), exist_ok=True)
    folders = _folders(owner, name, ref)
    for folder in folders.values():
        if os.path.isdir(folder) and not force_reload:
            if verbose:
                sys.stderr.write(f"Using cache found in {folder}\n")
            return folder
    error: Exception | None = None
    for branch, folder in folders.items():
        try:
            return _load_repository(owner, name, branch, folder, verbose)
        except HTTPError as refused:
            error = refused
    raise RuntimeError(f"torch.hub: https://github.com/{owner}/{name} has no {' or '.join(folders)}") from error


def _load_repository(owner: str, name: str, ref: str, folder: str, verbose: bool) -> str:
    archive = f"{folder}.zip"
    download_url_to_file(f"https://github.com/{owner}/{name}/zipball/{ref}", archive, progress=verbose)
    try:
        with tempfile.TemporaryDirectory(dir=get_dir()) as scratch, zipfile.ZipFile(archive) as file:
            file.extractall(scratch)
            (inner,) = os.scandir(scratch)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.move(inner.path, folder)
    finally:
        os.remove(archive)
    return folder


def _entries(folder: str) -> ModuleType:
    """The module ``hubconf.py`` of a folder.

    Raises:
        FileNotFoundError: it has none.
        RuntimeError: packages are missing that it needs.
    """
    path = os.path.join(folder, MODULE_HUBCONF)
    spec = importlib.util.spec_from_file_location("hubconf", path)
    if spec is None or spec.loader is None or not os.path.exists(path):
        raise FileNotFoundError(f"torch.hub: there is no file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    missing = [name for name in getattr(module, VAR_DEPENDENCY, []) if importlib.util.find_spec(name) is None]
    if missing:
        raise RuntimeError(f"Missing dependencies: {', '.join(missing)}")
    return module


def _entry(module: ModuleType, model: str) -> Callable[..., Any]:
    if not isinstance(model, str):
        raise ValueError("Invalid input: model should be a string of function name")
    function = getattr(module, model, None)
    if not callable(function):
        raise RuntimeError(f"Cannot find callable {model} in hubconf")
    return function


def _folder_of(repo: str, source: str, trust_repo: bool | str | None, force_reload: bool, verbose: bool) -> str:
    if source.lower() not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    if source.lower() == "local":
        return repo
    _require_trust(repo, trust_repo)
    return _get_cache_or_reload(repo, force_reload, verbose)


def _require_trust(github: str, trust_repo: bool | str | None) -> None:
    """Ask before code from the net is run, and keep a list of what is trusted in the file ``trusted_list``.

    Raises:
        Exception: the answer is no.
        ValueError: it is neither yes nor no.
    """
    owner, name, ref = _parse_repo_info(github)
    os.makedirs(get_dir(), exist_ok=True)
    trusted = Path(get_dir(), "trusted_list")
    listed = trusted.read_text().split() if trusted.exists() else []
    is_here = any(os.path.isdir(folder) for folder in _folders(owner, name, ref).values())
    is_trusted = f"{owner}_{name}" in listed or is_here or owner in _TRUSTED_OWNERS
    if trust_repo is False or (trust_repo == "check" and not is_trusted):
        answer = input(
            f"The repository {owner}_{name} does not belong to the list of trusted repositories and as such cannot be "
            "downloaded. Do you trust this repository and wish to add it to the trusted list of repositories (y/N)?"
        ).lower()
        if answer in ("n", "no", ""):
            raise Exception("Untrusted repository.")
        if answer not in ("y", "yes"):
            raise ValueError(f"Unrecognized response {answer}.")
    if not is_trusted:
        with trusted.open("a") as file:
            file.write(f"{owner}_{name}\n")


def list(
    github: str,
    force_reload: bool = False,
    skip_validation: bool = False,
    trust_repo: bool | str | None = "check",
    verbose: bool = True,
    source: str = "github",
) -> Any:
    """The names of the functions in the ``hubconf.py`` of a repository.

    ``skip_validation`` is accepted: what is not there is reported by GitHub.
    """
    module = _entries(_folder_of(github, source, trust_repo, force_reload, verbose))
    return [name for name in dir(module) if callable(getattr(module, name)) and not name.startswith("_")]


def help(
    github: str,
    model: str,
    force_reload: bool = False,
    skip_validation: bool = False,
    trust_repo: bool | str | None = "check",
    source: str = "github",
) -> str | None:
    """The docstring of a function in the ``hubconf.py`` of a repository.

    ``skip_validation`` is accepted: what is not there is reported by GitHub.
    """
    return _entry(_entries(_folder_of(github, source, trust_repo, force_reload, True)), model).__doc__


def load(
    repo_or_dir: str,
    model: str,
    *args: Any,
    source: str = "github",
    trust_repo: bool | str | None = "check",
    force_reload: bool = False,
    verbose: bool = True,
    skip_validation: bool = False,
    **kwargs: Any,
) -> Any:
    """What a function in the ``hubconf.py`` of a repository returns, which is code of others: it can do anything.

    Args:
        repo_or_dir: ``"owner/name[:ref]"`` on GitHub, or a folder with ``source="local"``.
        model: The name of the function, which is called with all other arguments.
        source: ``"github"`` or ``"local"``.
        trust_repo: ``"check"`` asks before code from the net is run, unless the repository is on the list of those that
            were trusted before, was loaded before, or is of PyTorch's owners; False asks always, True and None never.
        force_reload: Load a repository again that is there?
        verbose: Say where it is taken from?
        skip_validation: Accepted: what is not there is reported by GitHub.
    """
    folder = _folder_of(repo_or_dir, source, trust_repo, force_reload, verbose)
    sys.path.insert(0, folder)
    try:
        return _entry(_entries(folder), model)(*args, **kwargs)
    finally:
        sys.path.remove(folder)
