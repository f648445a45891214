"""Legacy tensor types such as ``torch.FloatTensor``: constructors, and names for ``isinstance`` and ``Tensor.type``."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C

__all__ = []

_NAMES = {
    "BoolTensor": _C.bool, "ByteTensor": _C.uint8, "CharTensor": _C.int8, "ShortTensor": _C.int16,
    "IntTensor": _C.int32,
    "LongTensor": _C.int64, "HalfTensor": _C.float16, "BFloat16Tensor": _C.bfloat16, "FloatTensor": _C.float32,
    "DoubleTensor": _C.float64, "ComplexFloatTensor": _C.complex64, "ComplexDoubleTensor": _C.complex128,
}  # fmt: skip


class _LegacyType(type):
    """The type of ``torch.FloatTensor`` and its like: tensors of one dtype on the host are its instances."""

    dtype: Any

    def __instancecheck__(cls, obj: Any) -> bool:
        return isinstance(obj, _C.Tensor) and obj.dtype is cls.dtype and obj.device.type == "cpu"

    def __call__(cls, *args: Any, **kwargs: Any) -> _C.Tensor:
        return _C._legacy_tensor(cls.dtype, *args, **kwargs)


def type_name(tensor: _C.Tensor) -> str:
    """The legacy type name of a tensor, e.g. ``torch.FloatTensor``."""
    name = next((name for name, dtype in _NAMES.items() if dtype is tensor.dtype), None) or _later_name(tensor.dtype)
    place = "" if tensor.device.type == "cpu" else f"{tensor.device.type}."
    return f"torch.{place}{name}"


def _later_name(dtype: _C.dtype) -> str:
    """The type name of a dtype without a class of tensors."""
    name = str(dtype).rpartition(".")[2]
    return f"{'ComplexHalf' if dtype.is_complex else name.replace('uint', 'UInt').replace('float', 'Float')}Tensor"


def dtype_named(name: str) -> Any:
    """The dtype of a legacy type name."""
    short = name.rsplit(".", 1)[-1]
    if short not in _NAMES:
        raise ValueError(f"invalid type: '{name}'")
    return _NAMES[short]


for _name, _dtype in _NAMES.items():
    globals()[_name] = _LegacyType(
        _name, (), {"dtype": _dtype, "__module__": "torch", "__doc__": f"Tensors of {_dtype} on the host."}
    )
    __all__.append(_name)
