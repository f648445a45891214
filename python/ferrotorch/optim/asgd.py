"""Averaged stochastic gradient descent."""

from __future__ import annotations

from ferrotorch import Tensor

from ._options import check_lr, check_non_negative
from ._rules import decayed, zeros
from ._step import Group, ParameterwiseOptimizer, State, new_step, options
from .optimizer import ParamsT

__all__ = ["ASGD"]


class ASGD(ParameterwiseOptimizer):
    """Averaged stochastic gradient descent.

    With gradient ``g`` (plus ``weight_decay * p``), at step ``t``: ``p = p * (1 - lambd * eta) - eta * g``; the average
    ``ax = ax + mu * (p - ax)``; then ``eta = lr / (1 + lambd * lr * t)**alpha`` and ``mu = 1 / max(1, t - t0)``, which
    start as ``lr`` and 1. The average is in the state under ``"ax"``.
    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        lambd: decay term.
        alpha: power of the decay of ``eta``.
        t0: step at which averaging starts.
        weight_decay: factor of the L2 penalty.
        foreach: accepted for compatibility.
        maximize: maximise the objective.
        differentiable: let autograd record the step.
        capturable: needs a device that records graphs; a step raises where there is none.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_non_negative(lambd=lambd, alpha=alpha, weight_decay=weight_decay)
        names = "lr lambd alpha t0 weight_decay foreach maximize differentiable capturable"
        super().__init__(params, options(locals(), names))

    _numbers = ("step", "eta", "mu")

    def _init_state(self, p: Tensor, group: Group) -> State:
        eta, mu = new_step() + float(group["lr"]), new_step() + 1
        return {"step": new_step(), "eta": eta, "mu": mu, **zeros(p, "ax")}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        grad = decayed(p, grad, group)
        eta, mu, ax = state["eta"].item(), state["mu"].item(), state["ax"]
        lr, lambd = float(group["lr"]), group["lambd"]
        p.mul_(1 - lambd * eta)
        p.sub_(grad * eta)
        if mu == 1:
            ax.copy_(p)
        else:
            ax.add_((p - ax) * mu)
        state["eta"].fill_(lr / (1 + lambd * lr * step) ** group["alpha"])
        state["mu"].fill_(1 / max(1, step - group["t0"]))
