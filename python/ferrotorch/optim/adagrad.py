"""Adagrad."""

from __future__ import annotations

from typing import Any

import ferrotorch
from ferrotorch import Tensor

from . import _fused
from ._options import check_implementation, check_lr, check_non_negative
from ._rules import decayed
from ._step import FusedOptimizer, Group, Plan, State, new_step, options
from .optimizer import ParamsT

__all__ = ["Adagrad"]

_NAMES = ("sum", "step")


class Adagrad(FusedOptimizer):
    """Adagrad: steps divided by the root of the sum of all squared gradients.

    With gradient ``g`` (plus ``weight_decay * p``), at step ``t``: ``s = s + g**2`` and
    ``p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)``.
    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization"
    (2011).

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        lr_decay: decay of the learning rate.
        weight_decay: factor of the L2 penalty.
        initial_accumulator_value: what the sums start from.
        eps: added to the denominator.
        foreach, fused: accepted for compatibility; the step is always fused.
        maximize: maximise the objective.
        differentiable: let autograd record the step.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_non_negative(
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            epsilon=eps,
        )
        check_implementation(foreach=foreach, fused=fused, differentiable=differentiable)
        names = "lr lr_decay eps weight_decay initial_accumulator_value foreach maximize differentiable fused"
        super().__init__(params, options(locals(), names))
        # Unlike the other optimizers' state, this exists before the first step (PyTorch's checkpoints have it too).
        for group in self.param_groups:
            for p in group["params"]:
                self._state_of(p, group)

    def share_memory(self) -> None:
        """Move the state into memory that other processes can share."""
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["sum"].share_memory_()

    _takes_sparse = True

    def _state_names(self, group: Group) -> tuple[str | None, ...]:
        return _NAMES

    def _init_state(self, p: Tensor, group: Group) -> State:
        start = group["initial_accumulator_value"]
        start = complex(start, start) if p.is_complex() else start
        return {"step": new_step(), "sum": ferrotorch.full_like(p, start, requires_grad=False)}

    def _launch(self, plan: Plan, group: Group) -> bool:
        arguments: list[Any] = [
            *plan.arguments(),
            float(group["lr"]),
            float(group["lr_decay"]),
            float(group["weight_decay"]),
            float(group["eps"]),
            group["maximize"],
        ]
        return _fused.adagrad(*arguments)

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        if grad.is_sparse:
            return self._update_rows(p, grad.coalesce(), state["sum"], group, step)
        grad = decayed(p, grad, group)
        total = state["sum"]
        total.add_(grad * grad)
        lr = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        p.sub_(grad / (total.sqrt() + group["eps"]) * lr)
        return None

    def _update_rows(self, p: Tensor, grad: Tensor, total: Tensor, group: Group, step: float) -> None:
        """The rule for a sparse gradient: what is not stored in it neither changes nor is remembered."""
        if group["weight_decay"] != 0:
            raise RuntimeError("weight_decay option is not compatible with sparse gradients")
        lr = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        total.add_(grad.pow(2))
        roots = total.sparse_mask(grad).values().sqrt() + group["eps"]
        p.add_(ferrotorch.sparse_coo_tensor(grad.indices(), grad.values() / roots, grad.shape), alpha=-lr)
