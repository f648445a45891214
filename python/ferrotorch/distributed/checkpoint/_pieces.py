"""The pieces of tensors over processes, as checkpoints have them."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch.distributed.checkpoint.metadata import ChunkStorageMetadata, MetadataIndex, TensorProperties
from ferrotorch.distributed.checkpoint.planner import TensorWriteData, WriteItem, WriteItemType
from ferrotorch.distributed.tensor._api import DTensor, unwrap

__all__ = ["chunk_of", "write_items"]


def chunk_of(tensor: DTensor) -> ChunkStorageMetadata:
    """Which rectangle of a tensor this process has."""
    spec = tensor._spec
    return ChunkStorageMetadata(offsets=torch.Size(spec.local_offset()), sizes=torch.Size(spec.local_shape()))


def write_items(name: str, tensor: DTensor) -> list[WriteItem]:
    """What this process has to write of a tensor; of copies all say the same.

    Raises:
        RuntimeError: processes have summands of it.
    """
    if any(placement.is_partial() for placement in tensor.placements):
        raise RuntimeError(f"save: {name} is spread as {tensor.placements}: redistribute it to Shard or Replicate")
    chunk = chunk_of(tensor)
    properties = TensorProperties.create_from_tensor(unwrap(tensor).detach())
    data = TensorWriteData(chunk=chunk, properties=properties, size=torch.Size(tensor.shape))
    return [WriteItem(MetadataIndex(name, chunk.offsets), WriteItemType.SHARD, tensor_data=data)]
