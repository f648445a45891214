"""Adafactor."""

from __future__ import annotations

from typing import Any

import ferrotorch
from ferrotorch import Tensor

from ._step import Group, ParameterwiseOptimizer, State, new_step, options
from .optimizer import ParamsT

__all__ = ["Adafactor"]


class Adafactor(ParameterwiseOptimizer):
    """Adafactor: adaptive steps whose second moments are kept as one row and one column a matrix.

    At step ``t``, with ``b = t**beta2_decay``: row and column means of the squared gradient are averaged with weight
    ``b``, their outer product over the mean row estimates the second moment ``v`` (vectors keep ``v`` itself);
    ``u = g / sqrt(max(v, eps1**2))``, clipped as ``u / max(1, rms(u) / d)``;
    ``p = p * (1 - lr * weight_decay) - max(eps2, rms(p)) * min(lr, 1 / sqrt(t)) * u``.
    Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost" (2018).

    Args:
        params: parameters or parameter groups; real.
        lr: upper bound of the relative step size.
        beta2_decay: exponent of the decay of the running averages, not positive.
        eps: ``(eps1, eps2)``, lower bounds of the root of the second moment and of the parameter's scale;
            ``eps1 = None`` means the machine epsilon of the parameter's dtype.
        d: clipping threshold, at least 1.
        weight_decay: decoupled weight decay.
        foreach: accepted for compatibility.
        maximize: maximise the objective.
    """

    _takes_differentiable = False

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        super().__init__(params, options(locals(), "lr beta2_decay eps d weight_decay foreach maximize"))

    def _init_state(self, p: Tensor, group: Group) -> State:
        if p.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        if p.dim() < 2:
            return {"step": new_step(), "variance": ferrotorch.zeros_like(p, requires_grad=False)}
        *batch, rows, columns = p.shape
        options: dict[str, Any] = {"dtype": p.dtype, "device": p.device}
        return {
            "step": new_step(),
            "row_var": ferrotorch.zeros([*batch, rows, 1], **options),
            "col_var": ferrotorch.zeros([*batch, 1, columns], **options),
        }

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        lr = float(group["lr"])
        eps1, eps2 = group["eps"]
        if eps1 is None:
            eps1 = ferrotorch.finfo(p.dtype).eps
        step_size = max(eps2, _root_mean_square(p)) * min(lr, step**-0.5)
        if group["weight_decay"] != 0:
            p.mul_(1 - lr * group["weight_decay"])
        weight = step ** group["beta2_decay"]
        variance = _second_moment(grad, state, weight, eps1)
        update = variance.clamp(min=eps1 * eps1).rsqrt() * grad
        clip = max(1.0, _root_mean_square(update) / group["d"])
        p.sub_(update * (step_size / clip))


def _root_mean_square(x: Tensor) -> float:
    return x.norm(2).item() / x.numel() ** 0.5


def _second_moment(grad: Tensor, state: State, weight: float, eps1: float) -> Tensor:
    """Update the running averages by ``weight`` and return the estimate that they give; its shape is the gradient's."""
    if grad.dim() < 2:
        return state["variance"].lerp_(grad * grad, weight)
    row_var, col_var = state["row_var"], state["col_var"]
    squared = grad * grad
    row_var.lerp_(squared.mean(-1, keepdim=True), weight)
    col_var.lerp_(squared.mean(-2, keepdim=True), weight)
    return row_var @ col_var / row_var.mean(-2, keepdim=True).clamp(min=eps1)
