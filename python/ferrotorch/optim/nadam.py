"""NAdam."""

from __future__ import annotations

from ferrotorch import Tensor

from ._options import check_betas, check_lr, check_non_negative
from ._rules import decayed, moments, zeros
from ._step import Group, ParameterwiseOptimizer, State, new_step, options
from .optimizer import ParamsT

__all__ = ["NAdam"]


class NAdam(ParameterwiseOptimizer):
    """NAdam: Adam with Nesterov momentum and a schedule of the momentum.

    With gradient ``g`` (plus ``weight_decay * p``), at step ``t``: ``mu_t = beta1 * (1 - 0.96**(t * psi) / 2)`` where
    ``psi`` is ``momentum_decay``, and ``c`` is the product of all ``mu`` up to ``t``; ``m`` and ``v`` as in Adam,
    ``n = (1 - mu_t) * g / (1 - c) + mu_{t+1} * m / (1 - c * mu_{t+1})``,
    ``p = p - lr * n / (sqrt(v / (1 - beta2**t)) + eps)``.
    Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        betas: coefficients of the running averages of the gradient and its square.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        momentum_decay: decay of the momentum's schedule.
        decoupled_weight_decay: decay the weights apart from the gradient.
        foreach: accepted for compatibility.
        maximize: maximise the objective.
        capturable: needs a device that records graphs; a step raises where there is none.
        differentiable: let autograd record the step.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        check_non_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        names = (
            "lr betas eps weight_decay momentum_decay decoupled_weight_decay maximize foreach capturable differentiable"
        )
        super().__init__(params, options(locals(), names))

    _numbers = ("step", "mu_product")

    def _init_state(self, p: Tensor, group: Group) -> State:
        return {"step": new_step(), "mu_product": new_step() + 1, **zeros(p, "exp_avg", "exp_avg_sq")}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        beta1, beta2 = group["betas"]
        lr, psi = group["lr"], group["momentum_decay"]
        grad = decayed(p, grad, group)
        mu = beta1 * (1 - 0.5 * 0.96 ** (step * psi))
        mu_next = beta1 * (1 - 0.5 * 0.96 ** ((step + 1) * psi))
        state["mu_product"] *= mu
        product = state["mu_product"] if group.get("differentiable") else state["mu_product"].item()
        exp_avg, exp_avg_sq = moments(grad, state, group)
        denominator = (exp_avg_sq / (1 - beta2**step)).sqrt() + group["eps"]
        p.sub_(grad / denominator * (lr * (1 - mu) / (1 - product)))
        p.sub_(exp_avg / denominator * (lr * mu_next / (1 - product * mu_next)))
