"""Modules of options that programs set for a compiler; there is none, and the options keep what they are set to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

__all__ = ["patching"]


_ABSENT = object()


def _place_of(namespace: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    """Where an option such as ``debug`` or ``triton.cudagraphs`` is kept, and its name there."""
    *groups, last = name.split(".")
    for group in groups:
        namespace = vars(namespace[group])
    return namespace, last


def patching(namespace: dict[str, Any]) -> Callable[..., contextlib.AbstractContextManager[None]]:
    """The function ``patch`` of a module: a block or decorator in which options, given by keyword or in a dictionary,
    or as a name and a value, are set.
    """

    @contextlib.contextmanager
    def patch(changes: Any = None, value: Any = None, **options: Any) -> Any:
        """A block in which options are set."""
        named = {changes: value} if isinstance(changes, str) else {**(changes or {}), **options}
        before = []
        for name, new in named.items():
            options_of, last = _place_of(namespace, name)
            before.append((options_of, last, options_of.get(last, _ABSENT)))
            options_of[last] = new
        try:
            yield
        finally:
            for options_of, last, old in reversed(before):
                if old is _ABSENT:
                    del options_of[last]
                else:
                    options_of[last] = old

    return patch
