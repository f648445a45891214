"""Factories of observers: a class with some of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any


class PartialWrapper:
    """What makes an observer when it is called; arguments that are given then count more."""

    def __init__(self, p: Callable[..., Any]) -> None:
        self.p = p
        self.callable_args: dict[str, Callable[[], Any]] = {}

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        made = {name: make() for name, make in self.callable_args.items() if name not in keywords}
        return self.p(*args, **keywords, **made)

    def __repr__(self) -> str:
        return repr(self.p) + repr(self.callable_args)

    def with_args(self, **kwargs: Any) -> PartialWrapper:
        """The same with further arguments."""
        return with_args(self, **kwargs)

    def with_callable_args(self, **kwargs: Callable[[], Any]) -> PartialWrapper:
        """The same with further arguments, each of which is made when the observer is."""
        result = PartialWrapper(self.p)
        result.callable_args = {**self.callable_args, **kwargs}
        return result


def with_args(made: Callable[..., Any], /, **kwargs: Any) -> PartialWrapper:
    """A factory that calls ``made`` with arguments."""
    return PartialWrapper(partial(made, **kwargs))


def with_callable_args(made: Callable[..., Any], /, **kwargs: Callable[[], Any]) -> PartialWrapper:
    """A factory that calls ``made`` with arguments which are made then."""
    return PartialWrapper(partial(made)).with_callable_args(**kwargs)
