"""The bytes behind tensors; importing the module adds methods to the class of storages."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any, SupportsIndex

from ferrotorch import _C

__all__ = ["StorageBase", "UntypedStorage", "is_storage"]

UntypedStorage = _C.UntypedStorage
# What programs ask of an object to know whether it is one: there is no other class below.
StorageBase = UntypedStorage


def __getattr__(name: str) -> Any:
    """Typed storages, which are loaded at their first use."""
    from ferrotorch import _typed_storage

    if name in ("TypedStorage", "_LegacyStorage"):
        return getattr(_typed_storage, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def is_storage(obj: object) -> bool:
    """Is the object a storage, typed or not?"""
    if isinstance(obj, UntypedStorage):
        return True
    from ferrotorch._typed_storage import TypedStorage

    return isinstance(obj, TypedStorage)


def _load_from_bytes(b: bytes) -> Any:
    """What :func:`~ferrotorch.save` wrote into these bytes: storages that were pickled alone are made by this."""
    import io

    from ferrotorch.serialization import load

    return load(io.BytesIO(b), weights_only=False)


def as_bytes(storage: UntypedStorage) -> _C.Tensor:
    """The bytes as a 1-D uint8 tensor over the same memory."""
    return _C._tensor_from_storage(storage, _C.uint8, 0, (storage.nbytes(),), (1,))


def _index(storage: UntypedStorage, index: SupportsIndex) -> int:
    place, size = index.__index__(), storage.nbytes()
    if not -size <= place < size:
        raise IndexError(f"index {place} out of range for storage of size {size}")
    return place % size


def _bounds(storage: UntypedStorage, index: slice) -> tuple[int, int]:
    start, stop, step = index.indices(storage.nbytes())
    if step != 1:
        raise RuntimeError(f"Trying to slice with a step of {step}, but only a step of 1 is supported")
    return start, max(start, stop)


def _require_bytes(storage: UntypedStorage) -> None:
    if storage.device.type == "meta":
        raise NotImplementedError("Not available for 'meta' device type")


def __getitem__(self: UntypedStorage, index: Any) -> Any:
    """A byte, or a storage over the memory of a range of bytes.

    Raises:
        IndexError: there is no such byte.
        RuntimeError: a slice with a step, or of memory that is not the host's.
        NotImplementedError: the storage is on device ``"meta"``, which has no memory.
    """
    _require_bytes(self)
    if not isinstance(index, slice):
        return as_bytes(self)[_index(self, index)].item()
    start, stop = _bounds(self, index)
    if self.device.type != "cpu":
        raise RuntimeError(f"slices of a storage share its memory, which must be the host's: it is on {self.device}")
    if start == stop:
        return UntypedStorage(0)
    return _over(as_bytes(self)[start:stop].numpy())


def __setitem__(self: UntypedStorage, index: Any, value: int) -> None:
    """Set a byte, or all of a range, to a number from 0 to 255."""
    _require_bytes(self)
    bytes_ = as_bytes(self)
    if isinstance(index, slice):
        start, stop = _bounds(self, index)
        bytes_[start:stop] = value
    else:
        bytes_[_index(self, index)] = value


def __iter__(self: UntypedStorage) -> Iterator[int]:
    return iter(tolist(self))


def _over(buffer: Any) -> UntypedStorage:
    """A storage over the memory of an object with the buffer protocol, which it keeps alive."""
    return _C.frombuffer(buffer, dtype=_C.uint8).untyped_storage()


def from_file(filename: Any, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
    """A storage over the first ``nbytes`` bytes of a file, which are read when they are first looked at.

    Args:
        filename: the file's path.
        shared: what is written to the storage goes to the file, which is made, or made longer, if need be; otherwise
            the file stays as it is.
        nbytes: size of the storage.

    Raises:
        RuntimeError: the file cannot be opened, or is shorter than ``nbytes`` and not ``shared``.
    """
    mode = os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY
    try:
        descriptor = os.open(filename, mode | getattr(os, "O_BINARY", 0), 0o644)
    except OSError as error:
        kind = "read-write" if shared else "read-only"
        raise RuntimeError(
            f"unable to open file <{filename}> in {kind} mode: {error.strerror} ({error.errno})"
        ) from None
    try:
        size = os.fstat(descriptor).st_size
        if size < nbytes:
            if not shared:
                raise RuntimeError(
                    f"file <{filename}> size <{size}> is smaller than the required mapping size <{nbytes}>"
                )
            os.ftruncate(descriptor, nbytes)
        if nbytes == 0:
            return UntypedStorage(0)
        return _over(mmap.mmap(descriptor, nbytes, access=mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY))
    finally:
        os.close(descriptor)


def tolist(self: UntypedStorage) -> list[int]:
    """The bytes as numbers."""
    _require_bytes(self)
    return as_bytes(self).tolist()


def untyped(self: UntypedStorage) -> UntypedStorage:
    """The storage itself."""
    return self


def fill_(self: UntypedStorage, value: int) -> UntypedStorage:
    """Set all bytes to a number."""
    as_bytes(self).fill_(value)
    return self


def copy_(self: UntypedStorage, source: UntypedStorage, non_blocking: bool = False) -> UntypedStorage:
    """Take over the bytes of a storage of the same size."""
    as_bytes(self).copy_(as_bytes(source))
    return self


def cpu(self: UntypedStorage) -> UntypedStorage:
    """The storage, or a copy on the host."""
    return self if self.device.type == "cpu" else as_bytes(self).cpu().untyped_storage()


def resize_(self: UntypedStorage, size: int) -> UntypedStorage:
    """The storage itself, if it has ``size`` bytes: memory never changes its size.

    Raises:
        RuntimeError: another size.
    """
    if size < 0:
        raise RuntimeError(f"UntypedStorage.resize_(): got a negative size {size}")
    if size != self.nbytes():
        raise RuntimeError(
            f"UntypedStorage.resize_(): the {self.nbytes()} bytes of a storage cannot become {size}, for tensors that "
            "share them would not see it: resize a tensor by Tensor.resize_(), or give it another storage by set_()"
        )
    return self


def byteswap(self: UntypedStorage, dtype: Any) -> None:
    """Turn the order of the bytes of each number around; of complex numbers that of both parts.

    Args:
        dtype: the dtype of the numbers.

    Raises:
        RuntimeError: the bytes are no whole number of these.
    """
    size = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
    if self.nbytes() % size:
        raise RuntimeError(f"byteswap(): {self.nbytes()} bytes are no whole number of {dtype}")
    numbers = as_bytes(self).view(-1, size)
    numbers.copy_(numbers.flip(1))


def __copy__(self: UntypedStorage) -> UntypedStorage:
    return self.clone()


def __deepcopy__(self: UntypedStorage, memo: dict[int, Any]) -> UntypedStorage:
    return memo.setdefault(id(self), self.clone())


def __reduce__(self: UntypedStorage) -> tuple[Any, ...]:
    return UntypedStorage.from_buffer, (self.tobytes(),)


def element_size(self: UntypedStorage) -> int:
    """Bytes an element: 1."""
    return 1


def is_shared(self: UntypedStorage) -> bool:
    """Whether other processes see the memory: never."""
    return False


def is_pinned(self: UntypedStorage, device: Any = None) -> bool:
    """Whether the memory is pinned for a GPU: never.

    Whatever ``device`` is, it is ignored.
    """
    return False


def is_cuda(self: UntypedStorage) -> bool:
    """Whether it lies on a GPU of CUDA: never."""
    return False


def type(self: UntypedStorage) -> str:
    """The name of the class."""
    return "torch.storage.UntypedStorage"


_METHODS = (
    __getitem__, __setitem__, __iter__, tolist, untyped, fill_, copy_, cpu, element_size, is_shared, is_pinned, type,
    resize_, byteswap, __copy__, __deepcopy__, __reduce__,
)  # fmt: skip
_OTHERS = {"from_file": staticmethod(from_file), "is_cuda": property(is_cuda)}
for _name, _method in {**_OTHERS, **{f.__name__: f for f in _METHODS}}.items():
    setattr(UntypedStorage, _name, _method)
