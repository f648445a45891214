"""Rounding as quantization does it, in floating point and with gradients, for training that knows of it.

The gradient passes straight through where the integer is within its bounds, and is 0 elsewhere (Jacob et al., 2018).
Those of scale and zero point are by Esser et al., 2020 ("Learned Step Size Quantization").
"""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import _interception
from ferrotorch._C import Tensor
from ferrotorch._checks import refuse_gradients, require_tensors
from ferrotorch.autograd import Function

__all__ = [
    "_fake_quantize_learnable_per_channel_affine",
    "_fake_quantize_learnable_per_tensor_affine",
    "fake_quantize_per_channel_affine",
    "fake_quantize_per_tensor_affine",
    "fused_moving_avg_obs_fake_quant",
]


def _steps(x: Tensor, scale: Tensor, zero_point: Tensor | float) -> Tensor:
    """Which integers the numbers come next to, before bounds; in the wider of both dtypes."""
    scaled = x.to(torch.promote_types(x.dtype, torch.float32)) * torch.reciprocal(scale.float()).to(x.device)
    if isinstance(zero_point, Tensor) and zero_point.is_floating_point():
        return (scaled + zero_point).round_()
    return scaled.round_() + zero_point


class _PerTensorAffine(Function):
    """One scale for all elements."""

    _node_name = "FakeQuantizePerTensorAffineCachemaskBackward0"

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, zero_point: Any, low: int, high: int) -> Tensor:
        """The rounded numbers."""
        steps = _steps(x, scale, zero_point)
        ctx.save_for_backward((low <= steps) & (steps <= high))
        return ((steps.clamp(low, high) - zero_point) * scale).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient where the integers are within their bounds."""
        (mask,) = ctx.saved_tensors
        return grad * mask, None, None, None, None


class _PerChannelAffine(_PerTensorAffine):
    """A scale for each index along an axis."""

    _node_name = "FakeQuantizePerChannelAffineCachemaskBackward0"


class _Fused(_PerTensorAffine):
    """Parameters that follow the range of what is rounded."""

    _node_name = "FusedMovingAvgObsFqHelperBackward0"


def _check_bounds(low: int, high: int) -> None:
    if low > high:
        raise RuntimeError("`quant_min` should be less than or equal to `quant_max`.")


def _check_kind(name: str, x: Tensor) -> None:
    require_tensors(name, input=x)
    if not x.is_floating_point():
        raise NotImplementedError(f"{name}(): expected a tensor of a float dtype, got {x.dtype}")


def fake_quantize_per_tensor_affine(
    input: Tensor, scale: Any, zero_point: Any, quant_min: int, quant_max: int
) -> Tensor:
    """``(clamp(round(input / scale) + zero_point, quant_min, quant_max) - zero_point) * scale``.

    Ties of rounding go to even numbers. The gradient of ``input`` is 0 where the integer was clamped.

    Args:
        input: of a float dtype (any shape).
        scale, zero_point: numbers, or tensors of one element each.
        quant_min, quant_max: bounds of the integers.

    Raises:
        RuntimeError: the zero point is not within the bounds.
        NotImplementedError: input of another dtype.
    """
    _check_kind("fake_quantize_per_tensor_affine", input)
    _check_bounds(quant_min, quant_max)
    if not isinstance(zero_point, Tensor) and not quant_min <= zero_point <= quant_max:
        raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")
    refuse_gradients("_fake_quantize_per_tensor_affine_cachemask_tensor_qparams", scale=scale)
    step = scale.detach() if isinstance(scale, Tensor) else torch.tensor(scale, device=input.device)
    point = zero_point.detach() if isinstance(zero_point, Tensor) else zero_point
    return _PerTensorAffine.apply(input, step, point, quant_min, quant_max)


def _along(x: Tensor, parameter: Tensor, axis: int) -> Tensor:
    return parameter.reshape([-1 if dim == axis else 1 for dim in range(x.dim())])


def _check_channels(input: Tensor, scale: Tensor, zero_point: Tensor, axis: int) -> None:
    for name, parameter in (("scale", scale), ("zero point", zero_point)):
        if parameter.dim() != 1:
            raise RuntimeError(f"{name} should be a 1-D tensor")
    if not 0 <= axis < max(input.dim(), 1):
        raise RuntimeError("`axis` must be between 0 and number of dimensions of input")
    if len(scale) != len(zero_point):
        raise RuntimeError("scale and zero-point need to have the same dimensions")
    if len(scale) != input.size(axis):
        raise RuntimeError("dimensions of scale and zero-point are not consistent with input tensor")


def fake_quantize_per_channel_affine(
    input: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: int, quant_max: int
) -> Tensor:
    """`fake_quantize_per_tensor_affine` with a scale and zero point for each index along an axis.

    Args:
        input: of a float dtype (any shape).
        scale: float32 (input.size(axis)).
        zero_point: int32 or a float dtype, whose numbers are added before rounding; the same shape.
        axis: the dimension.
        quant_min, quant_max: bounds of the integers.

    Raises:
        RuntimeError: shapes, dtypes or zero points do not fit.
        NotImplementedError: input of another dtype.
    """
    _check_kind("fake_quantize_per_channel_affine", input)
    refuse_gradients("fake_quantize_per_channel_affine_cachemask", scale=scale)
    if scale.dtype != torch.float32:
        raise RuntimeError(f"Scale must be Float, found {_type(scale)}")
    if zero_point.dtype not in (torch.int32, torch.float32, torch.float16):
        raise RuntimeError(f"Zero-point must be Int32, Float or Half, found {_type(zero_point)}")
    _check_bounds(quant_min, quant_max)
    _check_channels(input, scale, zero_point, axis)
    if not zero_point.is_floating_point() and zero_point.numel():
        low, high = zero_point.aminmax()
        if not (quant_min <= int(low) and int(high) <= quant_max):
            raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")
    steps, points = (_along(input, x.detach(), axis) for x in (scale, zero_point))
    return _PerChannelAffine.apply(input, steps, points, quant_min, quant_max)


def _type(x: Tensor) -> str:
    from ferrotorch._checks import type_name

    return type_name(x)


class _Learnable(Function):
    """Rounding whose scale and zero point get gradients."""

    _node_name = "FakeQuantizeLearnablePerTensorAffineBackward0"

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, zero_point: Tensor, low: int, high: int, factor: float) -> Tensor:
        """The rounded numbers; scale and zero point broadcast with them."""
        point = zero_point.round().clamp(low, high)
        steps = _steps(x, scale, 0) + point
        # As in PyTorch the gradients round after the zero point is added, which tells on ties.
        ctx.save_for_backward(x, scale, point, _steps(x, scale, point))
        ctx.bounds, ctx.factor = (low, high), factor
        return ((steps.clamp(low, high) - point) * scale).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradients of numbers, scale and zero point."""
        x, scale, point, steps = ctx.saved_tensors
        low, high = ctx.bounds
        within = (low <= steps) & (steps <= high)
        of_scale = torch.where(within, (steps - point) - x / scale, steps.clamp(low, high) - point)
        of_point = torch.where(within, 0.0, -scale)
        sums = ((grad * each * ctx.factor).sum_to_size(scale.shape) for each in (of_scale, of_point))
        return grad * within, *sums, None, None, None


