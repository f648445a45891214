"""Resilient backpropagation."""

from __future__ import annotations

import ferrotorch
from ferrotorch import Tensor

from ._options import check_lr
from ._rules import zeros
from ._step import Group, ParameterwiseOptimizer, State, new_step, options
from .optimizer import ParamsT

__all__ = ["Rprop"]


class Rprop(ParameterwiseOptimizer):
    """Resilient backpropagation: each element has a step size of its own, and only the gradient's sign counts.

    Where the gradient kept its sign, the step size is multiplied by ``eta_plus``; where it changed, by ``eta_minus``
    and the gradient counts as 0; ``p = p - sign(g) * step_size``. Meant for full batches.
    Source: Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning" (1993).

    Args:
        params: parameters or parameter groups.
        lr: the first step size.
        etas: ``(eta_minus, eta_plus)`` with ``0 < eta_minus < 1 < eta_plus``.
        step_sizes: smallest and largest step size.
        capturable: needs a device that records graphs; a step raises where there is none.
        foreach: accepted for compatibility.
        maximize: maximise the objective.
        differentiable: let autograd record the step.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        names = "lr etas step_sizes foreach maximize differentiable capturable"
        super().__init__(params, options(locals(), names))

    def _init_state(self, p: Tensor, group: Group) -> State:
        lr = float(group["lr"])
        step_size = ferrotorch.full_like(p, complex(lr, lr) if p.is_complex() else lr, requires_grad=False)
        return {"step": new_step(), **zeros(p, "prev"), "step_size": step_size}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        eta_minus, eta_plus = group["etas"]
        smallest, largest = group["step_sizes"]
        previous, step_size = state["prev"], state["step_size"]
        agreement = (grad * previous).sign()
        turned = agreement < 0
        kept = ferrotorch.where(agreement > 0, step_size * eta_plus, step_size)
        step_size.copy_(ferrotorch.where(turned, step_size * eta_minus, kept).clamp(smallest, largest))
        grad = grad.masked_fill(turned, 0)
        p.sub_(grad.sign() * step_size)
        previous.copy_(grad)
