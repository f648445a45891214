"""Tensors inside of what functions take and give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C

__all__: list[str] = []


def _apply_to_tensors(fn: Callable[[_C.Tensor], Any], container: Any) -> Any:
    """A copy of nested lists, tuples, sets and dictionaries with what a function makes of each tensor in them."""
    if isinstance(container, _C.Tensor):
        return fn(container)
    if isinstance(container, dict):
        changed = ((key, _apply_to_tensors(fn, value)) for key, value in container.items())
        return type(container)(changed)
    if isinstance(container, tuple) and hasattr(container, "_fields"):
        return type(container)(*(_apply_to_tensors(fn, value) for value in container))
    if isinstance(container, (list, tuple, set)):
        return type(container)(_apply_to_tensors(fn, value) for value in container)
    return container
