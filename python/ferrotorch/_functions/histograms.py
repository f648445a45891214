"""Counts of values by intervals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from ferrotorch import _C, return_types
from ferrotorch._checks import number_or, require_tensors, require_tensors_or_none
from ferrotorch._functions._out import write_out
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor


def histogram(
    input: Tensor,
    bins: int | Tensor = 100,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: Any = None,
) -> Any:
    """Histogram of all values.

    Args:
        input: float32 or float64.
        bins: the number of intervals of one length, or a 1-D tensor of their edges, which rise. An interval has its
            lower edge, and the last one both.
        range: the lowest and the highest edge; by default the smallest and the largest value.
        weight: in the shape of ``input``, what each value counts.
        density: divide by the total and by the lengths, so that the integral is 1.
        out: two tensors that take the results.

    Returns:
        A named tuple ``(hist, bin_edges)``.

    Raises:
        RuntimeError: no intervals; a range that is not finite or falls; dtypes or shapes that do not agree.
    """
    require_tensors("histogram", input=input)
    require_tensors_or_none("histogram", weight=weight)
    if isinstance(bins, bool) or not isinstance(bins, (int, Tensor)):
        raise TypeError(f"histogram(): argument 'bins' must be int or Tensor, not {type(bins).__name__}")
    points = input.reshape(-1, 1)
    if weight is not None and weight.shape == input.shape:
        weight = weight.reshape(-1)
    hist, found = _histogram("histogram", points, [bins], range, weight, density)
    results: tuple[Any, ...] = (hist, found[0])
    if out is not None:
        results = tuple(
            write_out("histogram", result, o, own_dtype=True) for result, o in zip(results, out, strict=True)
        )
    return return_types.histogram(results)


def histogramdd(
    input: Tensor,
    bins: int | Sequence[int] | Sequence[Tensor],
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """Histogram of points, by intervals along each axis.

    Args:
        input: float32 or float64, of shape ``(*, n)``: points with ``n`` coordinates.
        bins: for each coordinate, or for all, the number of intervals; or for each a 1-D tensor of edges, which rise.
        range: for each coordinate the lowest and the highest edge; by default the smallest and the largest value.
        weight: of shape ``*``, what each point counts.
        density: divide by the total and by the volumes, so that the integral is 1.

    Returns:
        A named tuple ``(hist, bin_edges)``: a tensor of ``n`` dimensions and a tuple of ``n`` tensors.

    Raises:
        RuntimeError: as :func:`histogram`.
    """
    require_tensors("histogramdd", input=input)
    require_tensors_or_none("histogramdd", weight=weight)
    if input.dim() < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    n = input.shape[-1]
    given = [bins] * n if isinstance(bins, int) else list(bins)
    if len(given) != n:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    if weight is not None and weight.shape == input.shape[:-1]:
        weight = weight.reshape(-1)
    hist, edges = _histogram("histogramdd", input.reshape(-1, n), given, range, weight, density)
    results: tuple[Any, ...] = (hist, tuple(edges))
    return return_types.histogramdd(results)


def _histogram(
    op: str,
    points: Tensor,
    bins: list[Any],
    range: Sequence[float] | None,
    weight: Tensor | None,
    density: bool,
) -> tuple[Tensor, list[Tensor]]:
    _check(op, points, bins, range, weight)
    points = points.detach().contiguous()
    edges = [b if isinstance(b, Tensor) else _even_edges(points, i, b, range) for i, b in enumerate(bins)]
    hist = _count(points, edges, None if weight is None else weight.detach())
    if density:
        hist = hist / hist.sum()
        for axis, own in enumerate(edges):
            shape = [1] * len(edges)
            shape[axis] = -1
            hist = hist / own.diff().reshape(shape)
    return hist, edges


def _check(op: str, points: Tensor, bins: list[Any], range: Sequence[float] | None, weight: Tensor | None) -> None:
    if points.dtype not in (_C.float32, _C.float64):
        raise NotImplementedError(f"\"{op}\" not implemented for '{points.dtype}': use float32 or float64")
    for i, b in enumerate(bins):
        if isinstance(b, Tensor):
            _check_edges(points, i, b)
        count = b.numel() - 1 if isinstance(b, Tensor) else b
        if count < 1:
            raise RuntimeError(f"torch.{op}(): bins must be > 0, but got {count} for dimension {i}")
    if range is not None and len(range) != 2 * len(bins):
        raise RuntimeError(
            f"torch.histogramdd: for a {len(bins)}-dimensional histogram range should have {2 * len(bins)} elements, "
            f"but got {len(range)}"
        )
    if weight is not None and weight.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            f"dtype, but got input({points.dtype}), and weight({weight.dtype})"
        )
    if weight is not None and weight.shape != points.shape[:-1]:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got {points.shape[0]} values and weight with shape "
            f"{list(weight.shape)}"
        )


def _check_edges(points: Tensor, i: int, edges: Tensor) -> None:
    if edges.dim() != 1:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have one dimension, but got {edges.dim()} dimensions in the bins "
            f"tensor for dimension {i}"
        )
    if edges.numel() == 0:
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor for "
            f"dimension {i}"
        )
    if edges.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
            f"{points.dtype} and bins for dimension {i} with dtype {edges.dtype}"
        )


def _even_edges(points: Tensor, axis: int, count: int, range: Sequence[float] | None) -> Tensor:
    """Edges of intervals of one length."""
    if range is not None:
        low, high = range[2 * axis : 2 * axis + 2]
    elif points.numel() == 0:
        low, high = 0.0, 1.0
    else:
        low, high = (number_or(x, 0.0) for x in points[:, axis].aminmax())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension {axis}'s range [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low} max {high} for dimension {axis}"
        )
    if low == high:
        # As NumPy does: an interval without length would hold nothing.
        low, high = low - 0.5, high + 0.5
    return _C.linspace(low, high, count + 1, dtype=points.dtype, device=points.device)


def _count(points: Tensor, edges: list[Tensor], weight: Tensor | None) -> Tensor:
    sizes = [own.numel() - 1 for own in edges]
    inside = _C.ones(points.shape[0], dtype=_C.bool, device=points.device)
    place = _C.zeros(points.shape[0], dtype=_C.int64, device=points.device)
    for axis, (own, size) in enumerate(zip(edges, sizes, strict=True)):
        x = points[:, axis].contiguous()
        inside = inside & (x >= own[0]) & (x <= own[-1])
        # The last interval has its upper edge, too.
        interval = (_C.searchsorted(own.contiguous(), x, right=True) - 1).clamp(0, size - 1)
        place = place * size + interval
    total = list(itertools.accumulate(sizes, lambda a, b: a * b))[-1]
    counts = _C.ones_like(points[:, 0]) if weight is None else weight
    hist = _C.zeros(total, dtype=points.dtype, device=points.device)
    return hist.index_add_(0, place, _C.where(inside, counts, 0.0)).reshape(sizes)


FUNCTIONS = named(histogram, histogramdd)
METHODS = named(histogram)
IN_PLACE: Table = {}
