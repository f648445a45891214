"""Functions that are composed of ops and yet are one node of the graph, with PyTorch's name for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from ferrotorch import _C

P = ParamSpec("P")
R = TypeVar("R")

# What a function does where nothing is recorded and it has no ``out=``, which is all that was put around it for.
_UNRECORDED: dict[Callable[..., Any], Callable[..., Any]] = {}


def is_around(wrapper: Callable[..., Any], function: Callable[..., Any]) -> None:
    """Say that ``wrapper`` differs from ``function`` only in calls that are recorded or have an ``out=``."""
    _UNRECORDED[wrapper] = _UNRECORDED.get(function, function)


def unrecorded(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function that does the same as ``function`` in calls that are not recorded and have no ``out=``."""
    return _UNRECORDED.get(function)


def one_node(
    name: str | Callable[..., str | None], shows: Callable[..., dict[str, Any]] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make the results of a function those of one node: its rule walks the nodes of the ops that the function calls.

    Args:
        name: The name of the node, or what makes it of the function's arguments; None leaves the nodes as they are.
        shows: What makes of the function's arguments what the node shows (``_saved_*``), by name.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            if not _C.is_grad_enabled():
                return function(*args, **kwargs)
            since = _C._moment()
            results = function(*args, **kwargs)
            if isinstance(results, _C.Tensor) and not results.requires_grad:
                return results
            node = name if isinstance(name, str) else name(*args, **kwargs)
            if node is None:
                return results
            shown = _behind(node, since, results, (*args, *kwargs.values()))
            if shows is not None:
                first = shown[0] if isinstance(shown, tuple) else shown
                _C._retell(first, since, shows(*args, **kwargs))
            return shown

        is_around(wrapper, function)
        return wrapper

    return decorate


def _behind(name: str, since: int, results: Any, args: tuple[Any, ...]) -> Any:
    if not isinstance(results, tuple):
        return _behind(name, since, (results,), args)[0]
    # An argument that was written to in place stays the tensor that it is.
    own = [i for i, r in enumerate(results) if isinstance(r, _C.Tensor) and not any(r is arg for arg in args)]
    made = dict(zip(own, _C._as_one_node(name, since, [results[i] for i in own]), strict=True))
    return tuple(made.get(i, r) for i, r in enumerate(results))
