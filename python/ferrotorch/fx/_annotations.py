"""What a traced function says of the types of its parameters and of its result."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

__all__ = ["annotations_of"]

# The package by its own name, and by the one that it goes by where it serves for PyTorch.
_PACKAGES = ("ferrotorch", "torch")


def annotations_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function by name, as graphs take them over.

    A user's are what the user wrote. The package's own are postponed, and are evaluated here so that graphs of its
    layers name types; what stands for one of several kinds of values says nothing that a graph could use.
    """
    found = inspect.get_annotations(function)
    if function.__globals__.get("__name__", "").partition(".")[0] not in _PACKAGES:
        return found
    types_of = {name: _evaluated(annotation, function.__globals__) for name, annotation in found.items()}
    return {name: kind for name, kind in types_of.items() if not _is_open(kind)}


def _evaluated(annotation: Any, namespace: dict[str, Any]) -> Any:
    """The type that a postponed annotation names; `Any` where its module knows the name for type checkers alone."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, namespace)
    except NameError:
        return Any


def _is_open(kind: Any) -> bool:
    """Whether a type leaves open what a value is: anything, or a tensor or several."""
    if not isinstance(kind, types.UnionType):
        return kind is Any
    return any(typing.get_origin(part) is tuple for part in kind.__args__)
