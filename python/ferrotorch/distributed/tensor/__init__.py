"""Tensors whose parts lie in the processes of a mesh, and modules whose parameters are such tensors."""

from __future__ import annotations

import importlib
from typing import Any

from ferrotorch.distributed.device_mesh import DeviceMesh, init_device_mesh
from ferrotorch.distributed.tensor._api import DTensor, _rebuilt, distribute_module, distribute_tensor
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec
from ferrotorch.distributed.tensor._factories import empty, full, ones, rand, randn, zeros
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard
from ferrotorch.serialization import add_safe_globals

__all__ = [
    "DTensor", "DeviceMesh", "Partial", "Placement", "Replicate", "Shard", "distribute_module", "distribute_tensor",
    "empty", "full", "init_device_mesh", "ones", "rand", "randn", "zeros",
]  # fmt: skip

# What files hold of tensors over several processes, `load` may make.
add_safe_globals([DTensorSpec, DeviceMesh, Partial, Replicate, Shard, _rebuilt])


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in ("debug", "experimental", "parallel"):
        return importlib.import_module(f"ferrotorch.distributed.tensor.{name}")
    raise AttributeError(f"module 'torch.distributed.tensor' has no attribute {name!r}")
