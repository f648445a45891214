"""A learning rate that goes up and down.

Source: Smith, "Cyclical learning rates for training neural networks" (2015).
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, check_optimizer, per_group, set_option

__all__ = ["CyclicLR", "momentum_of", "set_momentum"]


def momentum_of(group: dict[str, Any]) -> Any:
    """The group's momentum: its option of that name, or the first of its ``betas``."""
    return group["betas"][0] if "betas" in group else group["momentum"]


def set_momentum(group: dict[str, Any], value: Any) -> None:
    """Set what `momentum_of` reads."""
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


class CyclicLR(LRScheduler):
    """Moves the learning rate up and down between two bounds; `step` is called after every batch.

    Args:
        optimizer: the optimizer.
        base_lr: lower bound, or a list of them, one a group.
        max_lr: upper bound, or a list of them.
        step_size_up: batches of the rising half.
        step_size_down: batches of the falling half; None means as many.
        mode: ``"triangular"``, or ``"triangular2"`` whose height halves with every cycle, or ``"exp_range"`` whose
            height is multiplied by ``gamma`` every batch.
        gamma: see ``mode``.
        scale_fn: a function that gives the height instead; ``mode`` is then ignored.
        scale_mode: whether ``scale_fn`` is given the ``"cycle"``, counted from 1, or the number of ``"iterations"``.
        cycle_momentum: move the momentum the opposite way.
        base_momentum, max_momentum: its bounds, or lists of them.
        last_epoch: the last batch of a training that is resumed, -1 for a new one.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        groups = optimizer.param_groups
        base_lrs = per_group(optimizer, "base_lr", base_lr)
        if last_epoch == -1:
            for group, rate in zip(groups, base_lrs, strict=True):
                set_option(group, "lr", rate)
        self.max_lrs = per_group(optimizer, "max_lr", max_lr)
        falling = float(step_size_up if step_size_down is None else step_size_down)
        self.total_size = step_size_up + falling
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _SCALE_MODES[mode]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
                raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
            self.use_beta1 = "betas" in optimizer.defaults
            self.base_momentums = per_group(optimizer, "base_momentum", base_momentum)
            self.max_momentums = per_group(optimizer, "max_momentum", max_momentum)
            if last_epoch == -1:
                for group, low, high in zip(groups, self.base_momentums, self.max_momentums, strict=True):
                    set_momentum(group, high)
                    group.update(max_momentum=high, base_momentum=low)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of the triangle, given the cycle or the number of batches (``scale_mode``)."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular2":
            return 0.5 ** (x - 1)
        return self.gamma**x if self.mode == "exp_range" else 1.0

    def get_lr(self) -> list[Any]:
        """The learning rate of each parameter group for the current step."""
        self._check_called_by_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        position = 1.0 + self.last_epoch / self.total_size - cycle
        rising = position <= self.step_ratio
        height = position / self.step_ratio if rising else (position - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            bounds = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in bounds:
                set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """The state without ``scale_fn``; of a callable object its attributes are kept."""
        state = super().state_dict()
        function = state.pop("_scale_fn_custom")
        keeps = function is not None and not isinstance(function, types.FunctionType)
        state["_scale_fn_custom"] = dict(vars(function)) if keeps else None
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned; ``scale_fn`` stays that of this scheduler."""
        state = {key: value for key, value in state_dict.items() if key != "_scale_fn_ref"}
        attributes = state.pop("_scale_fn_custom", None)
        super().load_state_dict(state)
        if attributes is not None:
            vars(self._scale_fn_custom).update(attributes)


_SCALE_MODES = {"triangular": "cycle", "triangular2": "cycle", "exp_range": "iterations"}
