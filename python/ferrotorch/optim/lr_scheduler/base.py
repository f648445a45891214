"""The base class of learning-rate schedulers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ferrotorch import Tensor

from ..optimizer import Optimizer

__all__ = ["LRScheduler", "check_optimizer", "copied", "per_group", "set_option"]


def copied(value: Any) -> Any:
    """A tensor's copy, so that writing into the one leaves the other; numbers as they are."""
    return value.clone() if isinstance(value, Tensor) else value


def set_option(group: dict[str, Any], name: str, value: Any) -> None:
    """Set an option of a group; a tensor there is written into, because others may hold it."""
    if isinstance(group[name], Tensor):
        group[name].fill_(value)
    else:
        group[name] = value


def per_group(optimizer: Optimizer, name: str, value: Any) -> list[Any]:
    """One value for each parameter group, from a single value or a sequence of the right length."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [copied(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {count}."
        )
    return [copied(v) for v in value]


def check_optimizer(optimizer: Any) -> None:
    """Raise unless this is an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


_ORDER = "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


def _function(method: Any) -> Any:
    """What is called, whatever object the method was taken from."""
    return getattr(method, "__func__", method)


class LRScheduler:
    """Base class of learning-rate schedulers.

    Subclasses define `get_lr`; it may use ``last_epoch``, ``base_lrs`` and the groups' current rates.

    Args:
        optimizer: the optimizer whose learning rates are changed.
        last_epoch: the last epoch of a training that is resumed, -1 for a new one. When resuming, every group of the
            optimizer must hold ``"initial_lr"`` (checkpoints of optimizers with schedulers do).
    """

    _is_initial = False
    _get_lr_called_within_step = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{index}] "
                    "when resuming scheduler with last_epoch >= 0."
                )
        self.base_lrs: list[Any] = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        if optimizer._opt_called is None:
            optimizer._opt_called = False
        optimizer._watched_step = _function(optimizer.step)
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the learning rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Everything that the scheduler remembers, but for the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned. Load the optimizer's own state too: the current rates are there."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The learning rates that the scheduler set last, one a group."""
        return self._last_lr

    def get_lr(self) -> Sequence[Any]:
        """The learning rates of epoch ``last_epoch``, one a group; called by `step`."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr()")

    def step(self, epoch: int | None = None) -> None:
        """Set the learning rates of the next epoch.

        Args:
            epoch: deprecated; go to this epoch instead.
        """
        if self._step_count == 1:
            self._warn_of_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(
                "The epoch parameter in `scheduler.step()` was not necessary and is deprecated; call "
                "`scheduler.step()` without it.",
                UserWarning,
                stacklevel=2,
            )
        self._update_lr(epoch)

    def _warn_of_order(self) -> None:
        """Warn where the optimizer has made no step yet, or where one cannot tell."""
        watched = self.optimizer._watched_step
        if watched is not None and _function(self.optimizer.step) is not watched:
            text = (
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                "Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`."
            )
        elif self.optimizer._opt_called is False:
            text = (
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`, otherwise the first value of the learning rate "
                "schedule is skipped."
            )
        else:
            return
        warnings.warn(f"{text} See more details at {_ORDER}", UserWarning, stacklevel=3)

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                rates = self.get_lr()
            else:
                self.last_epoch = epoch
                closed_form = getattr(self, "_get_closed_form_lr", None)
                rates = self.get_lr() if closed_form is None else closed_form()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_option(group, "lr", rate)
        self._last_lr = self._current()

    def _current(self) -> list[Any]:
        """The groups' present learning rates."""
        return [copied(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled(self, factor: Any) -> list[Any]:
        """The groups' present learning rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _check_called_by_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )


class _enable_get_lr_call:
    """A block in which a scheduler's `get_lr` is called by its step."""

    def __init__(self, o: LRScheduler) -> None:
        self.o = o

    def __enter__(self) -> _enable_get_lr_call:
        self.o._get_lr_called_within_step = True
        return self

    def __exit__(self, *error: object) -> None:
        self.o._get_lr_called_within_step = False


def _warn_get_lr_called_within_step(lr_scheduler: LRScheduler) -> None:
    """Warn where a program calls `get_lr` itself."""
    lr_scheduler._check_called_by_step()
