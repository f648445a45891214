"""Ranges for NVIDIA's profilers, which are not here; :mod:`ferrotorch.profiler` has ``record_function``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NoReturn

__all__ = ["mark", "range", "range_pop", "range_push"]

_ABSENT = (
    "NVTX functions not installed. Are you sure you have a CUDA build? "
    "torch.profiler.record_function names a part of a program here"
)


def range_push(msg: str) -> NoReturn:
    """Begin a range.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


def range_pop() -> NoReturn:
    """End a range.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


def mark(msg: str) -> NoReturn:
    """Mark a moment.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


@contextlib.contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """A block that is a range.

    Raises:
        RuntimeError: always.
    """
    range_push(msg.format(*args, **kwargs))
    yield
