"""Ops on what the integers stand for: order, activations, means and pools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized._construction import quantize
from ferrotorch._quantized._handles import handle_of, like, required
from ferrotorch._quantized._members import copy_
from ferrotorch._quantized._quantizers import PerTensor, integers_of


def number(value: Any, like_: Tensor) -> int:
    """The integer that stands for a number in a tensor with one scale."""
    handle = required(like_)
    x = torch.tensor(float(value), dtype=torch.float32)
    return int(handle.quantizer.quantize(x, integers_of(handle.dtype)))


def numbers_of(x: Any) -> Any:
    """The numbers of a quantized tensor; anything else as it is."""
    handle = handle_of(x)
    return x if handle is None else handle.quantizer.dequantize(handle.values)


def compared(name: str) -> Callable[..., Tensor]:
    """A comparison of the numbers."""

    def compare(self: Any, other: Any) -> Tensor:
        result: Tensor = getattr(torch, name)(numbers_of(self), numbers_of(other))
        return result

    compare.__name__ = name
    return compare


def equal(self: Tensor, other: Tensor) -> bool:
    """Are dtype, shape, quantizer and integers the same?"""
    a, b = handle_of(self), handle_of(other)
    if a is None or b is None or a.dtype != b.dtype or a.quantizer.scheme != b.quantizer.scheme:
        return False
    same = (
        a.quantizer == b.quantizer
        if isinstance(a.quantizer, PerTensor) or isinstance(b.quantizer, PerTensor)
        else a.quantizer.axis == b.quantizer.axis
        and torch.equal(a.quantizer.scales, b.quantizer.scales)
        and torch.equal(a.quantizer.zero_points, b.quantizer.zero_points)
    )
    return bool(same and torch.equal(a.values, b.values))


def on_integers(name: str) -> Callable[..., Any]:
    """An op that only asks for the order of elements, such as a maximum, done to the integers."""

    def order(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = getattr(required(self).values, name)(*args, **kwargs)
        if isinstance(result, Tensor):
            return like(self, result)
        return type(result)((like(self, result[0]), *result[1:]))

    order.__name__ = name
    return order


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """No element below 0."""
    return clamp(input, 0.0, None, inplace)


def clamp(input: Tensor, min: Any = None, max: Any = None, inplace: bool = False) -> Tensor:
    """Elements between two numbers, as nearly as integers stand for them."""
    handle = required(input)
    bounds = [None if bound is None else number(bound, input) for bound in (min, max)]
    if inplace:
        handle.values.clamp_(*bounds)
        return input
    return like(input, handle.values.clamp(*bounds))


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """`clamp` to [-1, 1] or other bounds."""
    return clamp(input, min_val, max_val, inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """`clamp` to [0, 6]."""
    return clamp(input, 0.0, 6.0, inplace)


def rounded_again(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function of the numbers whose result is quantized as its input was."""

    def compute(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        handle = required(input)
        return quantize(function(numbers_of(input), *args, **kwargs), handle.dtype, handle.quantizer)

    return compute


def averaged(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A mean of numbers that have one scale; ties between two integers go to the even one."""

    def compute(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        handle = required(input)
        if not isinstance(handle.quantizer, PerTensor):
            raise RuntimeError("means are only computed of quantized tensors with one scale")
        zero_point, integers = handle.quantizer.zero_point, integers_of(handle.dtype)
        means = function(handle.values.double() - zero_point, *args, **kwargs) + zero_point
        return like(input, means.round_().clamp_(integers.low, integers.high).to(integers.dtype))

    return compute


def interpolate(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Another size, by the integers: what lies between two of them is rounded, ties to even numbers."""
    handle = required(input)
    if not isinstance(handle.quantizer, PerTensor):
        raise RuntimeError("only quantized tensors with one scale are interpolated")
    zero_point, integers = handle.quantizer.zero_point, integers_of(handle.dtype)
    is_nearest = (kwargs.get("mode") or (args[2] if len(args) > 2 else "nearest")) == "nearest"
    values = handle.values.double() if is_nearest else handle.values.float()
    between = torch.nn.functional.interpolate(values, *args, **kwargs)
    rounded = (between - zero_point).round_() + zero_point
    return like(input, rounded.clamp_(integers.low, integers.high).to(integers.dtype))


def of_fixed_range(
    function: Callable[[Tensor], Tensor], width: float, zero_points: dict[str, int]
) -> Callable[..., Tensor]:
    """An activation whose range is known, so that its result has a scale of its own: the integers share its width."""

    def compute(input: Tensor, inplace: bool = False) -> Tensor:
        dtype = required(input).dtype
        integers = integers_of(dtype)
        quantizer = PerTensor(width / (integers.high - integers.low + 1), zero_points[integers.name])
        result = quantize(function(numbers_of(input)), dtype, quantizer)
        return copy_(input, result) if inplace else result

    return compute


sigmoid = of_fixed_range(torch.sigmoid, 1.0, {"QUInt8": 0, "QInt8": -128, "QInt32": 0})
hardsigmoid = of_fixed_range(torch.nn.functional.hardsigmoid, 1.0, {"QUInt8": 0, "QInt8": -128, "QInt32": 0})
tanh = of_fixed_range(torch.tanh, 2.0, {"QUInt8": 128, "QInt8": 0, "QInt32": 0})


def max_pool(name: str) -> Callable[..., Any]:
    """A pool of maxima, by the order of the integers."""

    def pool(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        handle = required(input)
        # Integers of 32 bits lose nothing in float64, those of 8 bits nothing in float32.
        exact = handle.values.double() if handle.values.dtype == torch.int32 else handle.values.float()
        result = getattr(torch.nn.functional, name)(exact, *args, **kwargs)
        if isinstance(result, Tensor):
            return like(input, result.to(handle.values.dtype))
        return like(input, result[0].to(handle.values.dtype)), result[1]

    return pool
