"""Backward passes through several processes: there are none here."""

from __future__ import annotations

from typing import Any, NoReturn

from ferrotorch.distributed._absent import Absent

ABSENT = "torch.distributed.autograd: ferrotorch has no calls of other processes, hence no backward passes through them"

__all__ = ["backward", "context", "get_gradients", "is_available"]


class context(Absent):
    """A block of a backward pass through several processes, which cannot be entered here."""


def is_available() -> bool:
    """False: there are no groups of processes."""
    return False


def backward(*args: Any, **kwargs: Any) -> NoReturn:
    """A backward pass through several processes.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(ABSENT)


def get_gradients(context_id: int) -> NoReturn:
    """The gradients of a backward pass through several processes.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(ABSENT)
