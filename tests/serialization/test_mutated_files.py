"""Files with random damage: one loads as what it was or raises what is documented, and none runs code."""

import functools
import io
import os
import pickle
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import ferrotorch as torch
import pytest
from expected import DATA
from ferrotorch.utils import safetensors

FILES = sorted(p for p in DATA.iterdir() if p.suffix in {".pt", ".safetensors"})
# An empty file is at its end, as in PyTorch.
DOCUMENTED = (RuntimeError, pickle.UnpicklingError, EOFError)
RUNNING = {"exec", "compile", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen"}
CHANGING = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "socket.connect"}


def mutate(data: bytes, r: random.Random) -> bytes:
    """Cuts, overwrites, repeats or removes some bytes."""
    changed = bytearray(data)
    for _ in range(r.randint(1, 4)):
        at, length = r.randrange(len(changed)), r.randint(1, 16)
        match r.randrange(5):
            case 0:
                del changed[max(at, 1) :]
            case 1:
                changed[at : at + length] = r.randbytes(length)
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = changed[at : at + length]
            case _:
                changed[at] ^= 1 << r.randrange(8)
        if not changed:
            return b""
    return bytes(changed)


def read(path):
    return safetensors.load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)


def plain(value):
    """The value with tensors as dtype, shape and numbers; every number is read, which must lie within the storage."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return type(value), [(plain(key), plain(item)) for key, item in value.items()]
    if isinstance(value, list | tuple | set):
        return type(value), [plain(item) for item in value]
    return value


def is_import(event: str, args: tuple) -> bool:
    """Is this the code of a module that is imported for the first time?"""
    file = args[0].co_filename if event == "exec" else args[1] if event == "compile" else None
    return file is not None and os.path.isfile(file)


class Watch:
    """What the interpreter was asked to do while the watch was on."""

    on = False
    seen: list[str] = []  # noqa: RUF012 (there is one)

    @classmethod
    def event(cls, name: str, args: tuple) -> None:
        if not cls.on:
            return
        writes = name == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
        if writes or (name in RUNNING | CHANGING and not is_import(name, args)):
            cls.seen.append(f"{name} {args}")


@functools.cache
def watch() -> type[Watch]:
    sys.addaudithook(Watch.event)  # there is no way to remove it, and one is enough
    return Watch


@contextmanager
def nothing_run() -> Iterator[None]:
    watched = watch()
    watched.seen.clear()
    watched.on = True
    try:
        yield
    finally:
        watched.on = False
    assert watched.seen == []


def load_or_refuse(read: Callable, file) -> tuple[bool, object]:
    """Whether the file could be loaded, and what it holds; it may raise what is documented, with a reason."""
    with nothing_run():
        try:
            return True, read(file)
        except DOCUMENTED as error:
            reason = str(error)
    assert len(reason) > 10, reason
    return False, None


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
@pytest.mark.filterwarnings("ignore")
def test_damage(path, tmp_path):
    r = random.Random(path.name)
    target = tmp_path / path.name
    try:
        original = read(path)
    except DOCUMENTED:
        original = None
    loaded = 0
    for _ in range(150):
        target.write_bytes(mutate(path.read_bytes(), r))
        good, result = load_or_refuse(read, target)
        loaded += good
        if good and zipfile.is_zipfile(target) and path.name != "hostile.pt":
            assert repr(plain(result)) == repr(plain(original))  # checksums find every change of what is read
        else:
            plain(result)
    assert loaded < 150


class Runs:
    """Unpickled by `pickle`, calls a function."""

    def __init__(self, function: Callable, *args: object) -> None:
        self.call = function, args

    def __reduce__(self):
        return self.call


TRAPS = {
    "os.mkdir": lambda path: Runs(os.mkdir, path),
    "os.system": lambda path: Runs(os.system, f"mkdir {path}"),
    "exec": lambda path: Runs(exec, f"import os; os.mkdir({path!r})"),
    "subprocess": lambda path: Runs(subprocess.check_call, ["mkdir", path]),
    "link": lambda path: Runs(os.symlink, os.devnull, path),
}


def with_pickle(archive: bytes, change: Callable[[bytes], bytes]) -> io.BytesIO:
    """The archive with its pickle changed, and the checksum that belongs to it."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, change(data) if name.endswith("/data.pkl") else data)
    changed.seek(0)
    return changed


@pytest.mark.parametrize("name", TRAPS)
def test_a_pickle_that_calls_is_refused_however_it_is_damaged(name, tmp_path):
    trap = tmp_path / "trap"
    evil = TRAPS[name](str(trap))
    pickle.loads(pickle.dumps(evil, protocol=2))
    assert trap.exists(), "the trap must work where it is let"
    trap.rmdir() if trap.is_dir() else trap.unlink()

    file = io.BytesIO()
    torch.save({"weights": torch.ones(3), "more": [evil, torch.zeros(2)]}, file)
    with pytest.raises(pickle.UnpicklingError, match="refers to"), nothing_run():
        torch.load(io.BytesIO(file.getvalue()))
    r = random.Random(name)
    for _ in range(300):
        damaged = with_pickle(file.getvalue(), lambda data: mutate(data, r))
        _, result = load_or_refuse(torch.load, damaged)
        plain(result)
        assert not trap.exists()
