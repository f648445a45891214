"""Private names of PyTorch's TorchScript that packages import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from ferrotorch.futures import Future
from ferrotorch.jit._annotations import (
    _overload,
    _overload_method,
    export,
    ignore,
    is_scripting,
    unused,
)
from ferrotorch.jit.annotations import BroadcastingList1, BroadcastingList2, BroadcastingList3

__all__ = [
    "BroadcastingList1",
    "BroadcastingList2",
    "BroadcastingList3",
    "Final",
    "Future",
    "boolean_dispatch",
    "export",
    "ignore",
    "is_scripting",
    "unused",
]

F = TypeVar("F", bound=Callable[..., Any])
# What `boolean_dispatch` chose between, by the function that it made.
boolean_dispatched: WeakKeyDictionary[Callable[..., Any], dict[str, Any]] = WeakKeyDictionary()
overload, overload_method = _overload, _overload_method


def _copy_to_script_wrapper(fn: F) -> F:
    """The method itself, which a scripted module is to keep."""
    return fn


def boolean_dispatch(
    arg_name: str,
    arg_index: int,
    default: bool,
    if_true: Callable[..., Any],
    if_false: Callable[..., Any],
    module_name: str,
    func_name: str,
) -> Callable[..., Any]:
    """A function that is one of two others, by the value of an argument."""

    def dispatched(*args: Any, **kwargs: Any) -> Any:
        chosen = kwargs.get(arg_name, args[arg_index] if arg_index < len(args) else default)
        return (if_true if chosen else if_false)(*args, **kwargs)

    dispatched.__name__, dispatched.__doc__ = func_name, if_true.__doc__ or if_false.__doc__
    boolean_dispatched[dispatched] = {
        "if_true": if_true,
        "if_false": if_false,
        "index": arg_index,
        "default": default,
        "arg_name": arg_name,
    }
    return dispatched
