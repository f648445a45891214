"""What a quantized tensor says of itself, and copies of it."""

from __future__ import annotations

import copy as copies
from collections import OrderedDict
from typing import Any, NoReturn

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized._handles import Handle, handle_of, like, required, tensor_of
from ferrotorch._quantized._quantizers import PerChannel, PerTensor, integers_of


def dequantize(input: Any) -> Any:
    """The numbers that the integers stand for, in float32; of a list a tuple of them."""
    if isinstance(input, list | tuple):
        return tuple(x.dequantize() for x in input)
    handle = required(input)
    return handle.quantizer.dequantize(handle.values)


def int_repr(self: Tensor) -> Tensor:
    """A copy of the integers."""
    return required(self).values.clone()


def _per_tensor(self: Tensor) -> PerTensor:
    quantizer = required(self).quantizer
    if not isinstance(quantizer, PerTensor):
        raise RuntimeError("Expected quantizer->qscheme() == kPerTensorAffine to be true, but got false.")
    return quantizer


def _per_channel(self: Tensor) -> PerChannel:
    quantizer = required(self).quantizer
    if not isinstance(quantizer, PerChannel):
        raise RuntimeError(
            "Expected quantizer->qscheme() == kPerChannelAffine || quantizer->qscheme() == "
            "kPerChannelAffineFloatQParams to be true, but got false."
        )
    return quantizer


def q_scale(self: Tensor) -> float:
    """The scale of a tensor that has one for all elements."""
    return _per_tensor(self).scale


def q_zero_point(self: Tensor) -> int:
    """The zero point of a tensor that has one for all elements."""
    return _per_tensor(self).zero_point


def q_per_channel_scales(self: Tensor) -> Tensor:
    """The scales of a tensor that has one for each index along an axis."""
    return _per_channel(self).scales


def q_per_channel_zero_points(self: Tensor) -> Tensor:
    """The zero points of a tensor that has one for each index along an axis."""
    return _per_channel(self).zero_points


def q_per_channel_axis(self: Tensor) -> int:
    """The axis of scales and zero points."""
    return _per_channel(self).axis


def qscheme(self: Tensor) -> Any:
    """How the integers stand for numbers."""
    return required(self).quantizer.scheme


def type_name(self: Tensor, dtype: Any = None, **kwargs: Any) -> Any:
    """The older name of its dtype."""
    if dtype is not None:
        return converted(self, dtype)
    return f"torch.quantized.{integers_of(required(self).dtype).name}Tensor"


