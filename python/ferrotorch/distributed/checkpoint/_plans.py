"""Plans as default planners make them: of one process, and of all together."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from ferrotorch.distributed.checkpoint.metadata import (
    STORAGE_TYPES,
    BytesStorageMetadata,
    ChunkStorageMetadata,
    Metadata,
    TensorStorageMetadata,
)
from ferrotorch.distributed.checkpoint.planner import LoadPlan, SavePlan, WriteItem, WriteItemType
from ferrotorch.distributed.checkpoint.planner_helpers import _create_read_items, _create_write_items, overlap
from ferrotorch.distributed.checkpoint.protocol import _is_checkpointable_tensor
from ferrotorch.distributed.tensor._api import DTensor

__all__ = [
    "create_default_global_load_plan",
    "create_default_global_save_plan",
    "create_default_local_load_plan",
    "create_default_local_save_plan",
]


def _is_elsewhere(value: Any) -> bool:
    """Is it a tensor over processes of which this is none?"""
    return isinstance(value, DTensor) and value.device_mesh.get_coordinate() is None


def create_default_local_save_plan(state_dict: dict[str, Any], is_coordinator: bool) -> SavePlan:
    """Everything that this process has: what others have too is taken out of all plans but one later.

    Args:
        state_dict: The values by names.
        is_coordinator: Accepted: it makes no difference.
    """
    return SavePlan(
        [
            item
            for name, value in state_dict.items()
            if not _is_elsewhere(value)
            for item in _create_write_items(name, value)
        ]
    )


def create_default_global_save_plan(
    all_plans: list[SavePlan], rewrite_index_hints: bool = True
) -> tuple[list[SavePlan], Metadata]:
    """What is in the checkpoint that plans write, and the plans.

    Args:
        all_plans: One for each process; no item is in two of them.
        rewrite_index_hints: Number the pieces of each tensor in the indices of the plans that are returned.

    Raises:
        AssertionError: two values, or two whole tensors, of the same name.
    """
    entries: dict[str, STORAGE_TYPES] = {}
    plans = []
    for plan in all_plans:
        items = [_entered(item, entries, rewrite_index_hints) for item in plan.items]
        plans.append(dataclasses.replace(plan, items=items))
    return plans, Metadata(entries)


def _entered(item: WriteItem, entries: dict[str, STORAGE_TYPES], numbers_pieces: bool) -> WriteItem:
    """Add what an item writes to the entries of a checkpoint; returns the item, with the number of its piece."""
    name, data = item.index.fqn, item.tensor_data
    if item.type is not WriteItemType.SHARD and name in entries:
        raise AssertionError(f"two processes write {name}")
    if item.type is WriteItemType.BYTE_IO:
        entries[name] = BytesStorageMetadata()
        return item
    if data is None or data.chunk is None:
        raise AssertionError(f"Cannot create MD for tensor without bounds. FQN: {name}")
    entry = entries.setdefault(name, TensorStorageMetadata(properties=data.properties, size=data.size, chunks=[]))
    assert isinstance(entry, TensorStorageMetadata)
    entry.chunks.append(data.chunk)
    if not numbers_pieces:
        return item
    return dataclasses.replace(item, index=dataclasses.replace(item.index, index=len(entry.chunks) - 1))


def _create_default_local_metadata(state_dict: dict[str, Any]) -> Metadata:
    """What would be in a checkpoint of this process's state alone."""
    _, metadata = create_default_global_save_plan([create_default_local_save_plan(state_dict, True)])
    return metadata


def create_default_local_load_plan(state_dict: dict[str, Any], metadata: Metadata, strict: bool = True) -> LoadPlan:
    """What fills the values of a state.

    Args:
        state_dict: The values by names.
        metadata: What is in the checkpoint.
        strict: False: what the checkpoint does not have is left as it is.

    Raises:
        RuntimeError: the checkpoint has no entry of a name.
        ValueError: a tensor has another shape there.
    """
    requests = []
    for name, value in state_dict.items():
        entry = metadata.state_dict_metadata.get(name)
        if entry is None:
            if strict:
                raise RuntimeError(f"Missing key in checkpoint state_dict: {name}.")
            continue
        if isinstance(entry, TensorStorageMetadata) and getattr(value, "size", None) is not None:
            size = value.global_shape if _is_checkpointable_tensor(value) else value.size()
            if tuple(entry.size) != tuple(size):
                raise ValueError(f"Size mismatch between saved {entry.size} and current: {size} for {name}")
        if not _is_elsewhere(value):
            requests += _create_read_items(name, entry, value)
    return LoadPlan(requests)


def create_default_global_load_plan(all_plans: list[LoadPlan]) -> list[LoadPlan]:
    """The plans as they are: processes read without one another."""
    return all_plans


def problems(plans: list[SavePlan], metadata: Metadata) -> list[str]:
    """What is wrong with a checkpoint: pieces outside of their tensor, on one another, or not all of it."""
    found = []
    for key, entry in metadata.state_dict_metadata.items():
        if isinstance(entry, BytesStorageMetadata) or not entry.size:
            continue
        found += [
            f"key:{key} has out of bounds chunk: tensor-size:{entry.size} chunk: {chunk}"
            for chunk in entry.chunks
            if not _is_inside(chunk, entry.size)
        ]
        found += [f"key:{key} has overlapping chunks: {one} {other}" for one, other in _on_one_another(entry)]
        volume, filled = math.prod(entry.size), sum(math.prod(chunk.sizes) for chunk in entry.chunks)
        if len(plans) > 1 and filled != volume:
            found.append(f"key:{key} invalid fill tensor-volume: {volume} chunks-volume: {filled}")
    return found


def _is_inside(chunk: ChunkStorageMetadata, size: Sequence[int]) -> bool:
    return all(
        begin >= 0 and length >= 0 and begin + length <= whole
        for begin, length, whole in zip(chunk.offsets, chunk.sizes, size, strict=True)
    )


def _on_one_another(entry: TensorStorageMetadata) -> list[tuple[ChunkStorageMetadata, ChunkStorageMetadata]]:
    """Pieces that have elements in common. Along the longest dimension only neighbours can have."""
    dim = max(range(len(entry.size)), key=lambda each: entry.size[each])
    found, open_ones = [], list[ChunkStorageMetadata]()
    for chunk in sorted(entry.chunks, key=lambda each: tuple(each.offsets[dim:]) + tuple(each.offsets[:dim])):
        open_ones = [each for each in open_ones if each.offsets[dim] + each.sizes[dim] > chunk.offsets[dim]]
        found += [(each, chunk) for each in open_ones if overlap(each, chunk)]
        open_ones.append(chunk)
    return found
