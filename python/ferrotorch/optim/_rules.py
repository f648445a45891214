"""What several update rules begin with."""

from __future__ import annotations

import ferrotorch
from ferrotorch import Tensor

from ._step import Group, State

__all__ = ["decayed", "moments", "zeros"]


def zeros(p: Tensor, *names: str) -> State:
    """State tensors of the form of ``p``, all zero."""
    return {name: ferrotorch.zeros_like(p, requires_grad=False) for name in names}


def decayed(p: Tensor, grad: Tensor, group: Group) -> Tensor:
    """The gradient plus that of the L2 penalty; where the group decouples decay, ``p`` itself shrinks instead."""
    decay = group["weight_decay"]
    if decay == 0:
        return grad
    if group.get("decoupled_weight_decay"):
        p.mul_(1 - group["lr"] * decay)
        return grad
    return grad + p * decay


def moments(grad: Tensor, state: State, group: Group) -> tuple[Tensor, Tensor]:
    """The running averages of the gradient and its square, with ``grad`` taken in."""
    beta1, beta2 = group["betas"]
    first, second = state["exp_avg"], state["exp_avg_sq"]
    return first.lerp_(grad, 1 - beta1), second.mul_(beta2).add_(grad * grad * (1 - beta2))
