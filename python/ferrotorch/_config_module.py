"""Modules of options that programs set for a compiler; there is none, and the options keep what they are set to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

__all__ = ["patching"]


def patching(namespace: dict[str, Any]) -> Callable[..., contextlib.AbstractContextManager[None]]:
    """The function ``patch`` of a module: a block or decorator in which options, given by keyword or in a dictionary,
    or as a name and a value, are set.
    """

    @contextlib.contextmanager
    def patch(changes: Any = None, value: Any = None, **options: Any) -> Any:
        """A block in which options are set."""
        named = {changes: value} if isinstance(changes, str) else {**(changes or {}), **options}
        before = {name: namespace[name] for name in named if name in namespace}
        namespace.update(named)
        try:
            yield
        finally:
            for name in named:
                del namespace[name]
            namespace.update(before)

    return patch
