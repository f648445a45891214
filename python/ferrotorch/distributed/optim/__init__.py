"""Optimizers whose state is spread over processes: there are none here."""

from __future__ import annotations

from ferrotorch.distributed._absent import Absent

__all__ = ["ZeroRedundancyOptimizer"]


class ZeroRedundancyOptimizer(Absent):
    """An optimizer whose state is spread over processes, which cannot be made here."""
