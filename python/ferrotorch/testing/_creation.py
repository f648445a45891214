"""Tensors of random values for tests."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor, dtype

__all__ = ["make_tensor"]


def make_tensor(
    *shape: int | Sequence[int],
    dtype: dtype,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of random values of ``[low, high)``, all equally probable.

    Args:
        shape: sizes, one by one or as one sequence.
        dtype: the dtype. Of complex numbers, real and imaginary part are drawn.
        device: the device.
        low: the lowest value, by default -9, or 0 for bool and uint8; limited to what the dtype can hold.
        high: what all values are below, by default 10, or 9 for floating point and complex, 2 for bool; limited too.
        requires_grad: ask for gradients.
        noncontiguous: lay out tensors of at least two elements with gaps.
        exclude_zero: put 1 in the place of zeros, or the smallest normal number.
        memory_format: the order in memory.

    Raises:
        ValueError: no number lies between ``low`` and ``high``, one of them is NaN, or all of the dtype's values lie
            outside; gradients of integers; ``noncontiguous`` together with ``memory_format``.
    """
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"noncontiguous={noncontiguous} and memory_format={memory_format}"
        )
    if requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise ValueError(
            f"`requires_grad=True` is not supported for boolean and integral dtypes, but got dtype={dtype}"
        )
    sizes: tuple[Any, ...] = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    gaps = noncontiguous and math.prod(sizes) > 1
    # Twice as many, of which every other is taken, beginning with the second.
    result = _random((*sizes[:-1], 2 * sizes[-1]) if gaps else sizes, dtype, device, *_interval(low, high, dtype))
    if gaps:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result[result == 0] = torch.finfo(dtype).tiny if _is_continuous(dtype) else 1
    return result.requires_grad_(requires_grad) if requires_grad else result


def _is_continuous(dtype: dtype) -> bool:
    return dtype.is_floating_point or dtype.is_complex


def _limits(dtype: dtype) -> tuple[float, float]:
    """The dtype's lowest value, and what all are below, or as good as below."""
    if dtype is torch.bool:
        return 0, 2
    if _is_continuous(dtype):
        return torch.finfo(dtype).min, torch.finfo(dtype).max
    info = torch.iinfo(dtype)
    # `randint` takes its bounds as int64, which can hold no more.
    return info.min, min(info.max + 1, torch.iinfo(torch.int64).max)


def _interval(low: float | None, high: float | None, dtype: dtype) -> tuple[float, float]:
    """The bounds, chosen and checked, within the dtype's limits."""
    continuous = _is_continuous(dtype)
    lowest, highest = _limits(dtype)
    usual_low, usual_high = (0, 2) if dtype is torch.bool else (-9, 9 if continuous else 10)
    low = usual_low if low is None else low
    high = usual_high if high is None else high
    if any(isinstance(end, float) and math.isnan(end) for end in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got low={low} and high={high}")
    if low == high and continuous:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated. "
            "Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports "
            f"[{lowest}, {highest})"
        )
    low, high = min(max(low, lowest), highest), min(max(high, lowest), highest)
    return (low, high) if continuous else (math.ceil(low), math.ceil(high))


def _random(shape: tuple[int, ...], dtype: dtype, device: Any, low: float, high: float) -> Tensor:
    if not _is_continuous(dtype):
        return torch.randint(int(low), int(high), shape, dtype=dtype, device=device)
    result = torch.empty(shape, dtype=dtype, device=device)
    parts = torch.view_as_real(result) if dtype.is_complex else result
    if high - low < torch.finfo(dtype).max:
        parts.uniform_(low, high)
    else:  # their distance is no number of the dtype
        parts.uniform_(low / 2, high / 2).mul_(2)
    return result
