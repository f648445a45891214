"""The fast path of attention layers in evaluation, which computes what the other path does."""

from __future__ import annotations

__all__ = ["get_fastpath_enabled", "set_fastpath_enabled"]

_is_enabled = True


def get_fastpath_enabled() -> bool:
    """What was set last; True at first."""
    return _is_enabled


def set_fastpath_enabled(value: bool) -> None:
    """Accepted: there is one path here."""
    global _is_enabled
    _is_enabled = value
