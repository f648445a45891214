"""What is new about tensors whose parts lie in several processes: there are none here."""

from __future__ import annotations

from typing import NoReturn

ABSENT = "implicit_replication(): ferrotorch has no tensors whose parts lie in several processes"

__all__ = ["implicit_replication"]


def implicit_replication() -> NoReturn:
    """A block in which ordinary tensors join in.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(ABSENT)
