"""Schedulers made of schedulers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, copied, set_option
from .plateau import ReduceLROnPlateau

__all__ = ["ChainedScheduler", "SequentialLR"]


def _check(name: str, schedulers: Sequence[Any], optimizer: Optimizer) -> None:
    if len(schedulers) < 1:
        raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
    for index, scheduler in enumerate(schedulers):
        if not hasattr(scheduler, "optimizer"):
            raise TypeError(f"{name} at index {index} should have `optimizer` as its attribute.")
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(
                f"{name} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to be "
                f"specified when calling `step`, but got one at index {index} in the given schedulers sequence."
            )
        if scheduler.optimizer is not optimizer:
            raise ValueError(
                f"{name} expects all schedulers to belong to the same optimizer, but got scheduler "
                f"{type(scheduler).__name__} at index {index} has {scheduler.optimizer}, which is different from "
                f"{type(optimizer).__name__}."
            )


def _undo_construction(scheduler: Any) -> None:
    """Take back the epoch that constructing a scheduler, or those that it is made of, counted."""
    if isinstance(scheduler, _Composite):
        for part in scheduler._schedulers:
            _undo_construction(part)
    else:
        scheduler.last_epoch -= 1


def _begin(scheduler: Any) -> None:
    """Put a scheduler at its epoch 0, as its construction does: what it multiplies is the groups' present rates."""
    if isinstance(scheduler, _Composite):
        scheduler._begin_parts()
    else:
        scheduler.last_epoch = -1
        scheduler._initial_step()


def _reset_rates(optimizer: Optimizer) -> None:
    """The learning rates from before there were schedulers."""
    for group in optimizer.param_groups:
        set_option(group, "lr", copied(group["initial_lr"]))


class _Composite(LRScheduler):
    _schedulers: list[Any]

    def _initial_step(self) -> None:
        # The parts have made their first step: that the optimizer has made none since is no fault of the program.
        called, self.optimizer._opt_called = self.optimizer._opt_called, True
        try:
            super()._initial_step()
        finally:
            self.optimizer._opt_called = called

    def _begin_parts(self) -> None:
        """Put those at epoch 0 that act then."""
        raise NotImplementedError

    def _update_lr(self, epoch: int | None = None) -> None:
        """Begin with epoch 0: the turn in a `SequentialLR` has come to this scheduler."""
        _reset_rates(self.optimizer)
        self._begin_parts()
        self._last_lr = self._current()

    def state_dict(self) -> dict[str, Any]:
        """The state, with the states of the schedulers in place of themselves."""
        state = {key: value for key, value in self.__dict__.items() if key not in ("optimizer", "_schedulers")}
        state["_schedulers"] = [scheduler.state_dict() for scheduler in self._schedulers]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned."""
        state = dict(state_dict)
        for scheduler, inner in zip(self._schedulers, state.pop("_schedulers"), strict=True):
            scheduler.load_state_dict(inner)
        self.__dict__.update(state)


class ChainedScheduler(_Composite):
    """Steps several chainable schedulers at once.

    Args:
        schedulers: the schedulers, all of one optimizer.
        optimizer: that optimizer; None means that of the first scheduler.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler expects at least one scheduler to be chained, but got no scheduler.")
        optimizer = optimizer or getattr(schedulers[0], "optimizer", None)
        _check(type(self).__name__, schedulers, optimizer)  # type: ignore[arg-type]
        self._schedulers = list(schedulers)
        self.optimizer = optimizer  # type: ignore[assignment]
        self._last_lr = self._current()

    def step(self) -> None:  # type: ignore[override]
        """Step every scheduler, in order."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._current()

    def _begin_parts(self) -> None:
        for scheduler in self._schedulers:
            _begin(scheduler)


class SequentialLR(_Composite):
    """Uses one scheduler after the other.

    Args:
        optimizer: the optimizer.
        schedulers: the schedulers, in order, all of that optimizer.
        milestones: the epochs at which the second, third, ... take over; one fewer than there are schedulers. Each
            scheduler counts its epochs from 0.
        last_epoch: see `LRScheduler`.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        _check(type(self).__name__, schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Constructing the schedulers stepped each of them once; only the first one's step is to remain.
        _reset_rates(optimizer)
        for scheduler in schedulers:
            _undo_construction(scheduler)
        first = self._scheduler_of(0)
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _scheduler_of(self, epoch: int) -> Any:
        return self._schedulers[bisect_right(self._milestones, epoch)]

    def _begin_parts(self) -> None:
        self.last_epoch = 0
        _begin(self._scheduler_of(0))

    def step(self) -> None:  # type: ignore[override]
        """Step the scheduler whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()
