"""Switches that are attributes of a module, changed within a block."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = ["changed"]


@contextlib.contextmanager
def changed(namespace: dict[str, Any], values: dict[str, Any]) -> Iterator[None]:
    """Set variables of a module, but for those given as None, and put them back at the end."""
    given = {name: value for name, value in values.items() if value is not None}
    before = {name: namespace[name] for name in given}
    namespace.update(given)
    try:
        yield
    finally:
        namespace.update(before)
