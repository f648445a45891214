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
    rise, span = right.slope + d2 - d1, right.slope - left.slope + 2 * d2
    if span == 0:
        # A straight line has its least value at an end.
        return high if rise < 0 else low
    minimum: float = right.t - (right.t - left.t) * (rise / span)
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
    search = _Search(evaluate, start, largest, c1, c2, tolerance_change, max_iterations)
    found, iterations = search.bracket(t)
    if not isinstance(found, Point):
        found, iterations = search.zoom(found, iterations)
    return found, iterations + 1


class _Search(NamedTuple):
    """The arguments of `strong_wolfe`."""

    evaluate: Callable[[float], Point]
    start: Point
    largest: float
    c1: float
    c2: float
    tolerance_change: float
    max_iterations: int

    def decreases(self, point: Point) -> bool:
        return point.loss <= self.start.loss + self.c1 * point.t * self.start.slope

    def flattens(self, point: Point) -> bool:
        return abs(point.slope) <= -self.c2 * self.start.slope

    def bracket(self, t: float) -> tuple[Point | list[Point], int]:
        """A point that will do, or two with such a point between them; and the number of steps beyond the first."""
        previous, point = self.start, self.evaluate(t)
        for iterations in range(self.max_iterations):
            if not self.decreases(point) or (iterations > 1 and point.loss >= previous.loss):
                return [previous, point], iterations
            if self.flattens(point):
                return point, iterations
            if point.slope >= 0:
                return [previous, point], iterations
            bounds = (point.t + 0.01 * (point.t - previous.t), point.t * 10)
            t = cubic_minimum(previous, point, bounds)
            previous, point = point, self.evaluate(t)
        return [self.start, point], self.max_iterations

    def zoom(self, bracket: list[Point], iterations: int) -> tuple[Point, int]:
        """A point inside the bracket that will do, else the lowest found; and the number of steps so far."""
        low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
        stalled = False
        while iterations < self.max_iterations and self._is_wide(bracket):
            t, stalled = _trial(bracket, stalled)
            point = self.evaluate(t)
            iterations += 1
            if not self.decreases(point) or point.loss >= bracket[low].loss:
                bracket[high] = point
                low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
                continue
            if self.flattens(point):
                return point, iterations
            if point.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = point
        return bracket[low], iterations

    def _is_wide(self, bracket: list[Point]) -> bool:
        return abs(bracket[1].t - bracket[0].t) * self.largest >= self.tolerance_change


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
