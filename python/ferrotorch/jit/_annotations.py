"""What is written into programs for TorchScript: marks and types, which Python passes over."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, Union

__all__ = [
    "Attribute",
    "annotate",
    "export",
    "ignore",
    "interface",
    "is_of_type",
    "is_scripting",
    "is_tracing",
    "script_if_tracing",
    "script_method",
    "unused",
]

F = TypeVar("F", bound=Callable[..., Any])


class Attribute(NamedTuple):
    """A value and its type, for attributes whose type cannot be told from the value."""

    value: Any
    type: Any


def is_scripting() -> bool:
    """False: nothing is ever compiled."""
    return False


def is_tracing() -> bool:
    """False: nothing is ever traced."""
    return False


def export(fn: F) -> F:
    """The method itself, which is to be compiled."""
    return fn


def script_method(fn: F) -> F:
    """The method itself, which is to be compiled."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself, which is not to be compiled; as ``@ignore``, ``@ignore()`` or ``@ignore(drop=...)``."""
    return drop if callable(drop) else lambda fn: fn


def unused(fn: F) -> F:
    """The function itself, which is not to be compiled."""
    return fn


def interface(obj: type) -> type:
    """The class itself, which is to say what methods a module has."""
    return obj


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value, of which a type is said."""
    return the_value


def script_if_tracing(fn: F) -> F:
    """The function itself, which would be compiled while a trace is made."""
    return fn


_script_if_tracing = script_if_tracing


def _overload(func: F) -> F:
    """The function itself, one of several signatures."""
    return func


def _overload_method(func: F) -> F:
    """The method itself, one of several signatures."""
    return func


def is_of_type(obj: Any, target_type: Any) -> bool:
    """Is an object of a type, which may be that of a container and its items?"""
    if isinstance(target_type, tuple):
        return any(is_of_type(obj, one) for one in target_type)
    origin, items = typing.get_origin(target_type), typing.get_args(target_type)
    if origin is None:
        return target_type is Any or isinstance(obj, type(None) if target_type is None else target_type)
    if origin in (Union, types.UnionType):
        return any(is_of_type(obj, one) for one in items)
    if not isinstance(obj, origin):
        return False
    if isinstance(obj, dict):
        return all(is_of_type(key, items[0]) and is_of_type(value, items[1]) for key, value in obj.items())
    if isinstance(obj, tuple) and items[-1:] != (Ellipsis,):
        return len(obj) == len(items) and all(map(is_of_type, obj, items))
    return all(is_of_type(item, items[0]) for item in obj)
