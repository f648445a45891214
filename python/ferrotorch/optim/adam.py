"""Adam, and the parts that AdamW shares with it."""

from __future__ import annotations

from typing import Any

import ferrotorch
from ferrotorch import Tensor

from . import _fused
from ._options import check_betas, check_implementation, check_lr, check_non_negative
from ._rules import decayed, moments, zeros
from ._step import FusedOptimizer, Group, Plan, State, new_step, options
from .optimizer import ParamsT

__all__ = ["Adam"]

_PLAIN = ("exp_avg", "exp_avg_sq", None, "step")
_AMSGRAD = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step")


class Adam(FusedOptimizer):
    """Adam: steps scaled by running averages of the gradient and of its square.

    With gradient ``g`` (plus ``weight_decay * p``), at step ``t``: ``m = beta1 * m + (1 - beta1) * g``,
    ``v = beta2 * v + (1 - beta2) * g**2``, ``p = p - lr * m' / (sqrt(v') + eps)`` where ``m' = m / (1 - beta1**t)`` and
    ``v' = v / (1 - beta2**t)``. With ``amsgrad`` the largest ``v`` so far takes the place of ``v``.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2014); Reddi et al., "On the convergence of
    Adam and beyond" (2018).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        betas: coefficients of the running averages of the gradient and its square.
        eps: added to the denominator.
        weight_decay: factor of the L2 penalty.
        amsgrad: use the AMSGrad variant.
        foreach, fused: accepted for compatibility; the step is always fused.
        maximize: maximise the objective.
        capturable: needs a device that records graphs; a step raises where there is none.
        differentiable: let autograd record the step.
        decoupled_weight_decay: decay the weights apart from the gradient, as `AdamW` does.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if foreach and not capturable:
            if isinstance(lr, Tensor):
                raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
            if isinstance(betas[0], Tensor):
                raise ValueError("betas[0] as a Tensor is not supported for capturable=False and foreach=True")
        check_lr(lr)
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
            raise ValueError("betas must be either both floats or both Tensors")
        check_non_negative(weight_decay=weight_decay)
        check_implementation(foreach=foreach, fused=fused, differentiable=differentiable)
        names = (
            "lr betas eps weight_decay amsgrad maximize foreach capturable differentiable fused decoupled_weight_decay"
        )
        super().__init__(params, options(locals(), names))

    _refusal_of_sparse = "does not support sparse gradients, please consider SparseAdam instead"

    def _state_names(self, group: Group) -> tuple[str | None, ...]:
        return _AMSGRAD if group["amsgrad"] else _PLAIN

    def _init_state(self, p: Tensor, group: Group) -> State:
        names = ("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if group["amsgrad"] else []))
        return {"step": new_step(), **zeros(p, *names)}

    def _launch(self, plan: Plan, group: Group) -> bool:
        beta1, beta2 = group["betas"]
        arguments: list[Any] = [
            *plan.arguments(),
            float(group["lr"]),
            float(beta1),
            float(beta2),
            group["eps"],
            float(group["weight_decay"]),
            group["maximize"],
            group["decoupled_weight_decay"],
        ]
        return _fused.adam(*arguments)

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        beta1, beta2 = group["betas"]
        grad = decayed(p, grad, group)
        exp_avg, exp_avg_sq = moments(grad, state, group)
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]
            # Of a copy, so that autograd may keep it: the buffer itself is overwritten.
            exp_avg_sq = ferrotorch.maximum(largest.clone(), exp_avg_sq)
            largest.copy_(exp_avg_sq)
        denominator = exp_avg_sq.sqrt() / (1 - beta2**step) ** 0.5 + group["eps"]
        p.sub_(exp_avg / denominator * (group["lr"] / (1 - beta1**step)))
