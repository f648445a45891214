"""Whether automatic mixed precision makes sense on a GPU."""

from __future__ import annotations

from ferrotorch.cuda._device import is_available

__all__ = ["amp_definitely_not_available"]


def amp_definitely_not_available() -> bool:
    """Is there no GPU that ``cuda`` means?"""
    return not is_available()
