"""Tables of functions by name, and the forms that follow from a function."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors, type_name

Tensor = _C.Tensor
Table = dict[str, Callable[..., Any]]


def named(*functions: Callable[..., Any]) -> Table:
    """The functions by their names."""
    return {function.__name__: function for function in functions}


def in_place(*functions: Callable[..., Tensor]) -> Table:
    """The functions' in-place forms, whose names end in ``_``."""
    return named(*(_in_place(function, _C.can_cast) for function in functions))


def in_place_of_own_dtype(*functions: Callable[..., Tensor]) -> Table:
    """:func:`in_place` for functions whose result must have the very dtype of the tensor, their base."""
    return named(*(_in_place(function, operator.is_, _other_dtype) for function in functions))


def _no_cast(name: str, input: Tensor, result: Tensor) -> str:
    return f"{name}(): result type {result.dtype} can't be cast to the desired output type {input.dtype}"


def _other_dtype(name: str, input: Tensor, result: Tensor) -> str:
    return (
        f"the base given to {name} has dtype {type_name(input)} but the operation's result requires dtype "
        f"{type_name(result)}"
    )


def _in_place(
    function: Callable[..., Tensor],
    fits: Callable[[Any, Any], bool],
    refusal: Callable[[str, Tensor, Tensor], str] = _no_cast,
) -> Callable[..., Tensor]:
    name = f"{function.__name__}_"

    @functools.wraps(function)
    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        require_tensors(name, input=input)
        inputs = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
        _C._refuse_overlap(name, input, inputs, False)
        # On a copy where it is recorded: what the nodes save must outlive the write.
        recorded = _C.is_grad_enabled() and input.requires_grad and not input.is_leaf
        result = function(input.clone() if recorded else input, *args, **kwargs)
        if input.shape != result.shape:
            shapes = f"{list(input.shape)} doesn't match the broadcast shape {list(result.shape)}"
            raise RuntimeError(f"{name}(): output with shape {shapes}")
        if not fits(result.dtype, input.dtype):
            raise RuntimeError(refusal(name, input, result))
        return input.copy_(result)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``{function.__name__}`` in place."
    return method
