"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch
from ferrotorch import Tensor

from ._line_search import Point, cubic_minimum, strong_wolfe
from ._options import check_lr
from .optimizer import Optimizer, ParamsT

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """L-BFGS: quasi-Newton steps from a short history of gradients.

    The direction is the two-loop recursion over the last ``history_size`` pairs of steps and gradient changes. The
    closure given to `step` is called several times. All parameters form one group and lie on one device.
    Source: Nocedal and Wright, "Numerical Optimization" (2006), algorithm 7.5.

    Args:
        params: the parameters.
        lr: step length, or the line search's first one.
        max_iter: most iterations a step.
        max_eval: most evaluations of the closure a step; None means ``max_iter * 5 // 4``.
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where neither parameters nor loss change more.
        history_size: number of pairs kept.
        line_search_fn: ``"strong_wolfe"``, or None for steps of length ``lr``.
        maximize: make the closure's value large, not small.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
        maximize: bool = False,
    ) -> None:
        check_lr(lr)
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
                "maximize": maximize,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params: list[Tensor] = self.param_groups[0]["params"]

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._params = self.param_groups[0]["params"]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Iterate until a limit or tolerance is met.

        Args:
            closure: clears the gradients, computes the loss, calls ``backward`` and returns the loss. Required.

        Returns:
            The loss before the first iteration.
        """
        if closure is None:
            raise TypeError("LBFGS.step() needs a closure that re-evaluates the model and returns the loss")
        if len(self.param_groups) != 1:
            raise AssertionError(f"Expected exactly one param_group, but got {len(self.param_groups)}")
        with ferrotorch.no_grad():
            return self._minimise(closure)

    def _minimise(self, closure: Callable[[], Any]) -> Any:
        group = self.param_groups[0]
        lr, tolerance = float(group["lr"]), group["tolerance_change"]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        original = _call(closure)
        loss, gradient = self._to_minimise(original), self._flat_gradient()
        evaluations = 1
        iterations = 0
        while iterations < group["max_iter"] and gradient.abs().max().item() > group["tolerance_grad"]:
            iterations += 1
            state["n_iter"] += 1
            direction = self._direction(state, gradient, group["history_size"])
            t = lr
            if state["n_iter"] == 1:
                total = gradient.abs().sum().item()
                t *= min(1.0, 1.0 / total) if total else 1.0
            state.update(d=direction, t=t, prev_flat_grad=gradient, prev_loss=loss)
            slope = gradient.dot(direction).item()
            if slope > -tolerance:
                break
            start = Point(0.0, loss, gradient, slope)
            last = iterations == group["max_iter"]
            left = group["max_eval"] - evaluations
            point, count = self._advance(closure, start, direction, t, left, evaluate=not last)
            change = abs(point.loss - loss)
            t, loss, gradient = point.t, point.loss, point.gradient
            state["t"] = t
            evaluations += count
            if evaluations >= group["max_eval"] or change < tolerance:
                break
            if (direction * t).abs().max().item() <= tolerance:
                break
        state["func_evals"] += evaluations
        return original

    def _direction(self, state: dict[str, Any], gradient: Tensor, history_size: int) -> Tensor:
        """Record the last step's curvature and apply the inverse Hessian that the history implies to the gradient."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -gradient
        changes, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
        change = gradient - state["prev_flat_grad"]
        step = state["d"] * state["t"]
        curvature = change.dot(step).item()
        if curvature > 1e-10:
            if len(changes) == history_size:
                del changes[0], steps[0], ro[0]
            changes.append(change)
            steps.append(step)
            ro.append(1.0 / curvature)
            state["H_diag"] = curvature / change.dot(change).item()
        direction = -gradient
        weights = []
        for y, s, r in zip(reversed(changes), reversed(steps), reversed(ro), strict=True):
            weight = s.dot(direction).item() * float(r)
            weights.append(weight)
            direction = direction - y * weight
        direction = direction * float(state["H_diag"])
        for y, s, r, weight in zip(changes, steps, ro, reversed(weights), strict=True):
            direction = direction + s * (weight - y.dot(direction).item() * float(r))
        return direction

    def _advance(
        self,
        closure: Callable[[], Any],
        start: Point,
        direction: Tensor,
        t: float,
        left: int,
        *,
        evaluate: bool,
    ) -> tuple[Point, int]:
        """Move along the direction; returns where it ends, and how often the closure was called: ``left + 1`` at most.

        Without a line search and ``evaluate``, loss and gradient of the point are those of the start.
        """
        search = self.param_groups[0]["line_search_fn"]
        if search is None:
            self._move(direction, t)
            if not evaluate:
                return start._replace(t=t), 0
            loss = self._to_minimise(_call(closure))
            return Point(t, loss, self._flat_gradient(), 0.0), 1
        if search != "strong_wolfe":
            raise RuntimeError(f"only 'strong_wolfe' is supported as line_search_fn, got {search!r}")
        origin = [p.clone() for p in self._params]

        def point_at(t: float) -> Point:
            self._move(direction, t)
            loss = self._to_minimise(_call(closure))
            gradient = self._flat_gradient()
            self._restore(origin)
            return Point(t, loss, gradient, gradient.dot(direction).item())

        point, count = strong_wolfe(point_at, start, t, direction.abs().max().item(), max_iterations=left)
        self._move(direction, point.t)
        return point, count

    def _to_minimise(self, value: Any) -> float:
        """What is made small: the value of the closure, or its negative. States of old have no choice."""
        return -float(value) if self.param_groups[0].get("maximize", False) else float(value)

    def _flat_gradient(self) -> Tensor:
        """The gradient of what is made small as one vector; complex numbers as pairs, missing ones as zeros."""
        parts = [_as_vector(p if p.grad is None else p.grad, zero=p.grad is None) for p in self._params]
        flat = ferrotorch.cat(parts)
        return flat.neg_() if self.param_groups[0].get("maximize", False) else flat

    def _move(self, direction: Tensor, t: float) -> None:
        offset = 0
        for p in self._params:
            real = ferrotorch.view_as_real(p) if p.is_complex() else p
            real.add_(direction[offset : offset + real.numel()].view_as(real), alpha=t)
            offset += real.numel()

    def _restore(self, values: list[Tensor]) -> None:
        for p, value in zip(self._params, values, strict=True):
            p.copy_(value)


def _call(closure: Callable[[], Any]) -> Any:
    with ferrotorch.enable_grad():
        return closure()


def _as_vector(x: Tensor, *, zero: bool) -> Tensor:
    x = ferrotorch.zeros_like(x, requires_grad=False) if zero else x.detach()
    return (ferrotorch.view_as_real(x) if x.is_complex() else x).reshape(-1)


def _cubic_interpolate(x1: Any, f1: Any, g1: Any, x2: Any, f2: Any, g2: Any, bounds: Any = None) -> Any:
    """Where the cubic through two points with these values and slopes is least, as packages call it."""
    empty = ferrotorch.empty(0)
    return cubic_minimum(Point(x1, f1, empty, g1), Point(x2, f2, empty, g2), bounds)


def _strong_wolfe(
    obj_func: Callable[..., tuple[Any, Tensor]],
    x: Any,
    t: Any,
    d: Tensor,
    f: Any,
    g: Tensor,
    gtd: Any,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance_change: float = 1e-9,
    max_ls: int = 25,
) -> tuple[Any, Tensor, Any, int]:
    """The line search on ``obj_func(x, t, d)``, as packages call it: value, gradient, step and evaluations."""

    def evaluate(t: Any) -> Point:
        value, gradient = obj_func(x, t, d)
        slope: Any = gradient.dot(d)
        return Point(t, value, gradient.clone(), slope)

    found, count = strong_wolfe(
        evaluate,
        Point(0.0, f, g, gtd),
        t,
        float(d.abs().max()),
        c1=c1,
        c2=c2,
        tolerance_change=tolerance_change,
        max_iterations=max_ls,
    )
    return found.loss, found.gradient, found.t, count
