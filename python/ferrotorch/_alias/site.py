"""A distribution ``torch`` in the folder of installed packages, which forwards to this library.

With it every program of the interpreter that says ``import torch`` gets this library, and tools that ask which version
of ``torch`` is installed get an answer.
"""

from __future__ import annotations

import base64
import hashlib
import sysconfig
from importlib.metadata import Distribution
from pathlib import Path

from ferrotorch._alias.identity import VERSION

__all__ = ["install", "uninstall"]

_INSTALLER = "ferrotorch"
_FORWARDING = '''\
"""Forwards to ferrotorch; `python -m ferrotorch --uninstall` takes it away."""

import sys

import ferrotorch
from ferrotorch._alias import finder

finder.install()
sys.modules[__name__] = ferrotorch
'''


def _folder() -> Path:
    return Path(sysconfig.get_path("purelib"))


def _information() -> str:
    return f"torch-{VERSION}.dist-info"


def _files() -> dict[str, str]:
    """The files of the distribution, by their paths in the folder of packages."""
    information = _information()
    return {
        "torch/__init__.py": _FORWARDING,
        f"{information}/METADATA": (
            f"Metadata-Version: 2.1\nName: torch\nVersion: {VERSION}\n"
            "Summary: Forwards to ferrotorch\nRequires-Dist: ferrotorch\n"
        ),
        f"{information}/INSTALLER": f"{_INSTALLER}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: ferrotorch\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{information}/top_level.txt": "torch\n",
    }


def _record(files: dict[str, str]) -> str:
    """The list of files by which tools know what to take away."""
    lines = []
    for path, text in files.items():
        data = text.encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}")
    return "\n".join([*lines, f"{_information()}/RECORD,,"]) + "\n"


def _installed() -> Distribution | None:
    """The distribution ``torch`` in the folder of packages."""
    found = Distribution.discover(name="torch", path=[str(_folder())])
    return next(iter(found), None)


def _is_ours(distribution: Distribution) -> bool:
    return (distribution.read_text("INSTALLER") or "").strip() == _INSTALLER


def install() -> Path:
    """Put the distribution into the folder of installed packages; returns that.

    Raises:
        RuntimeError: another ``torch`` is installed there.
    """
    found = _installed()
    if found is not None and not _is_ours(found):
        raise RuntimeError(
            f"torch {found.version} is installed in {_folder()}: take it away first (pip uninstall torch), or run "
            "programs by `python -m ferrotorch`"
        )
    if found is None and (_folder() / "torch").exists():
        raise RuntimeError(f"{_folder() / 'torch'} exists, and is not ferrotorch's")
    if found is not None:
        uninstall()
    files = _files()
    for path, text in {**files, f"{_information()}/RECORD": _record(files)}.items():
        place = _folder() / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
    return _folder()


def uninstall() -> Path:
    """Take away all that :func:`install` put there; returns the folder.

    Raises:
        RuntimeError: it is not there, or the ``torch`` there is another one.
    """
    found = _installed()
    if found is None:
        raise RuntimeError(f"there is no torch in {_folder()}")
    if not _is_ours(found):
        raise RuntimeError(f"the torch in {_folder()} was not put there by ferrotorch")
    information = f"torch-{found.version}.dist-info"
    for file in found.files or []:
        (_folder() / file).unlink(missing_ok=True)
    for folder in ("torch", information):
        _remove(_folder() / folder)
    return _folder()


def _remove(folder: Path) -> None:
    """Remove a folder with what the interpreter compiled there."""
    for cached in folder.glob("__pycache__/*.pyc"):
        cached.unlink()
    for place in (folder / "__pycache__", folder):
        if place.is_dir():
            place.rmdir()
