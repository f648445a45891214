"""Modules computed by several processes together: by columns, by rows, by parts of sequences."""

from __future__ import annotations

from ferrotorch.distributed.tensor.parallel._api import parallelize_module
from ferrotorch.distributed.tensor.parallel._loss import loss_parallel
from ferrotorch.distributed.tensor.parallel._styles import (
    ColwiseParallel,
    ParallelStyle,
    PrepareModuleInput,
    PrepareModuleInputOutput,
    PrepareModuleOutput,
    RowwiseParallel,
    SequenceParallel,
)

__all__ = [
    "ColwiseParallel",
    "ParallelStyle",
    "PrepareModuleInput",
    "PrepareModuleInputOutput",
    "PrepareModuleOutput",
    "RowwiseParallel",
    "SequenceParallel",
    "loss_parallel",
    "parallelize_module",
]
