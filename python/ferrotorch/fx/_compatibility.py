"""Marks of what stays as it is from version to version."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["compatibility"]

T = TypeVar("T")


def compatibility(is_backward_compatible: bool) -> Callable[[T], T]:
    """A decorator that says in the documentation of a function or class whether it may change."""

    def decorate(target: Any) -> Any:
        if not is_backward_compatible:
            text = textwrap.dedent(target.__doc__ or "")
            target.__doc__ = f"{text}\n.. warning::\n    This API is experimental and is *NOT* backward-compatible.\n"
        return target

    return decorate
