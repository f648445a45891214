"""A line search for the strong Wolfe conditions, by bracketing and cubic interpolation.

Source: Nocedal and Wright, "Numerical Optimization" (2006), algorithms 3.5 and 3.6, with the safeguards of M. Schmidt's
minFunc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ferrotorch import Tensor

__all__ = ["Point", "cubic_minimum", "strong_wolfe"]


class Point(NamedTuple):
    """A step length with the loss, the gradient and the slope along the direction found there."""

    t: float
    loss: float
    gradient: Tensor
    slope: float


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with these slopes is least, kept inside ``bounds`` (default: between them)."""
    low, high = bounds if bounds is not None else (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2: float = square**0.5
    left, right = (a, b) if a.t <= b.t else (b, a)
    minimum: float = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(minimum, low), high)


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    t: float,
    largest: float,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance_change: float = 1e-9,
    max_iterations: int = 25,
) -> tuple[Point, int]:
    """Find a step that decreases the loss enough (``c1``) and flattens the slope enough (``c2``).

    Args:
        evaluate: the point at a step length.
        start: the point at step length 0; its slope is negative.
        t: the step length to try first.
        largest: largest magnitude in the direction; brackets narrower than ``tolerance_change / largest`` end the
        search.

    Returns:
        The point found and the number of evaluations.
    """

    def decreases(point: Point) -> bool:
        return point.loss <= start.loss + c1 * point.t * start.slope

    def flattens(point: Point) -> bool:
        return abs(point.slope) <= -c2 * start.slope

    previous, point = start, evaluate(t)
    iterations = 0
    while True:
        if iterations == max_iterations:
            bracket = [start, point]
            break
        if not decreases(point) or (iterations > 1 and point.loss >= previous.loss):
            bracket = [previous, point]
            break
        if flattens(point):
            return point, iterations + 1
        if point.slope >= 0:
            bracket = [previous, point]
            break
        bounds = (point.t + 0.01 * (point.t - previous.t), point.t * 10)
        t = cubic_minimum(previous, point, bounds)
        previous, point = point, evaluate(t)
        iterations += 1

    low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
    stalled = False
    while iterations < max_iterations and abs(bracket[1].t - bracket[0].t) * largest >= tolerance_change:
        t, stalled = _trial(bracket, stalled)
        point = evaluate(t)
        iterations += 1
        if not decreases(point) or point.loss >= bracket[low].loss:
            bracket[high] = point
            low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
            continue
        if flattens(point):
            return point, iterations + 1
        if point.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = point
    return bracket[low], iterations + 1


def _trial(bracket: list[Point], stalled: bool) -> tuple[float, bool]:
    """The next step length inside the bracket, and whether it lies so close to an end that the next one must not."""
    low, high = sorted(point.t for point in bracket)
    t = cubic_minimum(bracket[0], bracket[1])
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if not (stalled or t >= high or t <= low):
        return t, True
    return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
