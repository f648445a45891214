"""Quantized tensors from numbers and from integers, and back."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import _interception
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors, type_name
from ferrotorch._quantized._handles import handle_of, tensor_of
from ferrotorch._quantized._parameters import choose, range_of
from ferrotorch._quantized._quantizers import PerChannel, PerTensor, Quantizer, dtype_of_integers, integers_of


def quantize(x: Tensor, dtype: Any, quantizer: Quantizer) -> Tensor:
    """The quantized tensor of float32 numbers.

    Raises:
        RuntimeError: other dtypes; the quantizer does not fit.
    """
    integers = integers_of(dtype)
    if handle_of(x) is not None or x.dtype != torch.float32:
        raise RuntimeError(f"Quantize only works on Float Tensor, got {type_name(x)}")
    quantizer.check(integers, x.shape)
    with torch.no_grad():
        return tensor_of(quantizer.quantize(x.detach(), integers), dtype, quantizer)


def _number(parameter: Any, kind: type) -> Any:
    return kind(parameter.item()) if isinstance(parameter, Tensor) else kind(parameter)


def quantize_per_tensor(input: Any, scale: Any, zero_point: Any, dtype: Any) -> Any:
    """``round(input / scale) + zero_point`` as integers of a quantized dtype; ties go to even numbers.

    Args:
        input: float32 numbers (any shape), or a list of such tensors.
        scale, zero_point: a number or a tensor of one element each; for a list, tensors with an element for each.
        dtype: ``torch.qint8``, ``torch.quint8`` or ``torch.qint32``.

    Raises:
        RuntimeError: numbers of another dtype, no quantized dtype, a zero point outside its bounds.
    """
    if isinstance(input, list | tuple):
        parameters = zip(input, scale, zero_point, strict=True)
        return tuple(quantize_per_tensor(x, one_scale, point, dtype) for x, one_scale, point in parameters)
    return quantize(input, dtype, PerTensor(_number(scale, float), _number(zero_point, int)))


def quantize_per_channel(input: Tensor, scales: Tensor, zero_points: Tensor, axis: int, dtype: Any) -> Tensor:
    """`quantize_per_tensor` with a scale and zero point for each index along an axis.

    Args:
        input: float32 numbers (any shape).
        scales: (input.size(axis)).
        zero_points: the same shape; of integers, or of numbers that are added before rounding.
        axis: the dimension.
        dtype: ``torch.qint8``, ``torch.quint8`` or ``torch.qint32``.

    Raises:
        RuntimeError: as for `quantize_per_tensor`; lengths or axis do not fit the input.
    """
    require_tensors("quantize_per_channel", input=input, scales=scales, zero_points=zero_points)
    return quantize(input, dtype, per_channel(scales, zero_points, axis))


def per_channel(scales: Tensor, zero_points: Tensor, axis: int) -> PerChannel:
    """The quantizer of parameters, which are copied."""
    by_numbers = zero_points.is_floating_point()
    scale = scales.detach().to(torch.float32 if by_numbers else torch.float64, copy=True).flatten()
    point = zero_points.detach().to(torch.float32 if by_numbers else torch.int64, copy=True).flatten()
    return PerChannel(scale, point, axis)


def quantize_per_tensor_dynamic(input: Tensor, dtype: Any, reduce_range: bool) -> Tensor:
    """Quantize with the scale and zero point that the numbers' range asks for.

    Args:
        input: float32 numbers (any shape).
        dtype: ``torch.qint8`` or ``torch.quint8``.
        reduce_range: leave the uppermost bit unused, so that sums of products do not overflow 16 bits?

    Raises:
        RuntimeError: other dtypes.
    """
    if dtype not in (torch.qint8, torch.quint8):
        raise RuntimeError(f"dtype {dtype} not supported by quantize_per_tensor_dynamic: only qint8 and quint8 are")
    integers = integers_of(dtype)
    scale, zero_point = choose(*range_of(input), integers.low, integers.high, reduce_range=reduce_range)
    return quantize_per_tensor(input, scale, zero_point, dtype)


def _make_per_tensor_quantized_tensor(input: Tensor, scale: float, zero_point: int) -> Tensor:
    """A quantized tensor of integers (int8, uint8 or int32), which are copied."""
    dtype = dtype_of_integers(input, "_make_per_tensor_quantized_tensor")
    return tensor_of(input.detach().clone(), dtype, PerTensor(scale, zero_point))


def _make_per_channel_quantized_tensor(input: Tensor, scale: Tensor, zero_point: Tensor, axis: int) -> Tensor:
    """A quantized tensor of integers (int8, uint8 or int32), which are copied."""
    dtype = dtype_of_integers(input, "_make_per_channel_quantized_tensor")
    return tensor_of(input.detach().clone(), dtype, per_channel(scale, zero_point, axis))


def _empty_affine_quantized(
    *size: Any, scale: float = 1.0, zero_point: int = 0, dtype: Any = None, device: Any = None, **layout: Any
) -> Tensor:
    """A quantized tensor of zeros.

    Raises:
        RuntimeError: no quantized dtype.
    """
    sizes = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    values = torch.zeros(sizes, dtype=integers_of(dtype).dtype, device=device)
    return tensor_of(values, dtype, PerTensor(scale, zero_point))


def _empty_per_channel_affine_quantized(
    *size: Any, scales: Tensor, zero_points: Tensor, axis: int, dtype: Any = None, device: Any = None, **layout: Any
) -> Tensor:
    """A quantized tensor of zeros.

    Raises:
        RuntimeError: no quantized dtype; the parameters do not fit the size.
    """
    sizes = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    values = torch.zeros(sizes, dtype=integers_of(dtype).dtype, device=device)
    return tensor_of(values, dtype, per_channel(scales, zero_points, axis))


__all__ = ["quantize_per_channel", "quantize_per_tensor", "quantize_per_tensor_dynamic"]
_interception.functions(globals(), __all__)
