"""Contexts that are decorators, too, to derive from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch.autograd.grad_mode import _GENERATOR, _generator, _Mode, _plain

__all__: list[str] = []

_DecoratorContextManager = _Mode


class _NoParamDecoratorContextManager(_Mode):
    """One that decorates without parentheses: ``@context`` or ``with context():``."""

    def __new__(cls, orig_func: Callable[..., Any] | None = None) -> Any:
        manager: Any = super().__new__(cls)
        if orig_func is None:
            return manager
        manager.__init__()
        return manager(orig_func)


class _Factory:
    """A function that makes contexts, as what wraps calls."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.clone = make


def context_decorator(ctx: Any, func: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose every call, or step of a generator, runs in a context.

    Args:
        ctx: the context; or a function that makes one for each call.
        func: the function.

    Raises:
        ValueError: a class whose instances would be contexts: call it, or hand over the function.
    """
    if callable(ctx) and hasattr(ctx, "__enter__"):
        raise ValueError(
            f"Passed in {ctx} is both callable and also a valid context manager (has __enter__), making it ambiguous "
            "which interface to use. If you intended to pass a context manager factory, rewrite your call as "
            "context_decorator(lambda: ctx()); if you intended to pass a context manager directly, rewrite your call "
            "as context_decorator(lambda: ctx)"
        )
    mode: Any = _Factory(ctx if callable(ctx) else lambda: ctx)
    is_generator = getattr(getattr(func, "__code__", None), "co_flags", 0) & _GENERATOR
    return _generator(mode, func) if is_generator else _plain(mode, func)
