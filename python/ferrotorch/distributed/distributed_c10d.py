"""Where PyTorch keeps groups of processes: the names of :mod:`ferrotorch.distributed`."""

from __future__ import annotations

from typing import Any

import ferrotorch.distributed as distributed


def __getattr__(name: str) -> Any:
    """A name of the package."""
    if name in distributed.__all__:
        return getattr(distributed, name)
    raise AttributeError(f"module 'torch.distributed.distributed_c10d' has no attribute {name!r}")
