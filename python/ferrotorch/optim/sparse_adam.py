"""Adam for sparse gradients."""

from __future__ import annotations

from typing import Any

import ferrotorch
from ferrotorch import Tensor

from ._rules import zeros
from ._step import Group, ParameterwiseOptimizer, State, _is_sparse, options
from .optimizer import ParamsT

__all__ = ["SparseAdam"]


class SparseAdam(ParameterwiseOptimizer):
    """Adam in which only the rows that a gradient stores are touched, moments included.

    Args:
        params: dense parameters, whose gradients must be sparse, as those of ``nn.Embedding(sparse=True)`` are.
        lr: step size.
        betas: decay of the averages of the gradient and of its square.
        eps: added to the root of the second one.
        maximize: ascend instead.

    Raises:
        ValueError: an option out of its range, or a sparse parameter.
    """

    _takes_sparse = True
    _takes_differentiable = False
    _numbers = ()

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr > 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i, beta in enumerate(betas):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        super().__init__(params, options(locals(), "lr betas eps maximize"))
        sparse = [
            [i, j] for i, group in enumerate(self.param_groups) for j, p in enumerate(group["params"]) if _is_sparse(p)
        ]
        if sparse:
            raise ValueError(f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors")

    def _step_parameter(self, p: Tensor, grad: Tensor, group: Group) -> None:
        if not _is_sparse(grad):
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        state = self._state_of(p, group)
        state["step"] += 1
        self._update(p, -grad if group["maximize"] else grad, state, group, state["step"])

    def _init_state(self, p: Tensor, group: Group) -> State:
        return {"step": 0, **zeros(p, "exp_avg", "exp_avg_sq")}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        grad = grad.coalesce()
        values = grad.values()
        if values.numel() == 0:
            return

        def rows(values: Tensor) -> Tensor:
            return ferrotorch.sparse_coo_tensor(grad.indices(), values, grad.shape, is_coalesced=True)

        def taken_in(average: Any, new: Tensor, beta: float) -> Tensor:
            """The rows of a running average with new values taken in."""
            old = average.sparse_mask(grad).values()
            change = (new - old) * (1 - beta)
            average.add_(rows(change))
            return change + old

        beta1, beta2 = group["betas"]
        first = taken_in(state["exp_avg"], values, beta1)
        second = taken_in(state["exp_avg_sq"], values * values, beta2)
        size = group["lr"] * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        p.add_(rows(-size * (first / (second.sqrt() + group["eps"]))))
