"""Linear layers and convolutions of integers, with sums that are exact.

As in FBGEMM, the sum of products of integers is multiplied by both scales over the result's, in float32, and rounded
once more; a bias is added before. Sums are computed in floating point that holds them exactly: in float32 while they
are short enough, else in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized._handles import handle_of, required, tensor_of
from ferrotorch._quantized._parameters import choose
from ferrotorch._quantized._quantizers import PerChannel, PerTensor, integers_of

F = torch.nn.functional

# Sums of products of two 8-bit numbers that float32 holds exactly.
_LONGEST_IN_FLOAT32 = 2**24 // (255 * 255)


def _require_quantized(op: str, x: Tensor) -> PerTensor:
    handle = handle_of(x)
    if handle is None or not isinstance(handle.quantizer, PerTensor):
        raise RuntimeError(f"quantized::{op}: expected an input that is quantized with one scale, got {x.dtype}")
    return handle.quantizer


def scales_of(weight: Tensor) -> Tensor:
    """The scale of each output of a weight (out, ...), or the one of all, in float32."""
    quantizer = required(weight).quantizer
    if isinstance(quantizer, PerChannel):
        return quantizer.scales.float()
    return torch.tensor(quantizer.scale, dtype=torch.float32)


def _centred(x: Tensor, dtype: Any) -> Tensor:
    """Integers less their zero points, in floating point."""
    handle = required(x)
    values, quantizer = handle.values.to(dtype), handle.quantizer
    if isinstance(quantizer, PerTensor):
        return values - quantizer.zero_point
    shape = [-1 if dim == quantizer.axis else 1 for dim in range(values.dim())]
    return values - quantizer.zero_points.reshape(shape)


def _sums(product: Callable[[Tensor, Tensor], Tensor], x: Tensor, weight: Tensor, length: int) -> Tensor:
    """Sums of so many products of integers, in float32."""
    dtype = torch.float32 if length <= _LONGEST_IN_FLOAT32 else torch.float64
    return product(_centred(x, dtype), _centred(weight, dtype)).float()


def _rounded(
    sums: Tensor, factor: Tensor, bias: Tensor | None, scale: float, zero_point: int, dtype: Any, relu: bool, dim: int
) -> Tensor:
    """The quantized result of sums whose factor goes along a dimension."""
    integers = integers_of(dtype)
    shape = [-1 if at == dim % sums.dim() else 1 for at in range(sums.dim())]
    if bias is not None:
        sums = sums + (bias / factor).reshape(shape)
    scaled = sums * (factor / torch.tensor(scale, dtype=torch.float32)).reshape(shape if factor.dim() else ())
    low = zero_point if relu else integers.low
    values = (scaled.round_() + zero_point).clamp_(low, integers.high).to(integers.dtype)
    return tensor_of(values, dtype, PerTensor(scale, zero_point))


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, scale: float, zero_point: int, relu: bool = False) -> Tensor:
    """``x @ weight.T + bias``, and its positive part if asked for, with a scale and zero point.

    Args:
        x: quantized with one scale (..., in).
        weight: quantized (out, in), with one scale or one for each output.
        bias: float32 (out).
        scale, zero_point: those of the result.
        relu: take the positive part?
    """
    quantizer = _require_quantized("linear", x)
    if x.shape[-1] != weight.shape[1]:
        raise RuntimeError(
            f"quantized::linear: an input of shape {tuple(x.shape)} does not fit a weight of {tuple(weight.shape)}"
        )
    sums = _sums(lambda a, b: a @ b.t(), x, weight, weight.shape[1])
    factor = torch.tensor(quantizer.scale, dtype=torch.float32) * scales_of(weight)
    return _rounded(sums, factor, bias, scale, zero_point, required(x).dtype, relu, -1)


def linear_dynamic(
    x: Tensor, weight: Tensor, bias: Tensor | None, relu: bool = False, reduce_range: bool = True
) -> Tensor:
    """``x @ weight.T + bias`` of numbers that are quantized for the product by their own range.

    Args:
        x: float32 (..., in).
        weight: quantized (out, in), with one scale or one for each output.
        bias: float32 (out).
        relu: take the positive part?
        reduce_range: use 7 bits of x?

    Returns:
        float32 (..., out).
    """
    low, high = (float(bound) for bound in x.detach().aminmax()) if x.numel() else (0.0, 0.0)
    scale, zero_point = choose(low, high, 0, 255, reduce_range=reduce_range)
    quantized = torch.quantize_per_tensor(x, scale, zero_point, torch.quint8)
    sums = _sums(lambda a, b: a @ b.t(), quantized, weight, weight.shape[1])
    result = sums * (torch.tensor(scale, dtype=torch.float32) * scales_of(weight))
    if bias is not None:
        result = result + bias
    return result.relu_() if relu else result


def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    geometry: dict[str, Any],
    scale: float,
    zero_point: int,
    relu: bool = False,
    transposed: bool = False,
) -> Tensor:
    """A convolution in one to three dimensions, with a scale and zero point.

    Args:
        x: quantized with one scale (N, C, ...).
        weight: quantized; with one scale, or one for each output channel.
        bias: float32 (outputs).
        geometry: stride, padding, dilation, groups, and output_padding of a transposed one.
        scale, zero_point: those of the result.
        relu: take the positive part?
        transposed: is it a transposed convolution?
    """
    quantizer = _require_quantized("conv", x)
    dims = weight.dim() - 2
    function = getattr(F, f"conv_transpose{dims}d" if transposed else f"conv{dims}d")
    length = weight[0].numel() if not transposed else weight.numel() // weight.shape[1]
    sums = _sums(lambda a, b: function(a, b, **geometry), x, weight, length)
    factor = torch.tensor(quantizer.scale, dtype=torch.float32) * scales_of(weight)
    return _rounded(sums, factor, bias, scale, zero_point, required(x).dtype, relu, -1 - dims)


def added(a: Tensor, b: Tensor, scale: float, zero_point: int, relu: bool = False) -> Tensor:
    """The sum of two quantized tensors, with a scale and zero point."""
    return _quantized_again(a.dequantize() + b.dequantize(), scale, zero_point, required(a).dtype, relu)


def multiplied(a: Tensor, b: Tensor, scale: float, zero_point: int, relu: bool = False) -> Tensor:
    """The product of two quantized tensors, element by element, with a scale and zero point."""
    return _quantized_again(a.dequantize() * b.dequantize(), scale, zero_point, required(a).dtype, relu)


def _quantized_again(x: Tensor, scale: float, zero_point: int, dtype: Any, relu: bool) -> Tensor:
    if relu:
        x = x.relu_()
    return torch.quantize_per_tensor(x, float(scale), int(zero_point), dtype)


def plus_number(x: Tensor, number: float, relu: bool = False) -> Tensor:
    """A quantized tensor and a number, by another zero point; where the dtype has none such, by a wider scale."""
    quantizer, handle = _require_quantized("add_scalar", x), required(x)
    low, high = integers_of(handle.dtype)[1:3]
    scale, steps = quantizer.scale, round(number / quantizer.scale)
    point = quantizer.zero_point - steps
    if low <= point <= high:
        result = tensor_of(handle.values.clone(), handle.dtype, PerTensor(scale, point))
    else:
        nearest = low if point < low else high
        wider = ((high - point) if point < low else (point - low)) / (high - low) * scale
        result = torch.quantize_per_tensor((handle.values.long() - point).float() * scale, wider, nearest, handle.dtype)
    return result.relu_() if relu else result


def times_number(x: Tensor, number: float, relu: bool = False) -> Tensor:
    """A quantized tensor times a number, by another scale; a negative one mirrors the integers."""
    quantizer, handle = _require_quantized("mul_scalar", x), required(x)
    integers = integers_of(handle.dtype)
    if number == 0:
        values, changed = torch.zeros_like(handle.values), PerTensor(1.0, 0)
    elif number > 0:
        values, changed = handle.values.clone(), PerTensor(quantizer.scale * number, quantizer.zero_point)
    else:
        middle = integers.low + integers.high
        values = (middle - handle.values.long()).to(integers.dtype)
        changed = PerTensor(-quantizer.scale * number, middle - quantizer.zero_point)
    result = tensor_of(values, handle.dtype, changed)
    return result.relu_() if relu else result


def matrix_product(a: Tensor, b: Tensor, scale: float, zero_point: int) -> Tensor:
    """``a @ b`` of two tensors with one scale each, with a scale and zero point.

    Args:
        a: quantized (..., n, k).
        b: quantized (..., k, m).
        scale, zero_point: those of the result.
    """
    left, right = _require_quantized("matmul", a), _require_quantized("matmul", b)
    sums = _sums(torch.matmul, a, b, a.shape[-1])
    factor = torch.tensor(left.scale, dtype=torch.float32) * torch.tensor(right.scale, dtype=torch.float32)
    return _rounded(sums, factor, None, scale, zero_point, required(a).dtype, False, -1)
