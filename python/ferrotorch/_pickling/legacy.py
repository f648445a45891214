"""The format of before 2020: a sequence of pickles, then the storages one after the other."""

from __future__ import annotations

import pickle
import struct
import sys
from collections.abc import Callable
from pickle import UnpicklingError
from typing import IO, TYPE_CHECKING, Any

from ferrotorch._typed_storage import TypedStorage
from ferrotorch.storage import UntypedStorage

from . import rebuild
from .archive import read_fully
from .brief import brief
from .storages import StorageLoader, is_foreign, storage_over, swap_bytes

if TYPE_CHECKING:
    from .pickler import Storages

__all__ = ["load_legacy", "save_legacy"]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001

PersistentLoad = Callable[[Any], Any]


class _LegacyStorages:
    """Allocates the storages that the pickle refers to; their contents follow it in the file."""

    def __init__(self, name: str, size: int, map_location: Any) -> None:
        self._name = name
        self._bytes_left = size
        self._loader = StorageLoader(self._allocate, map_location, in_order=True)
        # By identity: what is in host memory. `items` keeps them alive.
        self._hosted: dict[int, Any] = {}
        # By key: the memory of the storage, and how its bytes are grouped (see `StorageLoader`).
        self.items: dict[str, tuple[bytearray, int, int]] = {}

    def _allocate(self, key: str, nbytes: int, unit: int, itemsize: int) -> Any:
        if nbytes > self._bytes_left:
            raise RuntimeError(
                f"load(): storage {brief(key)} of {self._name} is said to have {nbytes} bytes, the file has no more "
                f"than {self._bytes_left} for it"
            )
        self._bytes_left -= nbytes
        buffer = bytearray(nbytes)
        self.items[key] = buffer, unit, itemsize
        storage = storage_over(buffer)
        self._hosted[id(storage)] = storage
        return storage

    def __call__(self, persistent_id: Any) -> Any:
        if not isinstance(persistent_id, tuple) or len(persistent_id) != 6:
            raise RuntimeError(f"load(): unknown persistent id {brief(persistent_id)}")
        storage = self._loader(persistent_id)
        untyped = storage.untyped() if isinstance(storage, TypedStorage) else storage
        if id(untyped) not in self._hosted and untyped.device.type != "meta":
            raise RuntimeError(
                f"load(): {self._name} has the old format, which is loaded into host memory only; use "
                "map_location='cpu' and move the tensors afterwards"
            )
        part = persistent_id[5]
        if part is None:
            return storage
        if not (
            isinstance(storage, TypedStorage) and isinstance(part, tuple) and len(part) == 3 and _are_sizes(part[1:])
        ):
            raise RuntimeError(f"load(): malformed reference to a part of a storage: {brief(persistent_id)}")
        return _part_of(storage, *part[1:])


def _are_sizes(numbers: tuple[Any, ...]) -> bool:
    return all(type(n) is int and n >= 0 for n in numbers)


def _part_of(storage: TypedStorage, start: int, count: int) -> TypedStorage:
    """So many elements of a storage, whose memory they share."""
    untyped, itemsize = storage.untyped(), storage.element_size()
    begin, end = start * itemsize, (start + count) * itemsize
    if end > untyped.nbytes():
        raise RuntimeError(
            f"load(): elements {start} to {start + count} of a storage that has {storage.size()} elements"
        )
    on_meta = untyped.device.type == "meta"
    part = UntypedStorage(end - begin, device=untyped.device) if on_meta else untyped[begin:end]
    return TypedStorage(wrap_storage=part, dtype=storage.dtype)


def _no_storages(persistent_id: Any) -> Any:
    raise RuntimeError(f"load(): a reference to a storage where none belongs: {brief(persistent_id)}")


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
        map_location: see `ferrotorch.load`; all storages must remain in host memory, or have none.
        unpickle_plain: reads the next pickle, which holds plain data, given what to do with persistent ids.
        unpickle: the same for the pickle of the object.

    Raises:
        UnpicklingError: the file is of another kind.
        RuntimeError: it is damaged.
    """
    start = file.tell()
    size = file.seek(0, 2) - start
    file.seek(start)
    try:
        magic = unpickle_plain(_no_storages)
    except Exception as error:
        raise UnpicklingError(f"load(): {name} is not a file that save() wrote: {error}") from error
    if magic != _MAGIC:
        raise UnpicklingError(f"load(): {name} is not a file that save() wrote")
    version = unpickle_plain(_no_storages)
    if version != _VERSION:
        raise RuntimeError(f"load(): {name} has version {brief(version)} of the old format; only {_VERSION} is known")
    system = unpickle_plain(_no_storages)
    order = "big" if isinstance(system, dict) and system.get("little_endian") is False else "little"

    storages = _LegacyStorages(name, size, map_location)
    at = file.tell()
    waiting: list[None] = []
    token = rebuild.waiting.set(waiting)
    try:
        loaded = unpickle(storages)
    finally:
        rebuild.waiting.reset(token)
    _read_storages(file, name, storages, unpickle_plain, order)
    if waiting:
        # Some of the tensors are made of what the storages hold, which is there by now.
        end = file.tell()
        file.seek(at)
        loaded = unpickle(storages)
        file.seek(end)
    return loaded


def _read_storages(
    file: IO[bytes],
    name: str,
    storages: _LegacyStorages,
    unpickle_plain: Callable[[PersistentLoad], Any],
    order: str,
) -> None:
    """Read the list of storages, then each."""
    keys = unpickle_plain(_no_storages)
    if not isinstance(keys, list | tuple):
        raise RuntimeError(f"load(): {name} is damaged: the keys of its storages are a {type(keys).__name__}")
    for key in keys:
        if not isinstance(key, str) or key not in storages.items:
            raise RuntimeError(f"load(): {name} holds a storage {brief(key)} that nothing refers to")
        buffer, unit, itemsize = storages.items[key]
        _fill(file, name, key, memoryview(buffer), itemsize, order)
        if is_foreign(order):
            swap_bytes(memoryview(buffer), unit)


def _fill(file: IO[bytes], name: str, key: str, target: memoryview, itemsize: int, order: str) -> None:
    """Read one storage: the number of elements, then the elements."""
    header = file.read(8)
    count = struct.unpack("<q" if order == "little" else ">q", header)[0] if len(header) == 8 else -1
    if count * itemsize != target.nbytes:
        raise RuntimeError(f"load(): {name} is damaged or cut off: storage {brief(key)} has {count} elements")
    done = read_fully(file, target)
    if done < target.nbytes:
        raise RuntimeError(
            f"load(): {name} is cut off: storage {brief(key)} ends after {done} of {target.nbytes} bytes"
        )


def save_legacy(
    obj: object, file: IO[bytes], storages: Storages, dump: Callable[[object, IO[bytes]], None], protocol: int
) -> None:
    """Write an object.

    Args:
        obj: the object.
        file: where to write.
        storages: what ``dump`` hands the storages of the object to.
        dump: pickles the object.
        protocol: the pickle protocol of the rest.
    """
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": _VERSION, "little_endian": sys.byteorder == "little", "type_sizes": sizes}
    for header in (_MAGIC, _VERSION, system):
        pickle.dump(header, file, protocol)
    dump(obj, file)
    pickle.dump([str(number) for number in range(len(storages.items))], file, protocol)
    for number in range(len(storages.items)):
        file.write(struct.pack("=q", storages.count(number)))
        for chunk in storages.chunks(number):
            file.write(chunk)
