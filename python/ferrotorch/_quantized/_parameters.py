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


def range_of(x: torch.Tensor) -> tuple[float, float]:
    """The smallest and the greatest number; 0 and 0 where there is none."""
    low, high = (float(bound) for bound in x.detach().aminmax()) if x.numel() else (0.0, 0.0)
    return low, high


def _choose_qparams_per_tensor(input: torch.Tensor, reduce_range: bool = False) -> tuple[float, int]:
    """The scale and zero point by which `quantize_per_tensor_dynamic` makes numbers of bytes.

    Args:
        input: float32 numbers (any shape).
        reduce_range: leave the uppermost bit unused?
    """
    return choose(*range_of(input), 0, 255, reduce_range=reduce_range)


def choose_qparams_optimized(
    input: torch.Tensor, numel: int, n_bins: int, ratio: float, bit_width: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """The range in which numbers lose least when they are rounded to a few bits, found from the outside inwards.

    Each step takes an ``n_bins``-th of the range away, where less is lost by that, until ``1 - ratio`` of it is left.

    Args:
        input: float32 numbers.
        numel: how many of them count.
        n_bins: steps from one end to the other.
        ratio: how much of the range may be taken away.
        bit_width: the bits of a rounded number.

    Returns:
        The upper and the lower end, of one element each.

    Raises:
        RuntimeError: ``numel`` is more than there are numbers.
    """
    if numel > input.numel():
        raise RuntimeError("numel is not the total number of elements in the input tensor")
    numbers = input.detach().reshape(-1)[:numel].float()
    low, high = (bound.clone() for bound in numbers.aminmax())
    step, kept = (high - low) / n_bins, int(n_bins * (1.0 - ratio))
    best = _lost(numbers, low, high, bit_width)
    ends, best_ends, lost = (low, high), (low, high), best
    while float(ends[0] + kept * step) < float(ends[1]):
        inner = [(ends[0] + step, ends[1]), (ends[0], ends[1] - step)]
        losses = [_lost(numbers, *each, bit_width) for each in inner]
        if lost < min(*losses, best):
            best, best_ends = lost, ends
        first = int(losses[0] >= losses[1])
        ends, lost = inner[first], losses[first]
    return best_ends[1].reshape(1), best_ends[0].reshape(1)


def _lost(numbers: torch.Tensor, low: torch.Tensor, high: torch.Tensor, bit_width: int) -> float:
    """The norm of what numbers lose when they are rounded to steps between two ends.

    The lower end and the step are half precision's, in which they are kept beside the rounded numbers.
    """
    low = low.half().float()
    width, steps = high - low, 2**bit_width - 1
    scale = torch.ones(()) if float(width) == 0 else (width / steps).half().float()
    inverse = torch.where(scale == 0, 1.0, 1 / scale)
    rounded = ((numbers - low) * inverse).round().clamp(0, steps) * scale + low
    return float((numbers - rounded).square().sum().sqrt())
