"""Tensors whose parts lie in the processes of a mesh, and modules whose parameters are such tensors."""

from __future__ import annotations

import importlib
from typing import Any

from ferrotorch.distributed.tensor._api import DTensor, distribute_module, distribute_tensor
from ferrotorch.distributed.tensor._factories import empty, full, ones, rand, randn, zeros
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard

__all__ = [
    "DTensor", "Partial", "Placement", "Replicate", "Shard", "distribute_module", "distribute_tensor", "empty", "full",
    "ones", "rand", "randn", "zeros",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in ("debug", "experimental", "parallel"):
        return importlib.import_module(f"ferrotorch.distributed.tensor.{name}")
    raise AttributeError(f"module 'torch.distributed.tensor' has no attribute {name!r}")
