"""What packages ask while a program may be under compilation: none ever is here."""

from __future__ import annotations

from typing import Any

__all__ = ["active_fake_mode", "detect_fake_mode"]


def active_fake_mode() -> None:
    """The mode that makes fake tensors: there is none."""
    return None


def detect_fake_mode(inputs: Any = None) -> None:
    """The mode that the fake tensors among the inputs are of: there are no such tensors."""
    return None
