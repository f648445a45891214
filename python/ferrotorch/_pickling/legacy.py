"""Reading the format of before 2020: a sequence of pickles, then the storages one after the other."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import IO, Any

from .rebuild import TypedStorage
from .storages import StorageLoader, is_foreign, storage_over, swap_bytes

__all__ = ["load_legacy"]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001

PersistentLoad = Callable[[Any], Any]


class _LegacyStorages:
    """Allocates the storages that the pickle refers to; their contents follow it in the file."""

    def __init__(self, name: str, size: int, map_location: Any) -> None:
        self._name = name
        self._size = size
        self._loader = StorageLoader(self._allocate, map_location)
        self._hosted: list[Any] = []
        # By key: the memory of the storage, and how its bytes are grouped (see `StorageLoader`).
        self.items: dict[str, tuple[bytearray, int, int]] = {}

    def _allocate(self, key: str, nbytes: int, unit: int, itemsize: int) -> Any:
        if nbytes > self._size:
            raise RuntimeError(
                f"load(): storage {key!r} of {self._name} is said to have {nbytes} bytes, the file has {self._size}"
            )
        buffer = bytearray(nbytes)
        self.items[key] = buffer, unit, itemsize
        storage = storage_over(buffer)
        self._hosted.append(storage)
        return storage

    def __call__(self, persistent_id: Any) -> Any:
        if not isinstance(persistent_id, tuple) or len(persistent_id) != 6:
            raise RuntimeError(f"load(): unknown persistent id {persistent_id!r}")
        storage = self._loader(persistent_id)
        untyped = storage.untyped if isinstance(storage, TypedStorage) else storage
        if all(untyped is not hosted for hosted in self._hosted):
            raise RuntimeError(
                f"load(): {self._name} has the old format, which is loaded into host memory only; use "
                "map_location='cpu' and move the tensors afterwards"
            )
        part = persistent_id[5]
        if part is None:
            return storage
        if not (
            isinstance(storage, TypedStorage) and isinstance(part, tuple) and len(part) == 3 and type(part[1]) is int
        ):
            raise RuntimeError(f"load(): malformed reference to a part of a storage: {persistent_id!r}")
        return TypedStorage(storage.untyped, storage.dtype, part[1])


def _no_storages(persistent_id: Any) -> Any:
    raise RuntimeError(f"load(): a reference to a storage where none belongs: {persistent_id!r}")


def load_legacy(
    file: IO[bytes],
    name: str,
    map_location: Any,
    unpickle_plain: Callable[[PersistentLoad], Any],
    unpickle: Callable[[PersistentLoad], Any],
) -> Any:
    """Read the object.

    Args:
        file: an open, seekable file at the beginning of the data.
        name: how messages call it.
        map_location: see `ferrotorch.load`; all storages must remain in host memory.
        unpickle_plain: reads the next pickle, which holds plain data, given what to do with persistent ids.
        unpickle: the same for the pickle of the object.

    Raises:
        RuntimeError: the file is of another kind, or damaged.
    """
    start = file.tell()
    size = file.seek(0, 2) - start
    file.seek(start)
    try:
        magic = unpickle_plain(_no_storages)
    except Exception as error:
        raise RuntimeError(f"load(): {name} is not a file that save() wrote: {error}") from error
    if magic != _MAGIC:
        raise RuntimeError(f"load(): {name} is not a file that save() wrote")
    version = unpickle_plain(_no_storages)
    if version != _VERSION:
        raise RuntimeError(f"load(): {name} has version {version!r} of the old format; only {_VERSION} is known")
    system = unpickle_plain(_no_storages)
    order = "big" if isinstance(system, dict) and system.get("little_endian") is False else "little"

    storages = _LegacyStorages(name, size, map_location)
    # Once for the storages that the object refers to, and again when they are filled: a conjugated tensor is computed.
    position = file.tell()
    unpickle(storages)
    _read_storages(file, name, storages, unpickle_plain, order)
    file.seek(position)
    return unpickle(storages)


def _read_storages(
    file: IO[bytes],
    name: str,
    storages: _LegacyStorages,
    unpickle_plain: Callable[[PersistentLoad], Any],
    order: str,
) -> None:
    """Read the list of storages, then each."""
    for key in unpickle_plain(_no_storages):
        if key not in storages.items:
            raise RuntimeError(f"load(): {name} holds a storage {key!r} that nothing refers to")
        buffer, unit, itemsize = storages.items[key]
        _fill(file, name, key, memoryview(buffer), itemsize, order)
        if is_foreign(order):
            swap_bytes(memoryview(buffer), unit)


def _fill(file: IO[bytes], name: str, key: str, target: memoryview, itemsize: int, order: str) -> None:
    """Read one storage: the number of elements, then the elements."""
    header = file.read(8)
    count = struct.unpack("<q" if order == "little" else ">q", header)[0] if len(header) == 8 else -1
    if count * itemsize != target.nbytes:
        raise RuntimeError(f"load(): {name} is damaged or cut off: storage {key!r} has {count} elements")
    data = file.read(target.nbytes)
    if len(data) < target.nbytes:
        raise RuntimeError(
            f"load(): {name} is cut off: storage {key!r} ends after {len(data)} of {target.nbytes} bytes"
        )
    target[:] = data
