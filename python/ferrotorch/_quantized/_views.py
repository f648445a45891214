"""Ops that move integers and leave them what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized._handles import handle_of, like, required, tensor_of
from ferrotorch._quantized._quantizers import PerChannel, PerTensor, integers_of

# Ops that an axis of channels takes no part in by name, so that only one scale can go through them.
MOVES = (
    "view", "reshape", "flatten", "unflatten", "ravel", "t", "transpose", "permute", "movedim", "moveaxis",
    "swapaxes", "swapdims", "squeeze", "unsqueeze", "narrow", "split", "chunk", "tensor_split", "hsplit", "vsplit",
    "split_with_sizes", "unbind", "expand", "expand_as", "broadcast_to", "repeat", "tile", "flip", "index_select",
    "contiguous", "view_as", "reshape_as", "as_strided", "unfold", "diagonal", "masked_select", "take", "gather",
)  # fmt: skip


def _one_scale(name: str, x: Tensor) -> None:
    if isinstance(required(x).quantizer, PerChannel):
        raise RuntimeError(f"{name}: Setting strides is possible only on uniformly quantized tensor")


def moved(name: str) -> Callable[..., Any]:
    """The function that does to the integers what the method of this name does to tensors."""

    def move(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        handle = required(self)
        result = getattr(handle.values, name)(*args, **kwargs)
        if isinstance(handle.quantizer, PerChannel):
            same = isinstance(result, Tensor) and result.shape == handle.values.shape
            if not (same and name in ("contiguous", "view", "reshape", "expand")):
                _one_scale(name, self)
        if isinstance(result, Tensor):
            return like(self, result)
        return type(result)(like(self, part) for part in result)

    move.__name__ = name
    return move


def detach(self: Tensor) -> Tensor:
    """The same tensor in another object."""
    return like(self, required(self).values)


def select(self: Tensor, dim: int, index: int) -> Tensor:
    """One index of a dimension; of an axis of channels what is left has one scale."""
    handle = required(self)
    values = handle.values.select(dim, index)
    quantizer = handle.quantizer
    if isinstance(quantizer, PerChannel):
        dim %= handle.values.dim()
        if dim == quantizer.axis and not quantizer.has_float_parameters:
            one = PerTensor(float(quantizer.scales[index]), int(quantizer.zero_points[index]))
            return tensor_of(values, handle.dtype, one)
        left = PerChannel(quantizer.scales, quantizer.zero_points, quantizer.axis - (dim < quantizer.axis))
        return tensor_of(values, handle.dtype, left)
    return like(self, values)


def getitem(self: Tensor, index: Any) -> Tensor:
    """``self[index]``."""
    if isinstance(index, int) and isinstance(required(self).quantizer, PerChannel):
        return select(self, 0, index)
    _one_scale("__getitem__", self)
    return like(self, required(self).values[index])


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """``self[index] = value``; numbers are rounded."""
    handle = required(self)
    source = handle_of(value)
    if source is not None:
        value = source.quantizer.dequantize(source.values)
    number = value if isinstance(value, Tensor) else torch.tensor(float(value))
    _one_scale("__setitem__", self)
    handle.values[index] = handle.quantizer.quantize(number.float(), integers_of(handle.dtype))


def masked_fill(self: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor, with a number where a mask is true."""
    handle = required(self)
    _one_scale("masked_fill", self)
    number = handle.quantizer.quantize(torch.tensor(float(value)), integers_of(handle.dtype))
    return like(self, handle.values.masked_fill(mask, number))


def joined(name: str) -> Callable[..., Tensor]:
    """``cat`` or ``stack`` of quantized tensors; all take the first one's quantizer."""

    def join(tensors: Any, dim: int = 0) -> Tensor:
        first = required(tensors[0])
        if not isinstance(first.quantizer, PerTensor):
            raise RuntimeError(f"{name}: only tensors with one scale each can be joined")
        parts = [_as_quantized_as(first, x) for x in tensors]
        return like(tensors[0], getattr(torch, name)(parts, dim))

    join.__name__ = name
    return join


def _as_quantized_as(first: Any, x: Tensor) -> Tensor:
    handle = required(x)
    if handle.dtype != first.dtype:
        raise RuntimeError(f"cat: tensors are of {first.dtype} and {handle.dtype}")
    if handle.quantizer == first.quantizer:
        return handle.values
    return first.quantizer.quantize(handle.quantizer.dequantize(handle.values), integers_of(first.dtype))
