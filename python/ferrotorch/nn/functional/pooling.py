"""Pooling: maxima, averages and p-norms over windows, of a given size or of a given number.

Shapes: (N, C, *) or (C, *) with 1 to 3 spatial dimensions. ``stride=None`` means ``kernel_size``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors
from ferrotorch._functions._out import write_out
from ferrotorch.nn.functional._sizes import IntOrInts, per_dim

Pooled: TypeAlias = Tensor | tuple[Tensor, Tensor]
OutputSize: TypeAlias = int | Sequence[int | None] | None


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of ``input`` (N, C, L), and their positions.

    ``return_indices`` is accepted: they are always returned.
    """
    steps = () if stride is None else stride
    return _nn.max_pool1d_with_indices(input, kernel_size, steps, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of ``input`` (N, C, H, W), and their positions in the flattened plane.

    ``return_indices`` is accepted: they are always returned.
    """
    steps = () if stride is None else stride
    return _nn.max_pool2d_with_indices(input, kernel_size, steps, padding, dilation, ceil_mode)


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """Maxima over windows of ``input`` (N, C, D, H, W), and their positions in the flattened volume.

    ``return_indices`` is accepted: they are always returned.
    """
    steps = () if stride is None else stride
    return _nn.max_pool3d_with_indices(input, kernel_size, steps, padding, dilation, ceil_mode)


def max_pool1d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Pooled:
    """Maxima over windows of ``input`` (N, C, L); with ``return_indices`` also their positions.

    Raises:
        RuntimeError: a window that does not fit the input.
    """
    pooled = max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pooled if return_indices else pooled[0]


def max_pool2d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Pooled:
    """Maxima over windows of ``input`` (N, C, H, W); with ``return_indices`` also their positions.

    Raises:
        RuntimeError: a window that does not fit the input.
    """
    pooled = max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pooled if return_indices else pooled[0]


def max_pool3d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Pooled:
    """Maxima over windows of ``input`` (N, C, D, H, W); with ``return_indices`` also their positions.

    Raises:
        RuntimeError: a window that does not fit the input.
    """
    pooled = max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return pooled if return_indices else pooled[0]


def avg_pool1d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Means over windows of ``input`` (N, C, L)."""
    return _nn.avg_pool1d(input, kernel_size, () if stride is None else stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Means over windows of ``input`` (N, C, H, W), or sums over ``divisor_override``."""
    steps = () if stride is None else stride
    means = _nn.avg_pool2d(input, kernel_size, steps, padding, ceil_mode, count_include_pad, divisor_override)
    return means if out is None else write_out("avg_pool2d", means, out, own_dtype=True)


def avg_pool3d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Means over windows of ``input`` (N, C, D, H, W), or sums over ``divisor_override``."""
    steps = () if stride is None else stride
    means = _nn.avg_pool3d(input, kernel_size, steps, padding, ceil_mode, count_include_pad, divisor_override)
    return means if out is None else write_out("avg_pool3d", means, out, own_dtype=True)


def _output_size(output_size: OutputSize, ndim: int, input: Tensor, op: str) -> tuple[int, ...]:
    """``output_size`` for each spatial dimension; None keeps the size of the input."""
    require_tensors(op, input=input)
    if output_size is None or isinstance(output_size, int):
        output_size = (output_size,) * ndim
    if len(output_size) != ndim:
        expected = "one int" if ndim == 1 else f"{ndim} ints"
        raise RuntimeError(f"{op}() argument 'output_size' should contain {expected} (got {len(output_size)})")
    if None in output_size and input.dim() <= ndim:
        raise ValueError(f"{op}: Input dimension should be at least {ndim + 1}, but got {input.dim()}")
    given = input.shape[-ndim:]
    return tuple(given[d] if out is None else out for d, out in enumerate(output_size))


def _require_float(op: str, input: Tensor) -> None:
    if not input.is_floating_point():
        raise NotImplementedError(f'"{op}" not implemented for {input.dtype}: convert to a float dtype first')


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over ``output_size`` windows of ``input`` (N, C, L), and their positions.

    ``return_indices`` is accepted: they are always returned.
    """
    size = _output_size(output_size, 1, input, "adaptive_max_pool1d")
    _require_float("adaptive_max_pool1d", input)
    return _nn.adaptive_max_pool1d_with_indices(input, size)


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over ``output_size`` windows of ``input`` (N, C, H, W), and their positions in the flattened plane.

    ``return_indices`` is accepted: they are always returned.
    """
    size = _output_size(output_size, 2, input, "adaptive_max_pool2d")
    _require_float("adaptive_max_pool2d", input)
    return _nn.adaptive_max_pool2d_with_indices(input, size)


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """Maxima over ``output_size`` windows of ``input`` (N, C, D, H, W), and their positions in the volume.

    ``return_indices`` is accepted: they are always returned.
    """
    size = _output_size(output_size, 3, input, "adaptive_max_pool3d")
    _require_float("adaptive_max_pool3d", input)
    return _nn.adaptive_max_pool3d_with_indices(input, size)


def adaptive_max_pool1d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Pooled:
    """Maxima over ``output_size`` windows of ``input`` (N, C, L); with ``return_indices`` also their positions."""
    pooled = adaptive_max_pool1d_with_indices(input, output_size)
    return pooled if return_indices else pooled[0]


def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Pooled:
    """Maxima over ``output_size`` windows of ``input`` (N, C, H, W); with ``return_indices`` also their positions."""
    pooled = adaptive_max_pool2d_with_indices(input, output_size)
    return pooled if return_indices else pooled[0]


def adaptive_max_pool3d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Pooled:
    """Maxima over ``output_size`` windows of ``input`` (N, C, D, H, W); ``return_indices``: also their positions."""
    pooled = adaptive_max_pool3d_with_indices(input, output_size)
    return pooled if return_indices else pooled[0]


def adaptive_avg_pool1d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Means over ``output_size`` windows of ``input`` (N, C, L)."""
    return _nn.adaptive_avg_pool1d(input, _output_size(output_size, 1, input, "adaptive_avg_pool1d"))


def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Means over ``output_size`` windows of ``input`` (N, C, H, W)."""
    return _nn.adaptive_avg_pool2d(input, _output_size(output_size, 2, input, "adaptive_avg_pool2d"))


def adaptive_avg_pool3d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Means over ``output_size`` windows of ``input`` (N, C, D, H, W)."""
    return _nn.adaptive_avg_pool3d(input, _output_size(output_size, 3, input, "adaptive_avg_pool3d"))


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: int, stride: IntOrInts | None = None, ceil_mode: bool = False
) -> Tensor:
    """``sum(x^p)^(1/p)`` over windows of ``input`` (N, C, L); the largest ``|x|`` for an infinite ``p``."""
    return _lp_pool((avg_pool1d, max_pool1d), 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: IntOrInts, stride: IntOrInts | None = None, ceil_mode: bool = False
) -> Tensor:
    """``sum(x^p)^(1/p)`` over windows of ``input`` (N, C, H, W); the largest ``|x|`` for an infinite ``p``."""
    return _lp_pool((avg_pool2d, max_pool2d), 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: IntOrInts, stride: IntOrInts | None = None, ceil_mode: bool = False
) -> Tensor:
    """``sum(x^p)^(1/p)`` over windows of ``input`` (N, C, D, H, W); the largest ``|x|`` for an infinite ``p``."""
    return _lp_pool((avg_pool3d, max_pool3d), 3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(
    pools: tuple[Callable[..., Tensor], Callable[..., Any]],
    ndim: int,
    input: Tensor,
    norm_type: float,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    ceil_mode: bool,
) -> Tensor:
    average, maximum = pools
    if norm_type == 0:
        raise ValueError(f"norm_type must be a non-zero value, but got {norm_type}")
    if math.isinf(norm_type):
        sign = math.copysign(1.0, norm_type)
        pooled: Tensor = maximum(input.abs() * sign, kernel_size, stride, 0, 1, ceil_mode)
        return pooled * sign
    kernel = per_dim(kernel_size, ndim, "kernel_size", f"lp_pool{ndim}d")
    mean = average(torch.pow(input, norm_type), kernel, stride, 0, ceil_mode)
    # relu(|m|) * sign(m) is m, but with the gradient 0 where m is 0 and the root has none.
    return (torch.sign(mean) * _nn.relu(torch.abs(mean))).mul(math.prod(kernel)).pow(1.0 / norm_type)