def converted(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor on a device, in a memory format, or as a copy; its dtype stays.

    Raises:
        RuntimeError: another dtype is asked for.
    """
    handle = required(self)
    given = [x for x in (*args, *kwargs.values()) if isinstance(x, torch.dtype) or x in _dtypes()]
    if any(x != handle.dtype for x in given):
        raise RuntimeError(
            "Creation of quantized tensor requires quantized dtype like torch.quint8; use dequantize() to get numbers"
        )
    rest = [x for x in args if not any(x is dtype for dtype in given)]
    kwargs.pop("dtype", None)
    return like(self, handle.values.to(*rest, **kwargs)) if rest or kwargs else self


def _dtypes() -> tuple[Any, ...]:
    return torch.qint8, torch.quint8, torch.qint32


def to_numbers(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Raises RuntimeError: a conversion that is none of integers."""
    return converted(self, torch.float32)


def item(self: Tensor) -> float:
    """The number that the only element stands for."""
    return float(dequantize(self).item())


def refuse_list(self: Tensor) -> Any:
    """Raises RuntimeError: there are no Python numbers of quantized dtypes."""
    raise RuntimeError("load_scalar: invalid type: use dequantize() or int_repr() first")


def refuse_array(self: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Raises TypeError: NumPy has no quantized dtypes."""
    name = integers_of(required(self).dtype).name
    raise TypeError(f"Got unsupported ScalarType {name}: use dequantize() or int_repr() first")


def requires_grad_(self: Tensor, requires_grad: bool = True) -> Tensor:
    """The tensor, if it shall not require gradients.

    Raises:
        RuntimeError: it shall.
    """
    if requires_grad:
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    return self


def clone(self: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy."""
    values = required(self).values
    return like(self, values.clone() if memory_format is None else values.clone(memory_format=memory_format))


def deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy, once in a structure that is copied."""
    if id(self) not in memo:
        memo[id(self)] = clone(self)
        memo[id(self)].__dict__.update(copies.deepcopy(self.__dict__, memo))
    result: Tensor = memo[id(self)]
    return result


def _storage(handle: Handle) -> Any:
    from ferrotorch._typed_storage import TypedStorage

    return TypedStorage(wrap_storage=handle.values.untyped_storage(), dtype=handle.dtype)


def storage(self: Tensor) -> Any:
    """The memory as a row of integers."""
    return _storage(required(self))


def ones_like(self: Tensor, **layout: Any) -> Tensor:
    """A quantized tensor of the same shape, dtype and quantizer, of ones as nearly as it can."""
    return fill_(empty_like(self), 1.0)


def reduce(self: Tensor, protocol: Any) -> tuple[Any, ...]:
    """What is pickled: integers and quantizer; in a file (protocol None) a storage, as PyTorch's format has it."""
    from ferrotorch._pickling.rebuild import rebuild_qtensor

    handle = required(self)
    if protocol is not None:
        return tensor_of, (handle.values, handle.dtype, handle.quantizer)
    quantizer = handle.quantizer
    parameters: tuple[Any, ...]
    if isinstance(quantizer, PerTensor):
        parameters = (torch.per_tensor_affine, quantizer.scale, quantizer.zero_point)
    else:
        parameters = (quantizer.scheme, quantizer.scales, quantizer.zero_points, quantizer.axis)
    storage = _storage(handle)
    place = handle.values.storage_offset(), tuple(handle.values.shape), handle.values.stride()
    return rebuild_qtensor, (storage, *place, parameters, False, OrderedDict())


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Take over another tensor's elements: numbers are rounded, the integers of a quantized one with their quantizer.

    Raises:
        RuntimeError: numbers that are not float32; another quantized dtype or scheme; a target of plain numbers.
    """
    handle, other = handle_of(self), handle_of(src)
    if handle is None:
        raise RuntimeError(
            "Copying from quantized Tensor to non-quantized Tensor is not allowed, please use dequantize to get a "
            "float Tensor from a quantized Tensor"
        )
    if other is None:
        if src.dtype != torch.float32:
            raise RuntimeError(f"Quantized copy only works with kFloat as source Tensor, got {src.dtype}")
        handle.values.copy_(handle.quantizer.quantize(src.expand(self.shape), integers_of(handle.dtype)))
        return self
    if other.dtype != handle.dtype:
        raise RuntimeError(f"Quantized Copy only works with same dtype: {handle.dtype} and {other.dtype}")
    if other.quantizer.scheme != handle.quantizer.scheme:
        raise RuntimeError(
            f"Quantized Copy only works with same qscheme: {handle.quantizer.scheme} and {other.quantizer.scheme}"
        )
    handle.values.copy_(other.values)
    handle.quantizer = other.quantizer
    return self


def refuse_new(self: Tensor, *args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: a quantized tensor has no others of its kind made without a scale."""
    raise RuntimeError("new(): expected a tensor of plain numbers but got: QuantizedCPU; use torch.empty_like()")


def fill_(self: Tensor, value: Any) -> Tensor:
    """Let all elements stand for a number, as nearly as they can."""
    handle = required(self)
    number = torch.full((), float(value)).expand(self.shape)
    handle.values.copy_(handle.quantizer.quantize(number, integers_of(handle.dtype)))
    return self


def empty_like(self: Tensor, *, dtype: Any = None, device: Any = None, **layout: Any) -> Tensor:
    """A quantized tensor of the same shape, dtype and quantizer.

    Raises:
        RuntimeError: another dtype.
    """
    handle = required(self)
    if dtype is not None and dtype != handle.dtype:
        raise RuntimeError(f"empty_like(): a quantized tensor of {handle.dtype} has no likes of {dtype}")
    return like(self, torch.zeros_like(handle.values, device=device))


def resize_(self: Tensor, *size: Any, memory_format: Any = None) -> Tensor:
    """Another shape over the integers in their order; new ones are undefined.

    Raises:
        RuntimeError: there is a scale for every channel.
    """
    handle = required(self)
    if not isinstance(handle.quantizer, PerTensor):
        raise RuntimeError("Can only resize quantized tensors with per-tensor schemes!")
    handle.values.resize_(*size, memory_format=memory_format)
    self.data = like(self, handle.values)
    return self


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """The shape of another tensor; see `resize_`."""
    return resize_(self, tuple(the_template.shape), memory_format=memory_format)


def check_data(self: Tensor, other: Tensor) -> None:
    """Raise RuntimeError unless both a tensor and its data to be are quantized."""
    if handle_of(self) is None or handle_of(other) is None:
        raise RuntimeError(
            "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor type."
        )


def _of_values(name: str) -> Any:
    def ask(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return getattr(required(self).values, name)(*args, **kwargs)

    ask.__name__ = name
    return ask


# What is asked of the integers' tensor as it is.
OF_VALUES = {
    name: _of_values(name)
    for name in (
        "stride", "is_contiguous", "data_ptr", "storage_offset", "untyped_storage", "element_size", "__len__",
    )
}  # fmt: skip

GETTERS = {
    "dtype": lambda self: required(self).dtype,
    "is_quantized": lambda self: True,
    "layout": lambda self: torch.strided,
    "data": lambda self: like(self, required(self).values),
    "itemsize": lambda self: required(self).values.itemsize,
    "nbytes": lambda self: required(self).values.nbytes,
}
