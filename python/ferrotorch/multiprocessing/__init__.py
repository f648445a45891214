"""``multiprocessing`` whose queues and pipes hand tensors of the host from process to process without a copy.

All names are those of the standard library's module. A tensor that is sent lies in shared memory from then on, as after
``share_memory_()``: what one process writes the other sees. Tensors of GPUs are copied.
"""

from __future__ import annotations

import multiprocessing
from typing import Any

from ferrotorch.multiprocessing._shared import register
from ferrotorch.multiprocessing.spawn import (
    ProcessContext,
    ProcessException,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

__all__ = [
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
    *multiprocessing.__all__,
]

_STRATEGIES = frozenset(["file_descriptor", "file_system"])
_strategy = "file_descriptor"
register()


def get_all_sharing_strategies() -> frozenset[str]:
    """The names that :func:`set_sharing_strategy` takes."""
    return _STRATEGIES


def get_sharing_strategy() -> str:
    """What was set last; ``"file_descriptor"`` at first."""
    return _strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted: shared memory goes to other processes by file descriptors, and has no name that could be left behind.

    Raises:
        AssertionError: there is no such strategy.
    """
    global _strategy
    if new_strategy not in _STRATEGIES:
        raise AssertionError(f"invalid sharing strategy {new_strategy!r}, expected one of {sorted(_STRATEGIES)}")
    _strategy = new_strategy


def __getattr__(name: str) -> Any:
    """A name of the standard library's module."""
    return getattr(multiprocessing, name)
