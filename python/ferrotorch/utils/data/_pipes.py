"""What loaders do with pipes: each worker of each process takes its part, in an order that all agree on."""

from __future__ import annotations

import sys
from typing import Any

import ferrotorch

__all__ = ["is_pipe", "seed_pipe", "shard_pipe", "shared_seed_of"]


def is_pipe(dataset: Any) -> bool:
    """Is it an ``IterDataPipe``? No data set is, unless their module has been loaded."""
    module = sys.modules.get("ferrotorch.utils.data.datapipes.datapipe")
    return module is not None and isinstance(dataset, module.IterDataPipe)


def shared_seed_of(dataset: Any) -> int | None:
    """For a pipe a seed that all processes and workers of an epoch get; None for other data sets."""
    if not is_pipe(dataset):
        return None
    from .datapipes import shared_seed

    return shared_seed()


def seed_pipe(dataset: Any, seed: int | None) -> None:
    """Let what a pipe draws follow from the seed of an epoch; nothing without one."""
    if seed is not None:
        from .graph_settings import apply_random_seed

        apply_random_seed(dataset, ferrotorch.Generator().manual_seed(seed))


def shard_pipe(dataset: Any, parts: int, part: int) -> None:
    """Let a pipe give one part of its samples; nothing for other data sets."""
    if is_pipe(dataset):
        from .graph_settings import apply_sharding

        apply_sharding(dataset, parts, part)
