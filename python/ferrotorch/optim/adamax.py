"""Adamax."""

from __future__ import annotations

import ferrotorch
from ferrotorch import Tensor

from ._options import check_betas, check_lr, check_non_negative
from ._rules import decayed, zeros
from ._step import Group, ParameterwiseOptimizer, State, new_step, options
from .optimizer import ParamsT

__all__ = ["Adamax"]


class Adamax(ParameterwiseOptimizer):
    """Adamax: Adam with the infinity norm.

    With gradient ``g`` (plus ``weight_decay * p``), at step ``t``: ``m = beta1 * m + (1 - beta1) * g``,
    ``u = max(beta2 * u, |g| + eps)``, ``p = p - lr / (1 - beta1**t) * m / u``.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2014).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        betas: coefficients of the running average of the gradient and of the infinity norm.
        eps: added to the absolute gradient.
        weight_decay: factor of the L2 penalty.
        foreach: accepted for compatibility.
        maximize: maximise the objective.
        differentiable: let autograd record the step.
        capturable: needs a device that records graphs; a step raises where there is none.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_non_negative(epsilon=eps)
        check_betas(betas)
        check_non_negative(weight_decay=weight_decay)
        names = "lr betas eps weight_decay foreach maximize differentiable capturable"
        super().__init__(params, options(locals(), names))

    def _init_state(self, p: Tensor, group: Group) -> State:
        return {"step": new_step(), **zeros(p, "exp_avg", "exp_inf")}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        beta1, beta2 = group["betas"]
        grad = decayed(p, grad, group)
        exp_avg, exp_inf = state["exp_avg"], state["exp_inf"]
        exp_avg.lerp_(grad, 1 - beta1)
        exp_inf.copy_(ferrotorch.maximum(exp_inf * beta2, grad.abs() + group["eps"]))
        p.sub_(exp_avg / exp_inf * (group["lr"] / (1 - beta1**step)))
