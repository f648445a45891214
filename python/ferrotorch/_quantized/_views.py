"""Ops that move integers and leave them what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized import _channels
from ferrotorch._quantized._handles import handle_of, like, required
from ferrotorch._quantized._quantizers import PerChannel, PerTensor, integers_of

# Ops that an axis of channels takes no part in by name, so that only one scale can go through them.
MOVES = (
    "view", "reshape", "flatten", "unflatten", "ravel", "t", "transpose", "permute", "movedim", "moveaxis",
    "swapaxes", "swapdims", "squeeze", "unsqueeze", "narrow", "split", "chunk", "tensor_split", "hsplit", "vsplit",
    "split_with_sizes", "unbind", "expand", "expand_as", "broadcast_to", "repeat", "tile", "flip", "index_select",
    "contiguous", "view_as", "reshape_as", "as_strided", "unfold", "diagonal", "masked_select", "take", "gather",
    "repeat_interleave",
)  # fmt: skip


def _one_scale(name: str, x: Tensor) -> None:
    if isinstance(required(x).quantizer, PerChannel):
        raise _channels.refuse(name)


def moved(name: str) -> Callable[..., Any]:
    """The function that does to the integers what the method of this name does to tensors."""

    def move(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        handle = required(self)
        quantizer = handle.quantizer
        args = tuple(arg if (other := handle_of(arg)) is None else other.values for arg in args)
        if isinstance(quantizer, PerChannel) and name in _channels.PARTS:
            return _channels.parts(name, handle, quantizer, lambda x: getattr(x, name)(*args, **kwargs))
        result = getattr(handle.values, name)(*args, **kwargs)
        if isinstance(quantizer, PerChannel):
            if name in _channels.SHAPES:
                return _channels.reshaped(name, handle, quantizer, result)
            same = isinstance(result, Tensor) and result.shape == handle.values.shape
            if not (same and name in ("contiguous", "expand")):
                raise _channels.refuse(name)
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
    if isinstance(handle.quantizer, PerChannel):
        part: Tensor = _channels.parts("select", handle, handle.quantizer, lambda x: x.select(dim, index))
        return part
    return like(self, handle.values.select(dim, index))


def _is_view(index: Any) -> bool:
    """Is what is indexed a view: does the index have numbers, slices, None and ``...`` alone?"""
    items = index if isinstance(index, tuple) else (index,)
    kinds = (int, slice, type(None), type(...))
    return all(isinstance(item, kinds) and not isinstance(item, bool) for item in items)


def getitem(self: Tensor, index: Any) -> Tensor:
    """``self[index]``."""
    handle = required(self)
    if isinstance(handle.quantizer, PerChannel) and _is_view(index):
        part: Tensor = _channels.parts("__getitem__", handle, handle.quantizer, lambda x: x[index])
        return part
    _one_scale("__getitem__", self)
    return like(self, handle.values[index])


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """``self[index] = value``; numbers are rounded."""
    handle = required(self)
    source = handle_of(value)
    if source is not None:
        value = source.quantizer.dequantize(source.values)
    number = value if isinstance(value, Tensor) else torch.tensor(float(value))
    if isinstance(handle.quantizer, PerChannel) and _is_view(index):
        part = required(getitem(self, index))
        spread = number.float().expand(part.values.shape)
        part.values.copy_(part.quantizer.quantize(spread, integers_of(handle.dtype)))
        return
    _one_scale("__setitem__", self)
    handle.values[index] = handle.quantizer.quantize(number.float(), integers_of(handle.dtype))


def masked_fill(self: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor, with a number where a mask is true."""
    handle = required(self)
    _one_scale("masked_fill", self)
    number = handle.quantizer.quantize(torch.tensor(float(value)), integers_of(handle.dtype))
    return like(self, handle.values.masked_fill(mask, number))


def index_put(self: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor, with numbers at indices.

    Raises:
        RuntimeError: quantized values; a scale for every channel; values that are to be added.
    """
    handle = required(self)
    if handle_of(values) is not None:
        raise RuntimeError("Value argument for quantized input_put should not be quantized")
    for kind, is_other in (
        ("per tensor quantized tensors", isinstance(handle.quantizer, PerChannel)),
        ("accumulate=False", accumulate),
    ):
        if is_other:
            raise RuntimeError(f"index_put for quantized tensors is currently only supported for {kind}")
    numbers = handle.quantizer.quantize(values.float(), integers_of(handle.dtype))
    return like(self, handle.values.index_put(indices, numbers))


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
