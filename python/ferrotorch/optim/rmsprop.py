"""RMSprop."""

from __future__ import annotations

from typing import Any

from ferrotorch import Tensor

from . import _fused
from ._options import check_lr, check_non_negative
from ._rules import decayed, zeros
from ._step import FusedOptimizer, Group, Plan, State, new_step, options
from .optimizer import ParamsT

__all__ = ["RMSprop"]

_NAMES = {
    (momentum, centered): (
        "square_avg",
        "momentum_buffer" if momentum else None,
        "grad_avg" if centered else None,
        "step",
    )
    for momentum in (False, True)
    for centered in (False, True)
}


class RMSprop(FusedOptimizer):
    """RMSprop: steps divided by the root of a running average of the squared gradient.

    With gradient ``g`` (plus ``weight_decay * p``): ``v = alpha * v + (1 - alpha) * g**2``; ``d = sqrt(v)``, or if
    ``centered`` ``sqrt(v - a**2)`` with ``a`` the running average of ``g``; ``p = p - lr * g / (d + eps)``. With
    momentum the quotient is accumulated: ``b = momentum * b + g / (d + eps)`` and ``p = p - lr * b``.
    Source: G. Hinton's lecture notes; the centered version is of A. Graves, "Generating sequences with recurrent neural
    networks" (2013).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        alpha: coefficient of the running averages.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        momentum: momentum factor.
        centered: subtract the squared mean gradient, an estimate of the variance.
        capturable: needs a device that records graphs; a step raises where there is none.
        foreach: accepted for compatibility; the step is always fused.
        maximize: maximise the objective.
        differentiable: let autograd record the step.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_non_negative(epsilon=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        names = "lr momentum alpha eps centered weight_decay capturable foreach maximize differentiable"
        super().__init__(params, options(locals(), names))

    def _state_names(self, group: Group) -> tuple[str | None, ...]:
        return _NAMES[group["momentum"] > 0, bool(group["centered"])]

    def _init_state(self, p: Tensor, group: Group) -> State:
        names = [name for name in self._state_names(group) if name is not None and name != "step"]
        return {"step": new_step(), **zeros(p, *names)}

    def _launch(self, plan: Plan, group: Group) -> bool:
        arguments: list[Any] = [
            *plan.arguments(),
            float(group["lr"]),
            float(group["alpha"]),
            float(group["eps"]),
            float(group["weight_decay"]),
            float(group["momentum"]),
            group["maximize"],
        ]
        return _fused.rmsprop(*arguments)

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        alpha = group["alpha"]
        grad = decayed(p, grad, group)
        square_avg = state["square_avg"]
        square_avg.mul_(alpha).add_(grad * grad * (1 - alpha))
        if group["centered"]:
            grad_avg = state["grad_avg"]
            grad_avg.lerp_(grad, 1 - alpha)
            denominator = (square_avg - grad_avg * grad_avg).sqrt() + group["eps"]
        else:
            denominator = square_avg.sqrt() + group["eps"]
        quotient = grad / denominator
        if group["momentum"] > 0:
            quotient = state["momentum_buffer"].mul_(group["momentum"]).add_(quotient)
        p.sub_(quotient * group["lr"])
