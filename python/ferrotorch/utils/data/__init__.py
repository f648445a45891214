"""Datasets, samplers and the `DataLoader`."""

from __future__ import annotations

import importlib
from typing import Any

from ._collate import collate, default_collate, default_collate_fn_map, default_convert
from ._worker import get_worker_info
from .dataloader import DataLoader
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .distributed import DistributedSampler
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "collate",
    "default_collate",
    "default_collate_fn_map",
    "default_convert",
    "get_worker_info",
    "random_split",
]

_PARTS = ("_utils", "datapipes", "graph", "graph_settings")
_OF_PIPES = ("DataChunk", "IterDataPipe", "MapDataPipe", "functional_datapipe")


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in _PARTS:
        return importlib.import_module(f"ferrotorch.utils.data.{name}")
    if name in _OF_PIPES:
        return getattr(importlib.import_module("ferrotorch.utils.data.datapipes"), name)
    if name == "_DatasetKind":
        from .dataloader import _DatasetKind

        return _DatasetKind
    raise AttributeError(f"module 'torch.utils.data' has no attribute {name!r}")
