"""What planners are made of: items for the values of a state, and rectangles that meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint.metadata import (
    STATE_DICT_TYPE,
    STORAGE_TYPES,
    BytesStorageMetadata,
    ChunkStorageMetadata,
    MetadataIndex,
    TensorProperties,
    TensorStorageMetadata,
)
from ferrotorch.distributed.checkpoint.planner import (
    LoadItemType,
    ReadItem,
    SavePlan,
    TensorWriteData,
    WriteItem,
    WriteItemType,
)
from ferrotorch.distributed.checkpoint.protocol import (
    _copy_checkpointable_tensor_metadata,
    _get_checkpointable_tensor_chunks,
    _is_checkpointable_tensor,
)

__all__ = ["create_read_items_for_chunk_list"]

Tensor = torch.Tensor


def _chunk_of_whole(tensor: Tensor) -> ChunkStorageMetadata:
    return ChunkStorageMetadata(offsets=torch.Size([0] * tensor.dim()), sizes=torch.Size(tensor.shape))


def _create_write_items(fqn: str, object: Any) -> list[WriteItem]:
    """What there is to write of a value of a state.

    An object that has ``__create_write_items__(fqn, object)``, as a `DTensor` does, says so itself.
    """
    own = getattr(object, "__create_write_items__", None)
    if own is not None:
        items: list[WriteItem] = own(fqn, object)
        return items
    if _is_checkpointable_tensor(object):
        properties, size = TensorProperties.create_from_tensor(object), torch.Size(object.global_shape)
        return [
            _tensor_item(MetadataIndex(fqn, chunk.offsets, number), chunk, properties, size, WriteItemType.SHARD)
            for number, chunk in enumerate(_get_checkpointable_tensor_chunks(object))
        ]
    if isinstance(object, Tensor):
        return [_create_write_item_for_tensor(fqn, object)]
    return [WriteItem(index=MetadataIndex(fqn), type=WriteItemType.BYTE_IO)]


def _create_write_item_for_tensor(fqn: str, tensor: Tensor) -> WriteItem:
    """What there is to write of a tensor that is whole in this process."""
    chunk, properties = _chunk_of_whole(tensor), TensorProperties.create_from_tensor(tensor)
    index = MetadataIndex(fqn, chunk.offsets)
    return _tensor_item(index, chunk, properties, torch.Size(tensor.shape), WriteItemType.TENSOR)


def _tensor_item(
    index: MetadataIndex, chunk: ChunkStorageMetadata, properties: TensorProperties, size: torch.Size, type: Any
) -> WriteItem:
    return WriteItem(index=index, type=type, tensor_data=TensorWriteData(chunk, properties, size))


def _create_chunk_list(tensor: Any) -> list[ChunkStorageMetadata]:
    """The pieces of a tensor that this process has.

    Raises:
        ValueError: it is no tensor.
    """
    own = getattr(tensor, "__create_chunk_list__", None)
    if own is not None:
        chunks: list[ChunkStorageMetadata] = own()
        return chunks
    if _is_checkpointable_tensor(tensor):
        return _get_checkpointable_tensor_chunks(tensor)
    if isinstance(tensor, Tensor):
        return [_chunk_of_whole(tensor)]
    raise ValueError(f"Unsupported Type, expecting one of [Tensor, DTensor] ,but got {type(tensor)}")


def _create_read_items(fqn: str, md: STORAGE_TYPES, obj: Any) -> list[ReadItem]:
    """What there is to read for a value of a state.

    Raises:
        ValueError: the checkpoint has a tensor, the state has something else.
    """
    if isinstance(md, BytesStorageMetadata):
        nothing = torch.Size((0,))
        return [ReadItem(LoadItemType.BYTE_IO, MetadataIndex(fqn), nothing, MetadataIndex(fqn), nothing, nothing)]
    try:
        chunks = _create_chunk_list(obj)
    except ValueError as error:
        raise ValueError(
            f"Invalid checkpoint metadata for {fqn}, expected BytesStorageMetadata but found {type(md)}"
        ) from error
    return create_read_items_for_chunk_list(fqn, md, chunks)


def create_read_items_for_chunk_list(
    fqn: str, checkpoint_md: TensorStorageMetadata, local_chunks: list[ChunkStorageMetadata]
) -> list[ReadItem]:
    """What fills the pieces of a tensor that this process has, of the pieces that a checkpoint has.

    Args:
        fqn: The name of the tensor.
        checkpoint_md: What the checkpoint has of it.
        local_chunks: What this process has.
    """
    items = []
    for number, chunk in enumerate(local_chunks):
        for stored_number, stored in _meeting(chunk, checkpoint_md.chunks):
            begins = [max(a, b) for a, b in zip(chunk.offsets, stored.offsets, strict=True)]
            items.append(
                ReadItem(
                    type=LoadItemType.TENSOR,
                    dest_index=MetadataIndex(fqn, chunk.offsets, number),
                    dest_offsets=_minus(begins, chunk.offsets),
                    storage_index=MetadataIndex(fqn, stored.offsets, stored_number),
                    storage_offsets=_minus(begins, stored.offsets),
                    lengths=_minus([min(a, b) for a, b in zip(_ends(chunk), _ends(stored), strict=True)], begins),
                )
            )
    return items


def _ends(chunk: ChunkStorageMetadata) -> list[int]:
    return [begin + length for begin, length in zip(chunk.offsets, chunk.sizes, strict=True)]


def _minus(places: Sequence[int], origin: Sequence[int]) -> torch.Size:
    return torch.Size(place - begin for place, begin in zip(places, origin, strict=True))


def _meeting(chunk: ChunkStorageMetadata, stored: list[ChunkStorageMetadata]) -> Any:
    """The numbers of pieces that have elements in common with another, and the pieces."""
    return ((number, each) for number, each in enumerate(stored) if overlap(chunk, each))


def overlap(one: ChunkStorageMetadata, other: ChunkStorageMetadata) -> bool:
    """Have two rectangles elements in common?"""
    return all(
        a < b + other_length and b < a + length
        for a, length, b, other_length in zip(one.offsets, one.sizes, other.offsets, other.sizes, strict=True)
    )


def _init_state_dict(state_dict: STATE_DICT_TYPE) -> None:
    """Give the tensors of a state that have no memory (of the device ``meta``) some, for what is loaded."""
    for key, value in state_dict.items():
        state_dict[key] = _with_memory(value)


def _with_memory(value: Any) -> Any:
    if isinstance(value, dict):
        _init_state_dict(value)
        return value
    if isinstance(value, list):
        value[:] = [_with_memory(each) for each in value]
        return value
    if not isinstance(value, Tensor) or value.device.type != "meta":
        return value
    made = torch.empty_like(value, device="cpu")
    if _is_checkpointable_tensor(value):
        _copy_checkpointable_tensor_metadata(value, made)
    return made


def _compare_save_plans(plan: SavePlan, other_plan: SavePlan) -> bool:
    """Do two plans write the same pieces? Properties of tensors do not count."""
    return plan.usable == other_plan.usable and list(map(_essence, plan.items)) == list(map(_essence, other_plan.items))


def _essence(item: WriteItem) -> Any:
    data = item.tensor_data
    return item.type, item.index, item.index.index, None if data is None else (data.size, data.chunk)


def _merge_delta_local_plans(cached_plans: list[SavePlan], delta_plans: list[SavePlan]) -> list[SavePlan]:
    """Plans, with those of last time in the places of what stands for them."""
    return [new if new.usable else old for old, new in zip(cached_plans, delta_plans, strict=True)]
