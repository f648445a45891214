"""Schedulers that are given as functions."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler

__all__ = ["LambdaLR", "MultiplicativeLR"]

Factor = Callable[[int], float]


class _FunctionScheduler(LRScheduler):
    """Holds one function from epoch to factor for each group."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        count = len(optimizer.param_groups)
        if isinstance(lr_lambda, list | tuple):
            if len(lr_lambda) != count:
                raise ValueError(f"Expected {count} lr_lambdas, but got {len(lr_lambda)}")
            self.lr_lambdas = list(lr_lambda)
        else:
            self.lr_lambdas = [lr_lambda] * count
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """The state without the functions; of callable objects their attributes are kept."""
        state = super().state_dict()
        del state["lr_lambdas"]
        state["lr_lambdas"] = [
            None if isinstance(function, types.FunctionType) else dict(vars(function)) for function in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned; the functions stay those of this scheduler."""
        state = dict(state_dict)
        attributes = state.pop("lr_lambdas")
        super().load_state_dict(state)
        for function, values in zip(self.lr_lambdas, attributes, strict=False):
            if values is not None:
                vars(function).update(values)


class LambdaLR(_FunctionScheduler):
    """Multiplies the initial learning rate by ``lr_lambda(epoch)``.

    Args:
        optimizer: the optimizer.
        lr_lambda: a function from epoch to factor, or a list of them, one a group.
        last_epoch: see `LRScheduler`.
    """

    def get_lr(self) -> list[Any]:
        """The learning rate of each parameter group for the current step."""
        self._check_called_by_step()
        return [base * function(self.last_epoch) for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(_FunctionScheduler):
    """Multiplies the current learning rate by ``lr_lambda(epoch)`` at every step but the first.

    Args:
        optimizer: the optimizer.
        lr_lambda: a function from epoch to factor, or a list of them, one a group.
        last_epoch: see `LRScheduler`.
    """

    def get_lr(self) -> list[Any]:
        """The learning rate of each parameter group for the current step."""
        self._check_called_by_step()
        if self._is_initial:
            return self._current()
        groups = self.optimizer.param_groups
        return [
            group["lr"] * function(self.last_epoch) for group, function in zip(groups, self.lr_lambdas, strict=True)
        ]
