"""Names around ``torch.compile``. Nothing is compiled: code runs as it is, and marks are passed over."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from ferrotorch.compiler import config

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "config",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "nested_compile_region",
    "nonstrict_trace",
    "reset",
    "set_stance",
    "substitute_in_graph",
    "wrap_numpy",
]

F = TypeVar("F", bound=Callable[..., Any])


def compile(*args: Any, **kwargs: Any) -> Any:
    """``torch.compile``."""
    from ferrotorch._compile import compile as compile_

    return compile_(*args, **kwargs)


def reset() -> None:
    """Nothing is compiled: there is nothing to forget."""


def is_compiling() -> bool:
    """False: nothing is ever compiled."""
    return False


def is_dynamo_compiling() -> bool:
    """False: nothing is ever compiled."""
    return False


def is_exporting() -> bool:
    """False: nothing is ever compiled."""
    return False


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """The function or module itself, which is not to be compiled; without one a decorator."""
    return fn if fn is not None else lambda function: function


def allow_in_graph(fn: Any) -> Any:
    """The function itself, or the list of them."""
    return fn


def assume_constant_result(fn: F) -> F:
    """The function itself."""
    return fn


def nonstrict_trace(traceable_fn: F) -> F:
    """The function itself."""
    return traceable_fn


def nested_compile_region(fn: Any = None, options: Any = None) -> Any:
    """The function itself; without one a decorator."""
    return fn if fn is not None else lambda function: function


def substitute_in_graph(original_fn: Any, **kwargs: Any) -> Callable[[F], F]:
    """A decorator that leaves the function, which would stand for another one in compiled code, as it is."""
    return lambda traceable_fn: traceable_fn


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """``["eager"]``: code runs as it is."""
    return ["eager"]


def cudagraph_mark_step_begin() -> None:
    """No launches are captured."""


@contextlib.contextmanager
def set_stance(stance: str = "default", **kwargs: Any) -> Iterator[None]:
    """A block, or decorator, that says how to compile; nothing is."""
    yield


def wrap_numpy(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy arrays made one of tensors."""
    import ferrotorch as torch
    from ferrotorch.utils._pytree import tree_map

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = tree_map(lambda x: x.numpy() if isinstance(x, torch.Tensor) else x, (args, kwargs))
        import numpy

        return tree_map(lambda x: torch.as_tensor(x) if isinstance(x, numpy.ndarray) else x, fn(*args, **kwargs))

    return wrapped
