"""Loading storages, and moving them to where they belong."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from typing import Any

import ferrotorch
from ferrotorch import _C
from ferrotorch._typed_storage import TypedStorage

from .brief import brief
from .names import StorageType

__all__ = ["StorageLoader", "fresh_storage", "is_foreign", "storage_over", "swap_bytes"]


def _in_text(part: Any) -> Any:
    """A part of a persistent id; Python 2's strings are bytes where a caller asks for that (``encoding="bytes"``)."""
    return part.decode("ascii", "replace") if isinstance(part, bytes) else part


class StorageLoader:
    """Turns the persistent ids of a pickle into storages, each key into one.

    Args:
        fetch: from key, size in bytes, size of the numbers whose bytes have an order, and size of an element to a
            host storage.
        map_location: see `ferrotorch.load`.
        in_order: all storages must be fetched, because they follow one another; otherwise those that go to device
            ``"meta"``, which has no memory, are not.
    """

    def __init__(
        self, fetch: Callable[[str, int, int, int], Any], map_location: Any, *, in_order: bool = False
    ) -> None:
        self._fetch = fetch
        self._in_order = in_order
        self._map_location = map_location
        self._loaded: dict[str, tuple[int, Any]] = {}

    def __call__(self, persistent_id: Any) -> Any:
        """The storage that a persistent id refers to.

        Raises:
            RuntimeError: the id is malformed, or contradicts an earlier one of the same key.
        """
        if isinstance(persistent_id, tuple):
            persistent_id = tuple(map(_in_text, persistent_id))
        if not isinstance(persistent_id, tuple) or len(persistent_id) < 5 or persistent_id[0] != "storage":
            raise RuntimeError(f"load(): unknown persistent id {brief(persistent_id)}")
        _, kind, key, location, count = persistent_id[:5]
        if not (
            isinstance(kind, StorageType)
            and isinstance(key, str)
            and isinstance(location, str)
            and type(count) is int
            and count >= 0
        ):
            raise RuntimeError(f"load(): malformed reference to a storage: {brief(persistent_id)}")
        itemsize = 1 if kind.dtype is None else kind.dtype.itemsize
        nbytes = count * itemsize
        known = self._loaded.get(key)
        if known is None:
            if not self._in_order and _is_meta(self._target(location)):
                storage = _without_memory(nbytes)
            else:
                storage = self._fetch(key, nbytes, _swap_unit(kind.dtype), itemsize)
                storage = self._relocate(storage, location)
            known = self._loaded[key] = nbytes, storage
        elif known[0] != nbytes:
            raise RuntimeError(f"load(): storage {brief(key)} is said to have {known[0]} bytes and {nbytes} bytes")
        return known[1] if kind.dtype is None else TypedStorage(wrap_storage=known[1], dtype=kind.dtype)

    def _target(self, location: str) -> Any:
        """Where a storage goes, unless a function decides on that."""
        target = self._map_location
        if isinstance(target, Mapping):
            return target.get(location, location)
        return location if target is None or _is_function(target) else target

    def _relocate(self, storage: Any, location: str) -> Any:
        if _is_function(self._map_location):
            moved = self._map_location(storage, location)
            if moved is not None:
                return moved.untyped() if isinstance(moved, TypedStorage) else moved
        return _to_device(storage, self._target(location))


def _is_function(map_location: Any) -> bool:
    return callable(map_location) and not isinstance(map_location, ferrotorch.device)


def _is_meta(location: Any) -> bool:
    return location == "meta" or (isinstance(location, ferrotorch.device) and location.type == "meta")


def _without_memory(nbytes: int) -> Any:
    """A storage that has a size and no bytes."""
    return ferrotorch.UntypedStorage(nbytes, device=ferrotorch.device("meta"))


def _swap_unit(dtype: Any) -> int:
    """The size of the numbers whose bytes have an order; a complex number is two of them."""
    if dtype is None:
        return 1
    return dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize


def _shown(location: Any) -> str:
    return brief(location) if isinstance(location, str) else repr(location)


def _to_device(storage: Any, location: Any) -> Any:
    try:
        device = ferrotorch.device(location)
    except (RuntimeError, ValueError) as error:
        raise RuntimeError(
            f"load(): a tensor was saved on device {_shown(location)}, which is not available; "
            "map_location='cpu' loads it into host memory"
        ) from error
    if device.type in ("cuda", "mps") and device.type != _C._gpu_kind():
        raise RuntimeError(
            f"Attempting to deserialize object on a {device.type.upper()} device ({_shown(location)}), which is "
            "not available; use map_location='cpu' to load it into host memory, or map_location='wgpu' to load it onto "
            "a GPU"
        )
    if device.type == "cpu":
        return storage
    nbytes = storage.nbytes()
    if device.type == "meta":
        return _without_memory(nbytes)
    return _C._tensor_from_storage(storage, ferrotorch.uint8, 0, (nbytes,), (1,)).to(device).untyped_storage()


def fresh_storage(nbytes: int) -> tuple[Any, memoryview]:
    """A storage with undefined contents, and its memory, which is to be written to while the storage lives."""
    storage = ferrotorch.UntypedStorage(nbytes)
    return storage, memory_of(storage)


def memory_of(storage: Any) -> memoryview:
    """The memory of a storage on the host, which is to live longer."""
    nbytes = storage.nbytes()
    if not nbytes:
        return memoryview(bytearray())
    return memoryview((ctypes.c_char * nbytes).from_address(storage.data_ptr())).cast("B")


def storage_over(buffer: bytearray | memoryview) -> Any:
    """A storage that shares the memory of a writable buffer and keeps it alive."""
    if not len(buffer):
        return ferrotorch.UntypedStorage(0)
    return ferrotorch.frombuffer(buffer, dtype=ferrotorch.uint8).untyped_storage()


def swap_bytes(data: memoryview, unit: int) -> None:
    """Reverse the bytes of each number of ``unit`` bytes, in place."""
    for low in range(unit // 2):
        high = unit - 1 - low
        lows, highs = bytes(data[low::unit]), bytes(data[high::unit])
        data[low::unit], data[high::unit] = highs, lows


def is_foreign(byteorder: str) -> bool:
    """Whether numbers of this byte order must be swapped on this machine."""
    return byteorder != sys.byteorder
