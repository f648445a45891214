"""Saving objects to files and loading them, in PyTorch's format."""

from __future__ import annotations

import io
import os
import pickle
import sys
import warnings
from collections.abc import Callable
from enum import Enum
from typing import IO, Any

import ferrotorch

__all__ = [
    "LoadEndianness",
    "add_safe_globals",
    "clear_safe_globals",
    "get_default_load_endianness",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
    "set_default_load_endianness",
]

FileLike = str | os.PathLike[str] | IO[bytes]
MAP_LOCATION = Callable[[Any, str], Any] | ferrotorch.device | str | dict[str, str] | None
SafeGlobal = Callable[..., Any] | tuple[Callable[..., Any], str]

DEFAULT_PROTOCOL = 2

# Elements must be aligned in memory; a record that is not so in the file is read instead of mapped.
_MAPPED_ALIGNMENT = 16

_safe_globals: list[SafeGlobal] = []


# ---- what may be loaded


def add_safe_globals(safe_globals: list[SafeGlobal]) -> None:
    """Allow `load` to make instances of these classes and to call these functions.

    Args:
        safe_globals: classes and functions, or pairs of one and the name, ``"module.name"``, under which files know it.
    """
    _safe_globals.extend(safe_globals)


def get_safe_globals() -> list[SafeGlobal]:
    """What was allowed by `add_safe_globals`."""
    return list(_safe_globals)


def get_unsafe_globals_in_checkpoint(f: FileLike) -> list[str]:
    """The names of classes and functions in a file of `save` that `load` would refuse; the file is not loaded.

    Args:
        f: a path, or an open file that can be sought in.

    Raises:
        ValueError: the file is no zip archive of `save`.
        UnpicklingError: the pickle in it is damaged.
    """
    from ._pickling.archive import ArchiveReader, is_archive
    from ._pickling.mentions import mentions
    from ._pickling.names import known_globals

    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return get_unsafe_globals_in_checkpoint(file)
    if not is_archive(f):
        raise ValueError("Expected input to be a checkpoint returned by torch.save")
    archive = ArchiveReader(f, "the file")
    if "constants.pkl" in archive:
        raise ValueError("Expected input to be a checkpoint returned by torch.save but got a torchscript checkpoint")
    allowed = {**known_globals(), **_named_safe_globals()}
    # "__builtin__" is what protocol 2 calls the builtins.
    named = mentions(archive.read("data.pkl"))
    return sorted(
        each for each in named if each not in allowed and each.replace("__builtin__.", "builtins.") not in allowed
    )


def clear_safe_globals() -> None:
    """Take back everything that was allowed by `add_safe_globals`."""
    _safe_globals.clear()


class safe_globals:
    """Allow classes and functions within a ``with`` block; see `add_safe_globals`."""

    def __init__(self, safe_globals: list[SafeGlobal]) -> None:
        self._added = safe_globals
        self._before: list[SafeGlobal] = []

    def __enter__(self) -> None:
        self._before = get_safe_globals()
        add_safe_globals(self._added)

    def __exit__(self, *exc_info: object) -> None:
        _safe_globals[:] = self._before


def _named_safe_globals() -> dict[str, Any]:
    """The allowed classes and functions by every name that a file may use for them."""
    from ._pickling.names import file_name

    named: dict[str, Any] = {}
    for item in _safe_globals:
        if isinstance(item, tuple):
            value, name = item
            named[name] = value
            continue
        named[f"{item.__module__}.{item.__qualname__}"] = item
        in_files = file_name(item)
        if in_files is not None:
            named[".".join(in_files)] = item
    return named


# ---- saving


