"""Views of tensors with a scale for every channel: the scales go where the channels go."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized._handles import Handle, tensor_of
from ferrotorch._quantized._quantizers import PerChannel, PerTensor

# Ops that leave out elements, or dimensions of one element, or add such; and ops that give the elements another shape.
PARTS = (
    "squeeze", "unsqueeze", "narrow", "split", "chunk", "tensor_split", "hsplit", "vsplit", "split_with_sizes",
    "unbind",
)  # fmt: skip
_STEP_OF_ONE = 2
SHAPES = ("view", "reshape", "flatten", "unflatten", "ravel", "view_as", "reshape_as")


def refuse(name: str) -> RuntimeError:
    """The error of an op through which only one scale can go."""
    return RuntimeError(f"{name}: Setting strides is possible only on uniformly quantized tensor")


def parts(name: str, handle: Handle, quantizer: PerChannel, take: Callable[[Tensor], Any]) -> Any:
    """What a function that takes parts of a tensor gives of a quantized one, or a list of them."""
    values = handle.values
    # The numbers of the channels in the shape of the tensor: only a step along the axis comes to another number.
    # The axis of a single channel is told by its stride.
    step = 1 if len(quantizer.scales) > 1 else _STEP_OF_ONE
    strides = [step * (dim == quantizer.axis) for dim in range(values.dim())]
    numbers = torch.arange(len(quantizer.scales), device=values.device).as_strided(values.shape, strides)
    taken, channels = take(values), take(numbers)
    if isinstance(taken, Tensor):
        return _part(name, handle, quantizer, taken, channels)
    pairs = zip(taken, channels, strict=True)
    return type(taken)(_part(name, handle, quantizer, *pair) for pair in pairs)


def _part(name: str, handle: Handle, quantizer: PerChannel, values: Tensor, channels: Tensor) -> Tensor:
    """Integers with the scales of their channels; where one channel is left, with one scale."""
    first = min(channels.storage_offset(), len(quantizer.scales) - 1)
    is_one = len(quantizer.scales) == 1
    axes = [
        dim
        for dim, (size, stride) in enumerate(zip(channels.shape, channels.stride(), strict=True))
        if (stride == _STEP_OF_ONE if is_one else stride and size > 1)
    ]
    axis = axes[-1] if axes else None
    if axis is None:
        if quantizer.has_float_parameters:
            raise refuse(name)
        one = PerTensor(float(quantizer.scales[first]), int(quantizer.zero_points[first]))
        return tensor_of(values, handle.dtype, one)
    kept = channels.as_strided((channels.size(axis),), (channels.stride(axis),), first)
    left = PerChannel(quantizer.scales[kept], quantizer.zero_points[kept], axis)
    return tensor_of(values, handle.dtype, left)


def reshaped(name: str, handle: Handle, quantizer: PerChannel, values: Tensor) -> Tensor:
    """Integers in another shape, which has a dimension of the channels, too.

    Raises:
        RuntimeError: it has none.
    """
    old, new = handle.values.shape, values.shape
    before, size = prod(old[: quantizer.axis]), old[quantizer.axis]
    for dim in range(len(new)):
        if prod(new[:dim]) == before and new[dim] == size:
            return tensor_of(values, handle.dtype, PerChannel(quantizer.scales, quantizer.zero_points, dim))
    raise refuse(name)
