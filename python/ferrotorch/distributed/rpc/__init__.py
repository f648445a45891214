"""Calls of functions in other processes: there are none here."""

__all__ = ["is_available"]


def is_available() -> bool:
    """False: no other process can be called."""
    return False
