"""Tables of functions by name, and the forms that follow from a function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors

Tensor = _C.Tensor
Table = dict[str, Callable[..., Any]]


def named(*functions: Callable[..., Any]) -> Table:
    """The functions by their names."""
    return {function.__name__: function for function in functions}


def in_place(*functions: Callable[..., Tensor]) -> Table:
    """The functions' in-place forms, whose names end in ``_``."""
    return named(*map(_in_place, functions))


def _in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    name = f"{function.__name__}_"

    @functools.wraps(function)
    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        require_tensors(name, input=input)
        return input.copy_(function(input, *args, **kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``{function.__name__}`` in place."
    return method
