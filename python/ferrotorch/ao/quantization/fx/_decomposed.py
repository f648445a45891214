"""``torch.ops.quantized_decomposed``: quantization of plain tensors, whose scales and zero points are arguments.

Graphs of quantized models that are handed to other programs are written in them. Importing this module defines the ops.
"""

from __future__ import annotations

import math
from typing import Any

import ferrotorch as torch
from ferrotorch.ao.quantization.utils import validate_qmin_qmax
from ferrotorch.library import Library

__all__: list[str] = []

Tensor = torch.Tensor

_lib = Library("quantized_decomposed", "DEF")

_INTEGERS = (torch.uint8, torch.int8, torch.uint16, torch.int16, torch.int32)
_FLOATS = (torch.float8_e5m2, torch.float8_e4m3fn)
_BOUNDS = {dtype: (torch.iinfo(dtype).min, torch.iinfo(dtype).max) for dtype in _INTEGERS}
_BOUNDS |= {dtype: (int(torch.finfo(dtype).min), int(torch.finfo(dtype).max)) for dtype in _FLOATS}
_EPSILON = torch.finfo(torch.float32).eps
_SMALLEST_OF_TOKENS = 1e-5
_MIDDLE_OF_BYTES = 128


def _check_bounds(quant_min: int, quant_max: int, dtype: torch.dtype) -> None:
    if dtype not in _BOUNDS:
        raise ValueError(f"Unsupported dtype: {dtype}")
    low, high = _BOUNDS[dtype]
    if quant_min < low:
        raise AssertionError(f"quant_min out of bounds for dtype, quant_min_lower_bound: {low} quant_min: {quant_min}")
    if quant_max > high:
        raise AssertionError(f"quant_max out of bounds for dtype, quant_max_upper_bound: {high} quant_max: {quant_max}")


def _in_float32(input: Tensor) -> Tensor:
    if input.dtype in (torch.float16, torch.bfloat16):
        return input.to(torch.float32)
    if input.dtype != torch.float32:
        raise AssertionError(f"Expecting input to have dtype torch.float32, but got dtype: {input.dtype}")
    return input


def _check_dtype(input: Tensor, dtype: torch.dtype) -> None:
    if input.dtype != dtype:
        raise AssertionError(f"Expecting input to have dtype: {dtype}, but got {input.dtype}")


def _quantize(input: Tensor, scale: Any, zero_point: Any, quant_min: int, quant_max: int, dtype: torch.dtype) -> Tensor:
    """Numbers as integers: of one scale and zero point, or of tensors of them that are broadcast."""
    _check_bounds(quant_min, quant_max, dtype)
    rounded = (_in_float32(input) * (1.0 / scale)).round() + zero_point
    return rounded.clamp(quant_min, quant_max).to(dtype)


def _dequantize(input: Tensor, scale: Any, zero_point: Any, dtype: torch.dtype, out_dtype: Any = None) -> Tensor:
    _check_dtype(input, dtype)
    if dtype not in _BOUNDS:
        raise ValueError(f"Unsupported dtype in dequantize_per_tensor: {dtype}")
    return (input.to(out_dtype or torch.float32) - zero_point) * scale


# ---- one scale for a tensor

_PER_TENSOR = "int quant_min, int quant_max, ScalarType dtype"
_OUT = "*, ScalarType? out_dtype=None"


def _define(schema: str, function: Any) -> None:
    _lib.define(schema)
    _lib.impl(schema.partition("(")[0], function, "CompositeExplicitAutograd")


def _single(name: str, tensor: Tensor) -> Any:
    if tensor.numel() != 1:
        raise AssertionError(f"Expecting {name} tensor to be one element, but received : {tensor.numel()}")
    return tensor.item()


def _quantize_by_tensors(
    input: Tensor, scale: Tensor, zero_point: Tensor, quant_min: Any, quant_max: Any, dtype: torch.dtype
) -> Tensor:
    point, step = _single("zero_point", zero_point), _single("scale", scale)
    return _quantize(input, step, point, int(quant_min), int(quant_max), dtype)


