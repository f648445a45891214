"""Partial inverses of max pooling, and max pooling over random windows (Graham, 2014)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_all, require_tensors
from ferrotorch._composite import one_node
from ferrotorch.nn.functional import _shown
from ferrotorch.nn.functional._parts import _unpool_output_size
from ferrotorch.nn.functional._sizes import IntOrInts, per_dim, stride_or_kernel
from ferrotorch.nn.functional.pooling import Pooled

Ratios = float | Sequence[float]


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put the maxima ``input`` (N, C, L) where :func:`max_pool1d` found them, zeros elsewhere."""
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


@one_node("MaxUnpool2DBackward0", _shown.unpooling)
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put the maxima ``input`` (N, C, H, W) where :func:`max_pool2d` found them, zeros elsewhere."""
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


@one_node("MaxUnpool3DBackward0", _shown.unpooling)
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Put the maxima ``input`` (N, C, D, H, W) where :func:`max_pool3d` found them, zeros elsewhere."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    ndim: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    padding: IntOrInts,
    output_size: Sequence[int] | None,
) -> Tensor:
    op = f"max_unpool{ndim}d"
    require_tensors(op, input=input, indices=indices)
    kernel = per_dim(kernel_size, ndim, "kernel_size", op)
    strides = stride_or_kernel(stride, kernel, op)
    pads = per_dim(padding, ndim, "padding", op)
    if input.dim() not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"{op}: Input to {op} should be a {ndim + 1}d or {ndim + 2}d Tensor, but got {input.dim()} dimensions"
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            f"{op}: Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) "
            f"but got indices tensor with shape: {list(indices.shape)}"
        )
    if indices.dtype != torch.int64:
        raise RuntimeError(f"{op}: elements in indices should be type int64 but got: {indices.dtype}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"{op}" not implemented for {input.dtype}: use a float dtype')
    spatial = tuple(_unpool_output_size(input, kernel, strides, pads, output_size))
    volume = math.prod(spatial)
    positions = indices.flatten(-ndim)
    require_all(
        (positions >= 0) & (positions < volume),
        f"{op}: found an invalid max index: the output has {volume} elements of size {spatial}",
        found=lambda: f", but indices are in [{int(positions.min())}, {int(positions.max())}]",
    )
    lead = input.shape[:-ndim]
    filled = input.new_zeros((*lead, volume)).scatter(-1, positions, input.flatten(-ndim))
    unpooled = filled.reshape(*lead, *spatial)
    return _nn.in_format_of(unpooled, input) if ndim == 2 else unpooled


@one_node("FractionalMaxPool2DBackward0", _shown.fractional(2))
def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Maxima over pseudo-random windows of ``input`` (N, C, H, W), and their positions in the flattened plane.

    ``return_indices`` is accepted: they are always returned.
    """
    return _fractional_max_pool(2, input, kernel_size, output_size, output_ratio, _random_samples)


@one_node("FractionalMaxPool3DBackward0", _shown.fractional(3))
def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Maxima over pseudo-random windows of ``input`` (N, C, D, H, W), and their positions in the volume.

    ``return_indices`` is accepted: they are always returned.
    """
    return _fractional_max_pool(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Pooled:
    """Maxima over ``output_size`` (or ``output_ratio`` times the size) pseudo-random windows of (N, C, H, W)."""
    pooled = fractional_max_pool2d_with_indices(
        input, kernel_size, output_size, output_ratio, _random_samples=_random_samples
    )
    return pooled if return_indices else pooled[0]


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: Ratios | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Pooled:
    """Maxima over ``output_size`` (or ``output_ratio`` times the size) pseudo-random windows of (N, C, D, H, W)."""
    pooled = fractional_max_pool3d_with_indices(
        input, kernel_size, output_size, output_ratio, _random_samples=_random_samples
    )
    return pooled if return_indices else pooled[0]


def _fractional_max_pool(
    ndim: int,
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None,
    output_ratio: Ratios | None,
    samples: Tensor | None,
) -> tuple[Tensor, Tensor]:
    op = f"fractional_max_pool{ndim}d"
    require_tensors(op, input=input)
    if input.dim() not in (ndim + 1, ndim + 2):
        raise RuntimeError(f"{op}: Expected {ndim + 1}D or {ndim + 2}D tensor, but got: {list(input.shape)}")
    kernel = per_dim(kernel_size, ndim, "kernel_size", op)
    batched = input if input.dim() == ndim + 2 else input.unsqueeze(0)
    n, c, *spatial = batched.shape
    out = _fractional_output_size(output_size, output_ratio, spatial, op)
    for size, k, o in zip(spatial, kernel, out, strict=True):
        if o + k - 1 > size:
            raise RuntimeError(f"{op}: kernel {kernel} and output size {out} are too large for an input of {spatial}")
    if samples is None:
        samples = torch.rand(n, c, ndim, dtype=input.dtype, device=input.device)
    samples = samples[:n]
    # PyTorch takes the samples of a plane in the order (W, H), those of a volume in the order (D, H, W).
    order = (1, 0) if ndim == 2 else (0, 1, 2)
    position: Any = None
    for d in range(ndim):
        starts = _window_starts(samples[..., order[d]], spatial[d], out[d], kernel[d])
        taps = starts.unsqueeze(-1) + torch.arange(kernel[d], device=input.device)
        position = taps if position is None else _outer_position(position, taps, spatial[d])
    positions = position.reshape(n, c, math.prod(out), math.prod(kernel))
    windows = batched.flatten(2).gather(2, positions.flatten(2)).reshape(positions.shape)
    values, tap = windows.max(-1, keepdim=True)
    indices = positions.gather(-1, tap)
    shape = (*input.shape[:-ndim], *out)
    return values.reshape(shape), indices.reshape(shape)


def _outer_position(outer: Tensor, inner: Tensor, size: int) -> Tensor:
    """Combine flat positions (N, C, O, K) with those of the next dimension (N, C, o, k) to (N, C, O * o, K * k)."""
    n, c, o1, k1 = outer.shape
    _, _, o2, k2 = inner.shape
    joined = outer.reshape(n, c, o1, 1, k1, 1) * size + inner.reshape(n, c, 1, o2, 1, k2)
    return joined.reshape(n, c, o1 * o2, k1 * k2)


def _window_starts(samples: Tensor, size: int, count: int, kernel: int) -> Tensor:
    """Where the ``count`` windows of each plane start: increasing, the last one at the end of the input."""
    last = torch.full((*samples.shape, 1), size - kernel, dtype=torch.int64, device=samples.device)
    if count == 1:
        return last
    alpha = (size - kernel) / (count - 1)
    steps = torch.arange(count - 1, dtype=samples.dtype, device=samples.device)
    offset = (samples * alpha).to(torch.int64).unsqueeze(-1)
    starts = ((steps + samples.unsqueeze(-1)) * alpha).to(torch.int64) - offset
    return torch.cat([starts, last], -1)


def _fractional_output_size(
    output_size: IntOrInts | None, output_ratio: Ratios | None, spatial: Sequence[int], op: str
) -> tuple[int, ...]:
    ndim = len(spatial)
    if output_size is not None:
        return per_dim(output_size, ndim, "output_size", op)
    if output_ratio is None:
        raise ValueError(f"{op} requires specifying either an output_size or an output_ratio")
    ratios = (output_ratio,) * ndim if isinstance(output_ratio, (int, float)) else tuple(output_ratio)
    return tuple(int(size * ratio) for size, ratio in zip(spatial, ratios, strict=True))
