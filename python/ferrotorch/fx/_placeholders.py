"""What stands for inputs inside of containers that are given to a tracer."""

from __future__ import annotations

from typing import Any

__all__ = ["PH", "PHBase", "PHWithMeta"]


class PHBase:
    """Stands for an input."""

    def __repr__(self) -> str:
        return "PH"


PH = PHBase()


class PHWithMeta(PHBase):
    """Stands for an input whose node gets attributes.

    Args:
        ph_key: a name for the input.
    """

    def __init__(self, ph_key: str | None = None) -> None:
        self.ph_key = ph_key


def transfer_attributes(source: PHBase, target: Any) -> None:
    """Give a node the attributes of what stood for it."""
    if source is not PH:
        for name in dir(source):
            if not name.startswith("__") and not hasattr(target, name):
                setattr(target, name, getattr(source, name))
