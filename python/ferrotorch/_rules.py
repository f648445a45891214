"""What a thread calls in the place of functions, by their names: rules of autocasting, or those of dispatch modes.

The extension has room for one table, which it looks at below overrides. While a thread autocasts, the casts are in it,
and dispatch modes see functions in Python by the ops that they are made of here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ferrotorch import _C

__all__ = ["set_casts", "set_dispatched"]

Rule = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]


class _Tables(threading.local):
    """The tables of a thread."""

    def __init__(self) -> None:
        self.casts: dict[str, Rule] | None = None
        self.dispatched: dict[str, Rule] | None = None

    def put(self) -> None:
        """Hand the table that counts to the extension."""
        _C._set_autocast_rules(self.casts or self.dispatched)


_TABLES = _Tables()


def set_casts(rules: dict[str, Rule] | None) -> None:
    """Set the rules of autocasting."""
    _TABLES.casts = rules
    _TABLES.put()


def set_dispatched(rules: dict[str, Rule] | None) -> None:
    """Set the rules of dispatch modes."""
    if rules is not _TABLES.dispatched:
        _TABLES.dispatched = rules
        _TABLES.put()
