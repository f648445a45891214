"""Functions of quantized tensors; results that have a scale of their own are given it."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch._C import Tensor
from ferrotorch._quantized import _products
from ferrotorch.nn.modules.utils import _ntuple

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "avg_pool2d",
    "avg_pool3d",
    "celu",
    "clamp",
    "conv1d",
    "conv2d",
    "conv3d",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "interpolate",
    "leaky_relu",
    "linear",
    "max_pool1d",
    "max_pool2d",
    "threshold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

F = nn.functional


def _require(name: str, input: Tensor) -> None:
    if not input.is_quantized:
        place = "quantized.functional" if name.startswith("adaptive") else "quantized"
        raise ValueError(f"Input to '{place}.{name}' must be quantized!")


def _as_of_numbers(name: str) -> Any:
    """The function of ``nn.functional``, for quantized tensors alone."""

    def function(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        _require(name, input)
        return getattr(F, name)(input, *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"``nn.functional.{name}`` of a quantized tensor.\n\n    Raises:\n        ValueError: another tensor."
    )
    return function


avg_pool2d, avg_pool3d = _as_of_numbers("avg_pool2d"), _as_of_numbers("avg_pool3d")
adaptive_avg_pool2d, adaptive_avg_pool3d = _as_of_numbers("adaptive_avg_pool2d"), _as_of_numbers("adaptive_avg_pool3d")
max_pool1d, max_pool2d = F.max_pool1d, F.max_pool2d
interpolate, hardtanh, threshold = (
    _as_of_numbers("interpolate"),
    _as_of_numbers("hardtanh"),
    _as_of_numbers("threshold"),
)
hardsigmoid = _as_of_numbers("hardsigmoid")


def linear(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, scale: float | None = None, zero_point: int | None = None
) -> Tensor:
    """``input @ weight.T + bias``.

    Args:
        input: quantized with one scale (..., in).
        weight: quantized (out, in).
        bias: float32 (out).
        scale, zero_point: those of the result; the input's by default.
    """
    step = input.q_scale() if scale is None else scale
    point = input.q_zero_point() if zero_point is None else zero_point
    return _products.linear(input, weight, bias, step, point)


_SPACE = {1: "L", 2: "H, W", 3: "D, H, W"}


def _conv(dims: int) -> Any:
    def conv(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        padding_mode: str = "zeros",
        scale: float = 1.0,
        zero_point: int = 0,
        dtype: Any = torch.quint8,
    ) -> Tensor:
        if padding_mode != "zeros":
            raise NotImplementedError("Only zero-padding is supported!")
        if input.dtype != torch.quint8 or dtype != torch.quint8:
            raise NotImplementedError("Only torch.quint8 is supported for activation tensor!")
        if weight.dtype != torch.qint8:
            raise NotImplementedError("Only torch.qint8 is supported for weight tensor!")
        if input.ndim != dims + 2:
            raise ValueError(f"Input shape must be `(N, C, {_SPACE[dims]})`!")
        sizes = _ntuple(dims)
        geometry = {
            "stride": sizes(stride), "padding": sizes(padding), "dilation": sizes(dilation), "groups": groups
        }  # fmt: skip
        return _products.convolution(input, weight, bias, geometry, scale, zero_point)

    conv.__name__ = conv.__qualname__ = f"conv{dims}d"
    conv.__doc__ = f"""A convolution in {dims} dimensions.

    Args:
        input: quint8 (N, C, ...).
        weight: qint8, with one scale or one for each output channel.
        bias: float32 (outputs).
        stride, padding, dilation, groups: as of ``nn.functional.conv{dims}d``.
        padding_mode: ``"zeros"``.
        scale, zero_point, dtype: those of the result.

    Raises:
        NotImplementedError: other dtypes or padding.
        ValueError: another number of dimensions.
    """
    return conv


conv1d, conv2d, conv3d = map(_conv, (1, 2, 3))


def celu(input: Tensor, scale: float, zero_point: int, alpha: float = 1.0) -> Tensor:
    """``nn.functional.celu`` with a scale and zero point."""
    _require("celu", input)
    return torch.quantize_per_tensor(F.celu(input.dequantize(), alpha), scale, zero_point, input.dtype)


def elu(input: Tensor, scale: float, zero_point: int, alpha: float = 1.0) -> Tensor:
    """``nn.functional.elu`` with a scale and zero point."""
    _require("elu", input)
    return torch.ops.quantized.elu(input, scale, zero_point, alpha)


def hardswish(input: Tensor, scale: float, zero_point: int) -> Tensor:
    """``nn.functional.hardswish`` with a scale and zero point."""
    _require("hardswish", input)
    return torch.ops.quantized.hardswish(input, scale, zero_point)


def leaky_relu(
    input: Tensor,
    negative_slope: float = 0.01,
    inplace: bool = False,
    scale: float | None = None,
    zero_point: int | None = None,
) -> Tensor:
    """``nn.functional.leaky_relu``, with a scale and zero point if they are given."""
    if scale is not None and zero_point is not None:
        return torch.ops.quantized.leaky_relu(input, negative_slope, inplace, scale, zero_point)
    result = F.leaky_relu(input, negative_slope)
    return input.copy_(result) if inplace else result


def clamp(input: Tensor, min_: float, max_: float) -> Tensor:
    """Elements between two numbers, as nearly as integers stand for them."""
    _require("clamp", input)
    return torch.clamp(input, min_, max_)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """An older name of `interpolate`."""
    result: Tensor = interpolate(input, size, scale_factor, mode, align_corners)
    return result


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` linearly, with corners where they are."""
    return upsample(input, size, scale_factor, "bilinear", True)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` by the nearest elements."""
    return upsample(input, size, scale_factor, "nearest")
