"""Plain tensors that are parts of larger ones, and say so in attributes."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import ferrotorch as torch
from ferrotorch.distributed.checkpoint.metadata import ChunkStorageMetadata, MetadataIndex

__all__ = ["CheckpointableTensor"]

Sizes = tuple[int, ...]
_ATTRIBUTES = ("global_shape", "global_offsets", "local_offsets", "local_sizes")


@runtime_checkable
class CheckpointableTensor(Protocol):
    """A tensor of this process that holds pieces of a larger one.

    Attributes:
        global_shape: The shape of the whole.
        global_offsets: Where each piece begins in the whole.
        local_offsets: Where each piece begins in the tensor.
        local_sizes: How long each piece is.
    """

    global_shape: Sizes
    global_offsets: tuple[Sizes, ...]
    local_offsets: tuple[Sizes, ...]
    local_sizes: tuple[Sizes, ...]


def _is_checkpointable_tensor(thing: object) -> bool:
    return isinstance(thing, torch.Tensor) and all(hasattr(thing, name) for name in _ATTRIBUTES)


def _copy_checkpointable_tensor_metadata(source: Any, target: Any) -> None:
    for name in _ATTRIBUTES:
        setattr(target, name, getattr(source, name))


def _get_checkpointable_tensor_chunks(tensor: Any) -> list[ChunkStorageMetadata]:
    """The pieces of a tensor.

    Raises:
        ValueError: they do not lie in it, or in the whole.
    """
    _validate(tensor)
    return [
        ChunkStorageMetadata(offsets=torch.Size(offset), sizes=torch.Size(size))
        for offset, size in zip(tensor.global_offsets, tensor.local_sizes, strict=True)
    ]


def _get_checkpointable_tensor_shard(tensor: Any, index: MetadataIndex) -> torch.Tensor:
    """The piece of a tensor that begins at ``index.offset``.

    Raises:
        ValueError: there is none.
    """
    _validate(tensor)
    offsets = [torch.Size(each) for each in tensor.global_offsets]
    if index.offset is None:
        if len(offsets) != 1:
            raise ValueError(f"Cannot lookup {index.fqn} with multiple checkpointable shards and no offset")
        number = 0
    elif index.offset in offsets:
        number = offsets.index(index.offset)
    else:
        raise ValueError(f"Could not find checkpointable tensor shard at '{index.offset}' for FQN: '{index.fqn}'")
    window = zip(tensor.local_offsets[number], tensor.local_sizes[number], strict=True)
    found: torch.Tensor = tensor[tuple(slice(begin, begin + size) for begin, size in window)]
    return found


def _validate(tensor: Any) -> None:
    count = len(tensor.global_offsets)
    for name in ("local_offsets", "local_sizes"):
        if len(getattr(tensor, name)) != count:
            raise ValueError(f"global_offsets and {name} must have the same length")
    for number in range(count):
        size = tensor.local_sizes[number]
        _within(f"global shard {number}", tensor.global_offsets[number], size, tensor.global_shape, "global_shape")
        _within(f"local shard {number}", tensor.local_offsets[number], size, tensor.shape, "tensor shape")


def _within(what: str, offset: Sizes, size: Sizes, shape: Sizes, of: str) -> None:
    if not len(offset) == len(size) == len(shape):
        raise ValueError(f"{what} must have {len(shape)} dimensions")
    for dim, (begin, length, whole) in enumerate(zip(offset, size, shape, strict=True)):
        if begin < 0 or length < 0 or begin + length > whole:
            raise ValueError(f"{what} dimension {dim} is outside {of}")