def _dequantize_one(
    input: Tensor, scale: float, zero_point: int, quant_min: int, quant_max: int, dtype: torch.dtype,
    *, out_dtype: torch.dtype | None = None,
) -> Tensor:  # fmt: skip
    return _dequantize(input, scale, zero_point, dtype, out_dtype)


def _dequantize_by_tensors(
    input: Tensor, scale: Tensor, zero_point: Tensor, quant_min: Any, quant_max: Any, dtype: torch.dtype,
    *, out_dtype: torch.dtype | None = None,
) -> Tensor:  # fmt: skip
    point, step = _single("zero_point", zero_point), _single("scale", scale)
    return _dequantize(input, step, point, dtype, out_dtype)


_TENSORS = "Tensor input, Tensor scale, Tensor zero_point"
_TENSOR_BOUNDS = "Tensor quant_min, Tensor quant_max, ScalarType dtype"
_define(f"quantize_per_tensor(Tensor input, float scale, int zero_point, {_PER_TENSOR}) -> Tensor", _quantize)
_define(f"quantize_per_tensor.tensor({_TENSORS}, {_PER_TENSOR}) -> Tensor", _quantize_by_tensors)
_define(f"quantize_per_tensor.tensor2({_TENSORS}, {_TENSOR_BOUNDS}) -> Tensor", _quantize_by_tensors)
_define(
    f"dequantize_per_tensor(Tensor input, float scale, int zero_point, {_PER_TENSOR}, {_OUT}) -> Tensor",
    _dequantize_one,
)
_define(f"dequantize_per_tensor.tensor({_TENSORS}, {_PER_TENSOR}, {_OUT}) -> Tensor", _dequantize_by_tensors)
_define(f"dequantize_per_tensor.tensor2({_TENSORS}, {_TENSOR_BOUNDS}, {_OUT}) -> Tensor", _dequantize_by_tensors)


def _of_range(
    low: Tensor, high: Tensor, quant_min: int, quant_max: int, eps: float, middle: int | None
) -> tuple[Tensor, Tensor]:
    """Scale (float64) and zero point (int64), of one element each, for numbers from ``low`` to ``high`` and 0.

    ``middle``: the zero point of a range of which 0 is the middle; None: the range begins and ends where it does.
    """
    low, high = low.clamp(max=0), high.clamp(min=0)
    if middle is not None:
        half = torch.maximum(-low, high)
        scale = (half / ((quant_max - quant_min) / 2)).clamp(min=eps)
        return scale.double().reshape(1), torch.full((1,), middle, device=low.device)
    scale = ((high - low) / (quant_max - quant_min)).clamp(min=eps)
    zero_point = (quant_min - (low / scale).round().to(torch.int64)).clamp(quant_min, quant_max)
    return scale.double().reshape(1), zero_point.reshape(1)


def _chosen(
    input: Tensor, quant_min: int, quant_max: int, eps: float, dtype: torch.dtype, symmetric: bool
) -> tuple[Tensor, Tensor]:
    if input.dtype not in (torch.float32, torch.float16, torch.bfloat16):
        raise AssertionError(f"Expecting input to have dtype torch.float32/16/b16, but got dtype: {input.dtype}")
    if dtype not in _BOUNDS:
        raise AssertionError(f"Expecting target dtype to be one of {_BOUNDS.keys()}, but got: {dtype}")
    validate_qmin_qmax(quant_min, quant_max)
    middle = _MIDDLE_OF_BYTES if dtype == torch.uint8 else 0
    low, high = torch.aminmax(input)
    return _of_range(low, high, quant_min, quant_max, eps, middle if symmetric else None)


