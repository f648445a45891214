"""Modules whose parameters, gradients and optimizer states are spread over processes."""

from __future__ import annotations

import importlib
from typing import Any

from ferrotorch.distributed.fsdp._fully_shard import (
    FSDPModule,
    UnshardHandle,
    fully_shard,
    register_fsdp_forward_method,
)
from ferrotorch.distributed.fsdp._policies import CPUOffloadPolicy, MixedPrecisionPolicy, OffloadPolicy

# Names of the older interface live in a module of their own.
_OLDER = (
    "BackwardPrefetch", "CPUOffload", "FullOptimStateDictConfig", "FullStateDictConfig", "FullyShardedDataParallel",
    "LocalOptimStateDictConfig", "LocalStateDictConfig", "MixedPrecision", "OptimStateDictConfig", "OptimStateKeyType",
    "ShardedOptimStateDictConfig", "ShardedStateDictConfig", "ShardingStrategy", "StateDictConfig",
    "StateDictSettings", "StateDictType",
)  # fmt: skip

__all__ = [
    "BackwardPrefetch", "CPUOffload", "CPUOffloadPolicy", "FSDPModule", "FullOptimStateDictConfig",
    "FullStateDictConfig", "FullyShardedDataParallel", "LocalOptimStateDictConfig", "LocalStateDictConfig",
    "MixedPrecision", "MixedPrecisionPolicy", "OffloadPolicy", "OptimStateDictConfig", "OptimStateKeyType",
    "ShardedOptimStateDictConfig", "ShardedStateDictConfig", "ShardingStrategy", "StateDictConfig",
    "StateDictSettings", "StateDictType", "UnshardHandle", "fully_shard", "register_fsdp_forward_method",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """A name of the older interface, or a part, loaded at its first use."""
    if name in _OLDER:
        return getattr(importlib.import_module("ferrotorch.distributed.fsdp.fully_sharded_data_parallel"), name)
    if name in ("api", "wrap", "fully_sharded_data_parallel", "sharded_grad_scaler"):
        return importlib.import_module(f"ferrotorch.distributed.fsdp.{name}")
    raise AttributeError(f"module 'torch.distributed.fsdp' has no attribute {name!r}")
