"""What a file holds, in the words of an error message.

No text here is as long, or takes as long to make, as what it speaks of: the ``repr`` of a tuple that holds the same
tuple twice, and so on for forty levels, never ends.
"""

from __future__ import annotations

from typing import Any

__all__ = ["brief"]

_MAX_TEXT = 100
_MAX_ITEMS = 8
_MAX_BITS = 128


def brief(value: Any) -> str:
    """A short text for any object."""
    if isinstance(value, list | tuple) and len(value) <= _MAX_ITEMS:
        items = ", ".join(map(_single, value))
        return f"[{items}]" if isinstance(value, list) else f"({items},)" if len(value) == 1 else f"({items})"
    return _single(value)


def _single(value: Any) -> str:
    if value is None or type(value) in (bool, float):
        return repr(value)
    if type(value) is int:
        return repr(value) if value.bit_length() <= _MAX_BITS else f"an int of {value.bit_length()} bits"
    if type(value) in (str, bytes):
        return repr(value) if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]!r}..."
    return f"<{type(value).__name__}>"
