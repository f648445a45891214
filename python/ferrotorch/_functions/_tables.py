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


def check_in_place(name: str, target: Tensor, result: Tensor) -> None:
    """Refuses a result that the target cannot take: one of another shape, or of a dtype that is no cast of its own."""
    if target.shape != result.shape:
        raise RuntimeError(
            f"{name}(): output with shape {list(target.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    if not _C.can_cast(result.dtype, target.dtype):
        raise RuntimeError(
            f"{name}(): result type {result.dtype} can't be cast to the desired output type {target.dtype}"
        )


def _in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    name = f"{function.__name__}_"

    @functools.wraps(function)
    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        require_tensors(name, input=input)
        result = function(input, *args, **kwargs)
        check_in_place(name, input, result)
        return input.copy_(result)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``{function.__name__}`` in place."
    return method
