"""Errors of processes that PyTorch's launcher started; it is not here, and errors are raised as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["record"]

F = TypeVar("F", bound=Callable[..., Any])


def record(fn: F, error_handler: Any = None) -> F:
    """The function itself: there is no launcher that its errors would be written down for."""
    return fn
