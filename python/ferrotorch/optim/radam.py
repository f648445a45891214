"""RAdam."""

from __future__ import annotations

from ferrotorch import Tensor

from ._options import check_betas, check_lr, check_non_negative
from ._rules import decayed, moments, zeros
from ._step import Group, ParameterwiseOptimizer, State, new_step, options
from .optimizer import ParamsT

__all__ = ["RAdam"]


class RAdam(ParameterwiseOptimizer):
    """RAdam: Adam that rectifies the variance of its step size early in training.

    At step ``t``, with ``m`` and ``v`` as in Adam and ``m' = m / (1 - beta1**t)``: ``rho_inf = 2 / (1 - beta2) - 1``,
    ``rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)``. Where ``rho > 5``:
    ``r = sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))`` and
    ``p = p - lr * r * m' * sqrt(1 - beta2**t) / (sqrt(v) + eps)``; else ``p = p - lr * m'``.
    Source: Liu et al., "On the variance of the adaptive learning rate and beyond" (2019).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        betas: coefficients of the running averages of the gradient and its square.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        decoupled_weight_decay: decay the weights apart from the gradient.
        foreach: accepted for compatibility.
        maximize: maximise the objective.
        capturable: needs a device that records graphs; a step raises where there is none.
        differentiable: let autograd record the step.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_non_negative(epsilon=eps)
        check_betas(betas)
        check_non_negative(weight_decay=weight_decay)
        names = "lr betas eps weight_decay maximize foreach capturable decoupled_weight_decay differentiable"
        super().__init__(params, options(locals(), names))

    def _init_state(self, p: Tensor, group: Group) -> State:
        return {"step": new_step(), **zeros(p, "exp_avg", "exp_avg_sq")}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        beta1, beta2 = group["betas"]
        grad = decayed(p, grad, group)
        exp_avg, exp_avg_sq = moments(grad, state, group)
        update = exp_avg / (1 - beta1**step)
        correction2 = 1 - beta2**step
        rho_inf = 2 / (1 - beta2) - 1
        rho = rho_inf - 2 * step * beta2**step / correction2
        if rho > 5.0:
            rectified = ((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) ** 0.5
            update = update / (exp_avg_sq.sqrt() + group["eps"]) * (correction2**0.5 * rectified)
        p.sub_(update * group["lr"])