class _LearnablePerChannel(_Learnable):
    """A scale for each index along an axis."""

    _node_name = "FakeQuantizeLearnablePerChannelAffineBackward0"


def _fake_quantize_learnable_per_tensor_affine(
    input: Tensor, scale: Tensor, zero_point: Tensor, quant_min: int, quant_max: int, grad_factor: float = 1.0
) -> Tensor:
    """`fake_quantize_per_tensor_affine` with gradients of scale and zero point, times a factor.

    Args:
        input: float32 (any shape).
        scale, zero_point: float32 (1).
        quant_min, quant_max: bounds of the integers.
        grad_factor: what the gradients of scale and zero point are multiplied by.
    """
    _check_bounds(quant_min, quant_max)
    return _Learnable.apply(input, scale, zero_point, quant_min, quant_max, grad_factor)


def _fake_quantize_learnable_per_channel_affine(
    input: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: int,
    quant_min: int,
    quant_max: int,
    grad_factor: float = 1.0,
) -> Tensor:
    """`fake_quantize_per_channel_affine` with gradients of scale and zero point, times a factor."""
    _check_bounds(quant_min, quant_max)
    _check_channels(input, scale, zero_point, axis)
    step, point = (_along(input, x, axis) for x in (scale, zero_point))
    return _LearnablePerChannel.apply(input, step, point, quant_min, quant_max, grad_factor)


