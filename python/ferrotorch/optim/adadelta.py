"""Adadelta."""

from __future__ import annotations

from ferrotorch import Tensor

from ._options import check_lr, check_non_negative
from ._rules import decayed, zeros
from ._step import Group, ParameterwiseOptimizer, State, new_step, options
from .optimizer import ParamsT

__all__ = ["Adadelta"]


class Adadelta(ParameterwiseOptimizer):
    """Adadelta: step sizes from the ratio of two running averages.

    With gradient ``g`` (plus ``weight_decay * p``): ``v = rho * v + (1 - rho) * g**2``,
    ``d = sqrt(u + eps) / sqrt(v + eps) * g``, ``u = rho * u + (1 - rho) * d**2``, ``p = p - lr * d``.
    Source: Zeiler, "ADADELTA: an adaptive learning rate method" (2012).

    Args:
        params: parameters or parameter groups.
        lr: factor of the step.
        rho: coefficient of the running averages, in ``[0, 1]``.
        eps: added inside both roots.
        weight_decay: factor of the L2 penalty.
        foreach: accepted for compatibility.
        capturable: needs a device that records graphs; a step raises where there is none.
        maximize: maximise the objective.
        differentiable: let autograd record the step.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_non_negative(epsilon=eps, weight_decay=weight_decay)
        names = "lr rho eps weight_decay maximize capturable foreach differentiable"
        super().__init__(params, options(locals(), names))

    def _init_state(self, p: Tensor, group: Group) -> State:
        return {"step": new_step(), **zeros(p, "square_avg", "acc_delta")}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        rho, eps = group["rho"], group["eps"]
        grad = decayed(p, grad, group)
        square_avg, acc_delta = state["square_avg"], state["acc_delta"]
        square_avg.mul_(rho).add_(grad * grad * (1 - rho))
        delta = (acc_delta + eps).sqrt() / (square_avg + eps).sqrt() * grad
        acc_delta.mul_(rho).add_(delta * delta * (1 - rho))
        p.sub_(delta * group["lr"])
