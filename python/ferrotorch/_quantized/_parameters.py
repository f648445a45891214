"""Scale and zero point of a range of numbers, as FBGEMM chooses them."""

from __future__ import annotations

import math

import ferrotorch as torch

# Where the scale were smaller, its reciprocal would leave float32's good range.
SMALLEST_SCALE = 6.1e-5


def choose(
    low: float, high: float, qmin: int, qmax: int, *, symmetric: bool = False, reduce_range: bool = False
) -> tuple[float, int]:
    """The scale and zero point of a range.

    The range is widened to hold 0, which an integer must stand for exactly.

    Args:
        low, high: the smallest and the greatest number.
        qmin, qmax: bounds of the integers.
        symmetric: shall the zero point be the middle of the integers, if the range has both signs?
        reduce_range: use half of the integers?
    """
    if reduce_range:
        qmin, qmax = qmin // 2, qmax // 2
    if low < 0 < high and symmetric:
        steps = -(qmin - qmax) // 2
        widest = max(abs(low / (steps + 1)), abs(high / steps))
        low, high = -widest * (steps + 1), widest * steps
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / (qmax - qmin)
    if _single(scale) == 0 or math.isinf(1 / _single(scale)):
        scale = 0.1
    if scale < SMALLEST_SCALE:
        low, high, scale = _widened(low, high, scale, qmax - qmin)
    from_low, from_high = qmin - low / scale, qmax - high / scale
    is_low_closer = abs(qmin) + abs(low / scale) < abs(qmax) + abs(high / scale)
    initial = from_low if is_low_closer else from_high
    if low < 0 < high and symmetric:
        initial = (qmin + qmax) / 2
    return scale, min(max(round(initial), qmin), qmax)


def _single(x: float) -> float:
    return float(torch.tensor(x, dtype=torch.float32))


def _widened(low: float, high: float, scale: float, steps: int) -> tuple[float, float, float]:
    if low == 0:
        return low, SMALLEST_SCALE * steps, SMALLEST_SCALE
    if high == 0:
        return -SMALLEST_SCALE * steps, high, SMALLEST_SCALE
    factor = SMALLEST_SCALE / scale
    return low * factor, high * factor, SMALLEST_SCALE