def fused_moving_avg_obs_fake_quant(
    input: Tensor,
    observer_on: Tensor,
    fake_quant_on: Tensor,
    running_min: Tensor,
    running_max: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    averaging_const: float,
    quant_min: int,
    quant_max: int,
    ch_axis: int,
    per_row_fake_quant: bool = False,
    symmetric_quant: bool = False,
) -> Tensor:
    """Move the averages of the range, choose scale and zero point of it, and round as they say.

    Args:
        input: float32 (any shape).
        observer_on, fake_quant_on: tensors of one integer each: shall the range be looked at, and the numbers rounded?
        running_min, running_max, scale, zero_point: (1), or (input.size(ch_axis)); written to.
        averaging_const: the weight of the new range.
        quant_min, quant_max: bounds of the integers.
        ch_axis: the dimension of channels.
        per_row_fake_quant: has each channel a range of its own?
        symmetric_quant: is the zero point the middle of the integers?
    """
    if observer_on.item() and input.numel():
        rows = _rows(input.detach(), ch_axis) if per_row_fake_quant else input.detach().reshape(1, -1)
        _observe(rows, (running_min, running_max), (scale, zero_point), averaging_const, per_row_fake_quant)
        _choose((running_min, running_max), (scale, zero_point), (quant_min, quant_max), symmetric_quant)
    if not fake_quant_on.item():
        return input.clone()
    steps, points = scale.detach(), zero_point.detach()
    if per_row_fake_quant:
        steps, points = _along(input, steps, ch_axis), _along(input, points, ch_axis)
    return _Fused.apply(input, steps, points, quant_min, quant_max)


def _rows(x: Tensor, axis: int) -> Tensor:
    return x.movedim(axis, 0).reshape(x.size(axis), -1)


def _observe(
    rows: Tensor, running: tuple[Tensor, Tensor], parameters: tuple[Tensor, Tensor], weight: float, per_row: bool
) -> None:
    """Move the averages of the ranges; the first ones that are seen are taken as they are."""
    for average, seen in zip(running, rows.aminmax(dim=1), strict=True):
        if per_row and average.numel() != len(seen):
            average.resize_(seen.shape).copy_(seen)
            for parameter in parameters:
                parameter.resize_(seen.shape)
            continue
        seen = seen.reshape(average.shape)
        average.copy_(torch.where(average.isinf(), seen, average + weight * (seen - average)))


def _choose(
    running: tuple[Tensor, Tensor], parameters: tuple[Tensor, Tensor], bounds: tuple[int, int], symmetric: bool
) -> None:
    from ferrotorch._quantized._parameters import choose

    pairs = [
        choose(low, high, *bounds, symmetric=symmetric)
        for low, high in zip(running[0].flatten().tolist(), running[1].flatten().tolist(), strict=True)
    ]
    for parameter, values in zip(parameters, zip(*pairs, strict=True), strict=True):
        parameter.copy_(torch.tensor(values).reshape(parameter.shape))


_interception.functions(globals(), __all__)
