"""Training where processes have different numbers of batches: who has no more of them shadows the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives

__all__ = ["Join", "JoinHook", "Joinable"]


class JoinHook:
    """What a process that has ended its part does for the others."""

    def main_hook(self) -> None:
        """Take part in the collective operations of one iteration."""

    def post_hook(self, is_last_joiner: bool) -> None:
        """After all have ended. ``is_last_joiner``: this process was among the last ones."""


class Joinable(ABC):
    """Something whose iterations have collective operations."""

    def __init__(self) -> None:
        super().__init__()
        self._join_context: Join | None = None

    @abstractmethod
    def join_hook(self, **kwargs: Any) -> JoinHook:
        """What to do for the others."""

    @property
    @abstractmethod
    def join_device(self) -> torch.device:
        """Where tensors of messages are."""

    @property
    @abstractmethod
    def join_process_group(self) -> Any:
        """The processes."""


class Join:
    """A context in which each process does as many iterations as it has batches.

    Args:
        joinables: What takes part, in an order that is the same everywhere; their groups are one.
        enable: False makes the context do nothing.
        throw_on_early_termination: Raise everywhere as soon as one process has ended.
        kwargs: For the hooks.

    Raises:
        ValueError: nothing takes part, or groups differ.
        RuntimeError: with ``throw_on_early_termination``.
    """

    def __init__(
        self, joinables: list[Joinable], enable: bool = True, throw_on_early_termination: bool = False, **kwargs: Any
    ) -> None:
        if not joinables:
            raise ValueError("The join context manager requires at least one joinable")
        if len({id(each.join_process_group) for each in joinables}) > 1:
            raise ValueError("Using join context manager with multiple process groups")
        self._joinables, self._is_on, self.throws = joinables, enable, throw_on_early_termination
        self._hooks = [each.join_hook(**kwargs) for each in joinables]
        self._group = joinables[0].join_process_group

    def __enter__(self) -> Join:
        if self._is_on:
            for each in self._joinables:
                each._join_context = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._is_on:
            return
        if kind is None:
            self._shadow()
        for each in self._joinables:
            each._join_context = None

    def _shadow(self) -> None:
        is_last = True
        while self.count_active(False):
            if self.throws:
                raise RuntimeError("Rank exhausted all inputs.")
            is_last = False
            for hook in self._hooks:
                hook.main_hook()
        for hook in self._hooks:
            hook.post_hook(is_last)

    def count_active(self, is_active: bool) -> int:
        """How many processes begin another iteration; all of them ask together."""
        count = torch.tensor([int(is_active)])
        _collectives.all_reduce(count, group=self._group)
        return int(count.item())

    @staticmethod
    def notify_join_context(joinable: Joinable) -> int | None:
        """Say, at the beginning of an iteration, that this process has one; the number that have, in a context.

        Raises:
            RuntimeError: a process has none left, in a context with ``throw_on_early_termination``.
        """
        context = joinable._join_context
        if context is None or context._joinables[0] is not joinable:
            return None
        active = context.count_active(True)
        if context.throws and active < context._group.size():
            raise RuntimeError("Detected at least one rank that exhausted inputs. Throwing across all ranks.")
        return active