def save(
    obj: object,
    f: FileLike,
    pickle_module: Any = pickle,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Save an object to a file that `load`, and PyTorch, can read.

    Tensors are saved with their whole storage, once, so that views of one storage share it after loading too. A path is
    written to by way of a temporary file beside it, which takes its place when it is complete and on the disk: whatever
    happens, there is the old file or the new one. Other hard links to the old file keep the old contents. Where the
    folder does not let itself be written to, the file is overwritten once everything is ready to be written.

    Args:
        obj: the object: tensors, state dicts, and whatever else `pickle` can save.
        f: a path, or a file opened for writing bytes.
        pickle_module: a module with a ``Pickler`` like that of `pickle`.
        pickle_protocol: the pickle protocol.
        _use_new_zipfile_serialization: False writes PyTorch's format of before 2020, which is no zip archive.

    Raises:
        TypeError: ``f`` is neither a path nor has it a method ``write``.
        RuntimeError: the folder does not exist, or tensors view the same memory as different dtypes.
        OSError: the file cannot be written, or a file object does not take what it is given.
    """
    from ._files import CompleteWriter, replacing

    write = _write_archive if _use_new_zipfile_serialization else _write_legacy
    if isinstance(f, str | os.PathLike):
        path = os.fspath(f)
        with replacing(path) as file:
            write(obj, file, os.path.splitext(os.path.basename(path))[0] or "archive", pickle_module, pickle_protocol)
    elif hasattr(f, "write"):
        write(obj, CompleteWriter(f), "archive", pickle_module, pickle_protocol)  # type: ignore[arg-type]
        # What was written can be read by the file's name, though the file object is still open.
        if hasattr(f, "flush"):
            f.flush()
    else:
        raise AttributeError(
            f"save(): expected 'f' to be string, path, or a file-like object with a 'write' attribute, got {f!r}"
        )


def _write_archive(obj: object, file: IO[bytes], folder: str, pickle_module: Any, protocol: int) -> None:
    from ._pickling.archive import ArchiveWriter
    from ._pickling.pickler import Storages, make_pickler

    storages = Storages()
    stream = io.BytesIO()
    with ferrotorch.no_grad():
        make_pickler(stream, protocol, pickle_module, storages).dump(obj)
    with ArchiveWriter(file, folder) as archive:
        for name, data in (
            ("data.pkl", stream.getbuffer()),
            (".format_version", b"1"),
            (".storage_alignment", b"64"),
            ("byteorder", sys.byteorder.encode()),
        ):
            archive.write(name, len(data), [data])
        for number, storage in enumerate(storages.items):
            archive.write(f"data/{number}", storage.nbytes(), storages.chunks(number))
        archive.write("version", 2, [b"3\n"])


def _write_legacy(obj: object, file: IO[bytes], folder: str, pickle_module: Any, protocol: int) -> None:
    from ._pickling.legacy import save_legacy
    from ._pickling.pickler import Storages, make_pickler

    storages = Storages(legacy=True)

    def dump(obj: object, file: IO[bytes]) -> None:
        with ferrotorch.no_grad():
            make_pickler(file, protocol, pickle_module, storages).dump(obj)

    save_legacy(obj, file, storages, dump, protocol)


# ---- loading


def load(
    f: FileLike,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Load an object that `save`, or PyTorch, has saved.

    Args:
        f: a path, or a file opened for reading bytes that can be seeked.
        map_location: where tensors go: a device, a dict from saved to new locations, or a function of a storage (in
            host memory) and its saved location that returns a storage, or None to leave it where it was saved. Default:
            where they were saved.
        pickle_module: a module with an ``Unpickler`` like that of `pickle`, for ``weights_only=False``.
        weights_only: load only tensors, plain data and what `add_safe_globals` allows (the default, unless
            ``pickle_module`` is given). False loads everything, and **runs whatever code the file contains**. The
            environment variable ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1`` changes the default to False,
            ``TORCH_FORCE_WEIGHTS_ONLY_LOAD=1`` overrides what is given by True.
        mmap: map the file into memory rather than read it; needs a path. Writing to the tensors leaves the file as it
            is.
        pickle_load_args: for the unpickler: ``encoding`` (of Python 2's strings; default ``"utf-8"``).

    Raises:
        pickle.UnpicklingError: the file refers to something that may not be loaded, or is of another kind.
        EOFError: the file is empty.
        RuntimeError: the file is damaged or cut off, or asks for a device that is not available.
    """
    weights_only = _weights_only(weights_only, pickle_module)
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    pickle_load_args.setdefault("encoding", "utf-8")
    unpickle = (
        _restricted(pickle_load_args) if weights_only else _unrestricted(pickle_module or pickle, pickle_load_args)
    )
    if isinstance(f, str | os.PathLike):
        path = os.fspath(f)
        with open(path, "rb") as file:
            return _read(file, path, map_location, unpickle, mmap=bool(mmap))
    if mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    for method in ("seek", "tell", "read", "readline"):
        if not hasattr(f, method):
            raise AttributeError(
                f"{type(f).__name__!r} object has no attribute {method!r}. You can only torch.load from a file that is "
                "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
    return _read(f, str(getattr(f, "name", "the file")), map_location, unpickle, mmap=False)


class LoadEndianness(Enum):
    """The order of the bytes of numbers in files that say none: this machine's, or one by name."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


_default_endianness: LoadEndianness | None = None


def get_default_load_endianness() -> LoadEndianness | None:
    """What `set_default_load_endianness` was given last; None at first, which is little."""
    return _default_endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Set the order of bytes that `load` takes for that of an archive which has no record of it.

    Raises:
        TypeError: neither a :class:`LoadEndianness` nor None.
    """
    global _default_endianness
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    _default_endianness = endianness


def _default_order() -> str:
    if _default_endianness is LoadEndianness.NATIVE:
        return sys.byteorder
    return "big" if _default_endianness is LoadEndianness.BIG else "little"


def _weights_only(asked: bool | None, pickle_module: Any) -> bool:
    """Whether only weights are loaded: as asked, or as the environment says where nothing is asked."""
    always, never = (
        os.environ.get(name, "0").lower() in ("1", "y", "yes", "true")
        for name in ("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
    )
    if always and never:
        raise RuntimeError(
            "Only one of `TORCH_FORCE_WEIGHTS_ONLY_LOAD` or `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` should be set, "
            "but both were set."
        )
    if always:
        return True
    if asked is not None:
        return asked
    if never:
        warnings.warn(
            "Environment variable TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD detected, since the `weights_only` argument was not "
            "explicitly passed to `torch.load`, forcing weights_only=False.",
            UserWarning,
            stacklevel=3,
        )
        return False
    return pickle_module is None


Unpickle = Callable[[IO[bytes], Callable[[Any], Any]], Any]


def _restricted(options: dict[str, Any]) -> Unpickle:
    """An unpickler of data and of what is allowed."""
    from ._pickling.names import known_callables, known_globals
    from ._pickling.unpickler import RestrictedUnpickler

    allowed = _named_safe_globals()
    known = {**known_globals(), **allowed}
    callables = [*known_callables(), *allowed.values()]
    trusted = {value for value in allowed.values() if isinstance(value, type)}

    def unpickle(file: IO[bytes], persistent_load: Callable[[Any], Any]) -> Any:
        position = file.tell()
        limit = file.seek(0, 2) - position
        file.seek(position)
        return RestrictedUnpickler(file, limit, known, callables, trusted, persistent_load, options["encoding"]).load()

    return unpickle


def _unrestricted(pickle_module: Any, options: dict[str, Any]) -> Unpickle:
    """An unpickler of anything."""
    from ._pickling.names import known_globals, to_native

    known = known_globals()

    class Unpickler(pickle_module.Unpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            value = known.get(f"{module}.{name}") if module.startswith("torch") else None
            return super().find_class(to_native(module, name), name) if value is None else value

    def unpickle(file: IO[bytes], persistent_load: Callable[[Any], Any]) -> Any:
        unpickler = Unpickler(file, **options)
        unpickler.persistent_load = persistent_load
        return unpickler.load()

    return unpickle


def _read(file: IO[bytes], name: str, map_location: Any, unpickle: Unpickle, *, mmap: bool) -> Any:
    from ._pickling.archive import ArchiveReader, is_archive
    from ._pickling.legacy import load_legacy

    if is_archive(file):
        return _read_archive(ArchiveReader(file, name), file, map_location, unpickle, mmap=mmap)
    if mmap:
        raise RuntimeError(f"load(): {name} does not have the zip format, so it cannot be mapped into memory")
    position = file.tell()
    if not file.read(1):
        raise EOFError(f"load(): {name} is empty")
    file.seek(position)
    plain = _restricted({"encoding": "utf-8"})
    return load_legacy(
        file,
        name,
        map_location,
        lambda persistent: plain(file, persistent),
        lambda persistent: unpickle(file, persistent),
    )


def _read_archive(archive: Any, file: IO[bytes], map_location: Any, unpickle: Unpickle, *, mmap: bool) -> Any:
    from ._pickling.storages import StorageLoader, fresh_storage, is_foreign, storage_over, swap_bytes

    if "constants.pkl" in archive:
        raise RuntimeError("load(): this is a TorchScript archive, a compiled program; load() reads saved objects only")
    order = archive.read("byteorder").decode("ascii", "replace") if "byteorder" in archive else _default_order()
    if order not in ("little", "big"):
        raise archive.damaged(f"unknown byte order {order!r}")
    if mmap and is_foreign(order):
        raise RuntimeError(f"load(): the file holds {order}-endian numbers, which cannot be mapped on this machine")
    mapping = _map(file) if mmap else None

    def fetch(key: str, nbytes: int, unit: int, itemsize: int) -> Any:
        record = f"data/{key}"
        size = archive.storage_size(record)
        if size != nbytes:
            raise archive.damaged(f"record {record!r} has {size} bytes, the pickle says {nbytes}")
        if mapping is not None and archive.offset(record) % _MAPPED_ALIGNMENT == 0:
            return storage_over(archive.map(record, mapping))
        storage, memory = fresh_storage(nbytes)
        archive.read_into(record, memory)
        if is_foreign(order):
            swap_bytes(memory, unit)
        return storage

    stream = io.BytesIO(archive.read("data.pkl"))
    return unpickle(stream, StorageLoader(fetch, map_location))


def _map(file: IO[bytes]) -> Any:
    """The file mapped into memory; what is written there goes to copies of the pages."""
    import mmap

    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