def _choose(input: Tensor, quant_min: int, quant_max: int, eps: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    return _chosen(input, quant_min, quant_max, eps, dtype, symmetric=False)


def _choose_symmetric(
    input: Tensor, quant_min: int, quant_max: int, eps: float, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    return _chosen(input, quant_min, quant_max, eps, dtype, symmetric=True)


_RANGE = "Tensor input, int quant_min, int quant_max, float eps, ScalarType dtype"
_define(f"choose_qparams.tensor({_RANGE}) -> (Tensor, Tensor)", _choose)
_define(f"choose_qparams_symmetric.tensor({_RANGE}) -> (Tensor, Tensor)", _choose_symmetric)


# ---- a scale for every channel


def _along(input: Tensor, values: Tensor, axis: int) -> Tensor:
    """One value for each channel, in a shape that is broadcast over the other dimensions."""
    if axis >= input.dim():
        raise AssertionError(f"Expecting axis to be < {input.dim()}")
    shape = [1] * input.dim()
    shape[axis] = values.shape[0]
    return values.view(shape)


def _quantize_channels(
    input: Tensor, scales: Tensor, zero_points: Tensor, axis: int, quant_min: int, quant_max: int, dtype: torch.dtype
) -> Tensor:
    steps, points = _along(input, scales, axis), _along(input, zero_points, axis)
    return _quantize(input, steps, points, quant_min, quant_max, dtype)


def _dequantize_channels(
    input: Tensor, scales: Tensor, zero_points: Tensor | None, axis: int, quant_min: int, quant_max: int,
    dtype: torch.dtype, *, out_dtype: torch.dtype | None = None,
) -> Tensor:  # fmt: skip
    _check_dtype(input, dtype)
    steps = _along(input, scales, axis)
    _check_bounds(quant_min, quant_max, dtype)
    centered = input if zero_points is None else input - _along(input, zero_points, axis)
    return (centered * steps).to(out_dtype or torch.float32)


def _fake_quantize_channels(
    input: Tensor, scales: Tensor, zero_points: Tensor, axis: int, quant_min: int, quant_max: int
) -> Tensor:
    if input.dtype != torch.float32:
        raise AssertionError(f"Expecting input to have dtype torch.float32, but got dtype: {input.dtype}")
    points = zero_points.to(torch.int32)
    return torch.fake_quantize_per_channel_affine(input, scales.float(), points, axis, quant_min, quant_max)


_CHANNELS = "int axis, int quant_min, int quant_max"
_SCALES = "Tensor input, Tensor scales, Tensor zero_points"
_SCALES_OR_NONE = "Tensor input, Tensor scales, Tensor? zero_points"
_define(f"quantize_per_channel({_SCALES}, {_CHANNELS}, ScalarType dtype) -> Tensor", _quantize_channels)
_define(
    f"dequantize_per_channel({_SCALES_OR_NONE}, {_CHANNELS}, ScalarType dtype, {_OUT}) -> Tensor",
    _dequantize_channels,
)
_define(f"fake_quant_per_channel({_SCALES}, {_CHANNELS}) -> Tensor", _fake_quantize_channels)


# ---- a scale for every token: for all numbers along the last dimension


def _choose_for_tokens(input: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    if dtype != torch.int8:
        raise ValueError(f"unsupported dtype in choose_qparams_per_token: {dtype}")
    greatest = input.abs().amax(dim=-1, keepdim=True)
    if greatest.dtype == torch.float16:
        greatest = greatest.float()
    scales = greatest.clamp(min=_SMALLEST_OF_TOKENS) / torch.iinfo(dtype).max
    return scales, torch.zeros_like(scales)


def _choose_for_tokens_asymmetric(input: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The zero point is the one by whose rounding the two ends lose less together; always for int8."""
    low, high = _BOUNDS[torch.int8]
    least, greatest = input.amin(-1, keepdim=True).clamp(max=0), input.amax(-1, keepdim=True).clamp(min=0)
    scales = ((greatest - least) / float(high - low)).clamp(min=_EPSILON)
    first, last = least / scales, greatest / scales
    points = torch.where(low + first + high + last > 0, low - first, high - last)
    return scales.to(torch.float64), points.clamp(low, high).round().to(torch.int64)


def _check_tokens(input: Tensor, scales: Tensor, zero_points: Tensor) -> None:
    tokens = math.prod(input.shape[:-1])
    for name, values in (("scales", scales), ("zero_points", zero_points)):
        if tokens != values.numel():
            raise AssertionError(f"num_tokens: {tokens} {name}: {values.size()}")


def _rounded(
    input: Tensor, scales: Tensor, zero_points: Tensor, quant_min: int, quant_max: int, dtype: torch.dtype
) -> Tensor:
    """Rounded after the zero points are added, which are no integers everywhere."""
    return (input * (1.0 / scales) + zero_points).round().clamp(quant_min, quant_max).to(dtype)


def _quantize_tokens(
    input: Tensor, scales: Tensor, zero_points: Tensor, quant_min: int, quant_max: int, dtype: torch.dtype
) -> Tensor:
    _check_bounds(quant_min, quant_max, dtype)
    _check_tokens(input, scales, zero_points)
    return _rounded(input, scales, zero_points, quant_min, quant_max, dtype)


def _dequantize_tokens(
    input: Tensor, scales: Tensor, zero_points: Tensor, quant_min: int, quant_max: int, dtype: torch.dtype,
    output_dtype: torch.dtype,
) -> Tensor:  # fmt: skip
    return ((input - zero_points) * scales).to(output_dtype)


_TOKENS = "int quant_min, int quant_max, ScalarType dtype"
_define("choose_qparams_per_token(Tensor input, ScalarType dtype) -> (Tensor, Tensor)", _choose_for_tokens)
for _name in ("_choose_qparams_per_token_asymmetric_impl", "choose_qparams_per_token_asymmetric"):
    _define(f"{_name}(Tensor input, ScalarType dtype) -> (Tensor, Tensor)", _choose_for_tokens_asymmetric)
_define(f"quantize_per_token({_SCALES}, {_TOKENS}) -> Tensor", _quantize_tokens)
_define(f"dequantize_per_token({_SCALES}, {_TOKENS}, ScalarType output_dtype) -> Tensor", _dequantize_tokens)


# ---- a scale for every few numbers of a row of a matrix


def _groups(input: Tensor, scales: Tensor, group_size: int) -> Tensor:
    """Rows of ``group_size``; one column of scales serves for whole rows that are shorter."""
    if group_size <= 1:
        raise AssertionError("group_size must be > 1")
    if group_size > input.shape[-1] and scales.shape[-1] == 1:
        group_size = input.shape[-1]
    if input.shape[-1] % group_size:
        raise AssertionError("input.shape[-1] must be divisible by group_size")
    if input.dim() != 2:
        raise AssertionError("input must be 2-dimensional")
    return input.reshape(-1, group_size)


def _quantize_groups(
    input: Tensor, scales: Tensor, zero_points: Tensor, quant_min: int, quant_max: int, dtype: torch.dtype,
    group_size: int = 128,
) -> Tensor:  # fmt: skip
    rows = _groups(input, scales, group_size)
    if rows.isnan().any():
        raise AssertionError("to_quant must not contain NaNs")
    steps, points = scales.reshape(-1, 1), zero_points.reshape(-1, 1)
    return _rounded(rows, steps, points, quant_min, quant_max, dtype).reshape_as(input)


def _dequantize_groups(
    input: Tensor, scales: Tensor, zero_points: Tensor | None, quant_min: int, quant_max: int, dtype: torch.dtype,
    group_size: int = 128, output_dtype: torch.dtype = torch.float32,
) -> Tensor:  # fmt: skip
    rows = _groups(input, scales, group_size)
    points = torch.zeros((), dtype=torch.int32) if zero_points is None else zero_points.reshape(-1, 1)
    return ((rows - points.to(rows.device)) * scales.reshape(-1, 1)).reshape_as(input).to(output_dtype)


_define(f"quantize_per_channel_group({_SCALES}, {_TOKENS}, int group_size) -> Tensor", _quantize_groups)
_define(
    f"dequantize_per_channel_group({_SCALES_OR_NONE}, {_TOKENS}, int group_size, ScalarType output_dtype) -> Tensor",
    _dequantize_groups,
)
