"""Storages whose elements have a dtype: a deprecated view of :class:`UntypedStorage`, with classes for each dtype."""

from __future__ import annotations

import copy
import operator
import sys
from collections.abc import Iterator
from typing import Any

from ferrotorch import _C
from ferrotorch.storage import UntypedStorage

Tensor = _C.Tensor

_DTYPES = {
    "Double": _C.float64, "Float": _C.float32, "Half": _C.float16, "BFloat16": _C.bfloat16, "Long": _C.int64,
    "Int": _C.int32, "Short": _C.int16, "Char": _C.int8, "Byte": _C.uint8, "Bool": _C.bool,
    "ComplexFloat": _C.complex64, "ComplexDouble": _C.complex128,
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class TypedStorage:
    """The memory of a tensor as a row of numbers of one dtype.

    Made of a number of elements, of a sequence of numbers, or over an :class:`UntypedStorage`.
    """

    _untyped_storage: UntypedStorage
    dtype: Any

    def __init__(self, *args: Any, wrap_storage: Any = None, dtype: Any = None, device: Any = None) -> None:
        if len(args) > 1:
            raise TypeError(
                f"TypedStorage.__init__ received an invalid combination of arguments: {len(args)} arguments"
            )
        if wrap_storage is not None:
            if args or dtype is None or device is not None:
                raise RuntimeError("TypedStorage(): wrap_storage goes with dtype alone")
            if not isinstance(wrap_storage, UntypedStorage):
                raise TypeError(
                    f"Argument 'wrap_storage' must be UntypedStorage, but got {type(wrap_storage).__name__}"
                )
            self._untyped_storage, self.dtype = wrap_storage, dtype
            return
        self.dtype = _C.get_default_dtype() if dtype is None else dtype
        source = args[0] if args else 0
        if isinstance(source, TypedStorage):
            source = source.tolist()
        elements = (
            _C.empty(operator.index(source), dtype=self.dtype, device=device)
            if hasattr(source, "__index__")
            else _C.tensor(list(source), dtype=self.dtype, device=device)
        )
        self._untyped_storage = elements.untyped_storage()

    def _elements(self) -> Tensor:
        """The elements as a 1-D tensor over the same memory."""
        dtype = self.dtype
        if type(dtype) is not _C.dtype:
            from ferrotorch._quantized._quantizers import integers_of

            dtype = integers_of(dtype).dtype
        return _C._tensor_from_storage(self._untyped_storage, dtype, 0, (self.size(),), (1,))

    @property
    def device(self) -> Any:
        """Where the memory is."""
        return self._untyped_storage.device

    @property
    def _cdata(self) -> int:
        """A number that tells the memory from other memory."""
        return hash(self._untyped_storage)

    def untyped(self) -> UntypedStorage:
        """The bytes."""
        return self._untyped_storage

    def size(self) -> int:
        """Number of elements."""
        return self._untyped_storage.nbytes() // self.dtype.itemsize

    __len__ = size

    def nbytes(self) -> int:
        """Number of bytes."""
        return self._untyped_storage.nbytes()

    def element_size(self) -> int:
        """Bytes an element."""
        return self.dtype.itemsize

    def data_ptr(self) -> int:
        """Address of the memory."""
        return self._untyped_storage.data_ptr()

    def __getitem__(self, index: Any) -> Any:
        self._require_memory()
        if isinstance(index, slice):
            raise NotImplementedError("slices are only supported in UntypedStorage.__getitem__")
        if not isinstance(index, int):
            raise RuntimeError(f"can't index a {type(self).__name__} with {type(index).__name__}")
        if not -self.size() <= index < self.size():
            raise IndexError(f"index {index} out of range for storage of size {self.size()}")
        return self._elements()[index].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._require_memory()
        if not isinstance(index, (int, slice)):
            raise RuntimeError(f"can't index a {type(self).__name__} with {type(index).__name__}")
        self._elements()[index] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def _require_memory(self) -> None:
        if self.device.type == "meta":
            raise NotImplementedError("Not available for 'meta' device type")

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        self._require_memory()
        return self._elements().tolist()

    def fill_(self, value: Any) -> TypedStorage:
        """Set all elements to a number."""
        self._elements().fill_(value)
        return self

    def copy_(self, source: Any, non_blocking: bool | None = None) -> TypedStorage:
        """Take over the elements of a storage of the same size, converted."""
        elements = source._elements() if isinstance(source, TypedStorage) else source
        self._elements().copy_(elements)
        return self

    def clone(self) -> TypedStorage:
        """A copy."""
        return self._to(self.dtype)

    def resize_(self, size: int) -> None:
        """Another number of elements.

        Raises:
            RuntimeError: the number changes; a storage here keeps its size.
        """
        if size != self.size():
            raise RuntimeError(f"a storage never changes size: it has {self.size()} elements, not {size}")

    def cpu(self) -> TypedStorage:
        """The storage, or a copy on the host."""
        return TypedStorage(wrap_storage=self._untyped_storage.cpu(), dtype=self.dtype)

    def type(self, dtype: Any = None) -> Any:
        """The name of the class for this dtype, or the storage in another dtype."""
        return f"torch.{self.pickle_storage_type()}" if dtype is None else self._to(getattr(dtype, "dtype", dtype))

    def pickle_storage_type(self) -> str:
        """The name of the class for this dtype, without the module."""
        return f"{_NAMES[self.dtype]}Storage" if self.dtype in _NAMES else "storage.TypedStorage"

    def is_shared(self) -> bool:
        """Whether other processes see the memory."""
        return self._untyped_storage.is_shared()

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the memory is pinned for a GPU: never."""
        return False

    def _to(self, dtype: Any) -> TypedStorage:
        return TypedStorage(wrap_storage=self._elements().to(dtype, copy=True).untyped_storage(), dtype=dtype)

    def __copy__(self) -> TypedStorage:
        return TypedStorage(wrap_storage=copy.copy(self._untyped_storage), dtype=self.dtype)

    def __deepcopy__(self, memo: dict[Any, Any]) -> TypedStorage:
        from ferrotorch._tensor import _deepcopy_storage

        return TypedStorage(wrap_storage=_deepcopy_storage(self._untyped_storage, memo), dtype=self.dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypedStorage) and self.data_ptr() == other.data_ptr() and self.size() == other.size()

    def __hash__(self) -> int:
        return hash((self.data_ptr(), self.size()))

    def __repr__(self) -> str:
        place = f"[torch.storage.TypedStorage(dtype={self.dtype}, device={self.device}) of size {len(self)}]"
        if self.device.type == "meta":
            return f"...\n{place}"
        return "\n".join([*(f" {x}" for x in self.tolist()), place])

    def double(self) -> TypedStorage:
        """A copy in float64."""
        return self._to(_C.float64)

    def float(self) -> TypedStorage:
        """A copy in float32."""
        return self._to(_C.float32)

    def half(self) -> TypedStorage:
        """A copy in float16."""
        return self._to(_C.float16)

    def bfloat16(self) -> TypedStorage:
        """A copy in bfloat16."""
        return self._to(_C.bfloat16)

    def long(self) -> TypedStorage:
        """A copy in int64."""
        return self._to(_C.int64)

    def int(self) -> TypedStorage:
        """A copy in int32."""
        return self._to(_C.int32)

    def short(self) -> TypedStorage:
        """A copy in int16."""
        return self._to(_C.int16)

    def char(self) -> TypedStorage:
        """A copy in int8."""
        return self._to(_C.int8)

    def byte(self) -> TypedStorage:
        """A copy in uint8."""
        return self._to(_C.uint8)

    def bool(self) -> TypedStorage:
        """A copy as truth values."""
        return self._to(_C.bool)

    def complex_float(self) -> TypedStorage:
        """A copy in complex64."""
        return self._to(_C.complex64)

    def complex_double(self) -> TypedStorage:
        """A copy in complex128."""
        return self._to(_C.complex128)


class _OfDtype(type):
    """The type of ``FloatStorage`` and its like, whose instances are the typed storages of one dtype on the host."""

    dtype: Any

    def __instancecheck__(cls, obj: Any) -> bool:
        return isinstance(obj, TypedStorage) and obj.dtype is cls.dtype and obj.device.type == "cpu"


class _LegacyStorage(TypedStorage, metaclass=_OfDtype):
    """What makes typed storages of one dtype on the host."""

    def __new__(cls, *args: Any, wrap_storage: Any = None) -> Any:
        return TypedStorage(*args, wrap_storage=wrap_storage, dtype=cls.dtype)

    @classmethod
    def from_file(cls, filename: Any, shared: bool = False, size: int = 0) -> TypedStorage:
        """A storage over the first ``size`` elements of a file; see :func:`UntypedStorage.from_file`."""
        untyped = UntypedStorage.from_file(filename, shared, size * cls.dtype.itemsize)
        return TypedStorage(wrap_storage=untyped, dtype=cls.dtype)

    @classmethod
    def from_buffer(cls, buffer: Any, byte_order: str = "native", count: Any = -1, offset: Any = 0) -> TypedStorage:
        """A copy of the elements in an object with the buffer protocol, which may be ``"big"`` endian.

        Raises:
            ValueError: ``byte_order`` is none.
        """
        copied = bytearray(memoryview(buffer).cast("B"))
        is_of_bytes = cls.dtype in (_C.uint8, _C.int8)  # They have no order.
        if not is_of_bytes and byte_order not in ("native", "little", "big"):
            raise ValueError(f"invalid byte_order '{byte_order}' (expected 'big', 'little', or 'native')")
        if cls.dtype == _C.bool:  # Any byte but 0 is true.
            copied = bytearray(map(bool, copied))
        elements = _C.frombuffer(copied, dtype=cls.dtype, count=count, offset=offset)
        if not is_of_bytes and byte_order not in ("native", sys.byteorder):
            elements = _turned(elements)
        return TypedStorage(wrap_storage=elements.clone().untyped_storage(), dtype=cls.dtype)


def _turned(elements: _C.Tensor) -> _C.Tensor:
    """Elements, or both parts of each, with their bytes the other way round."""
    size = elements.dtype.itemsize // (2 if elements.dtype.is_complex else 1)
    return elements.view(_C.uint8).reshape(-1, size).flip(1).reshape(-1).view(elements.dtype)


def legacy(name: str) -> Any:
    """The class of a name such as ``FloatStorage``."""
    return _LEGACY[name]


_LEGACY = {
    f"{name}Storage": _OfDtype(
        f"{name}Storage",
        (_LegacyStorage,),
        {"dtype": dtype, "__module__": "torch", "__doc__": f"Typed storages of {dtype} on the host."},
    )
    for name, dtype in _DTYPES.items()
}
globals().update(_LEGACY)
Storage = _LEGACY["FloatStorage"]
