"""NumPy's names of arguments, for functions that are written in Python; the parser of native ops knows them itself."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}


def numpy_names(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function be called with ``axis`` for ``dim``, ``keepdims``, ``x1`` and the like, as far as it has these.

    A call that gives one argument under both names goes on as it is, and fails as one with an unknown name does.
    """
    code = cast("Any", inspect.unwrap(function)).__code__
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    names = {theirs: ours for theirs, ours in _NAMES.items() if ours in parameters and theirs not in parameters}

    @functools.wraps(function)
    def renaming(*args: Any, **kwargs: Any) -> R:
        if not names.keys().isdisjoint(kwargs):
            for theirs, ours in names.items():
                if theirs in kwargs and ours not in kwargs:
                    kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return cast("Callable[P, R]", renaming)
