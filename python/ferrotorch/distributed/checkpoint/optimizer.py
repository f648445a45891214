"""States of optimizers, read in pieces."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._nested_dict import unflatten_state_dict
from ferrotorch.distributed.checkpoint.metadata import STATE_DICT_TYPE, TensorStorageMetadata
from ferrotorch.distributed.checkpoint.planner import LoadPlanner
from ferrotorch.distributed.checkpoint.state_dict_loader import load_state_dict
from ferrotorch.distributed.checkpoint.storage import StorageReader
from ferrotorch.distributed.tensor import DTensor, Shard, distribute_tensor

__all__ = ["load_sharded_optimizer_state_dict"]


def load_sharded_optimizer_state_dict(
    model_state_dict: STATE_DICT_TYPE,
    optimizer_key: str,
    storage_reader: StorageReader,
    planner: LoadPlanner | None = None,
) -> STATE_DICT_TYPE:
    """Read the state of an optimizer of a module that is spread over processes, without having one before.

    Args:
        model_state_dict: The module's state: tensors of the optimizer that have the shape of its parameter lie as that
            does.
        optimizer_key: The key at the top of the checkpoint.
        storage_reader: Who reads.
        planner: Who decides what is read.

    Returns:
        A dict with that key: nested as it was saved, tensors as `DTensor` where they are spread, others (steps) whole.
        :meth:`FullyShardedDataParallel.optim_state_dict_to_load` and `set_optimizer_state_dict` take what is in it.
    """
    metadata = storage_reader.read_metadata()
    places = {name: path for name, path in metadata.planner_data.items() if path[0] == optimizer_key}
    state: dict[str, Any] = {}
    for name, path in places.items():
        entry = metadata.state_dict_metadata[name]
        state[name] = _room(entry, path, model_state_dict) if isinstance(entry, TensorStorageMetadata) else None
    load_state_dict(state, storage_reader, planner=planner)
    return unflatten_state_dict(state, places)


def _room(entry: TensorStorageMetadata, path: tuple[Any, ...], parameters: STATE_DICT_TYPE) -> torch.Tensor:
    """A tensor to read into: cut along the first dimension, unless the parameter lies otherwise."""
    made = torch.zeros(entry.size, dtype=entry.properties.dtype)
    if entry.size.numel() == 1 or not torch.distributed.is_initialized():
        return made
    parameter = parameters.get(str(path[2])) if len(path) > 2 else None
    if isinstance(parameter, DTensor) and tuple(parameter.shape) == tuple(entry.size):
        return distribute_tensor(made, parameter.device_mesh, parameter.placements, src_data_rank=None)
    return distribute_tensor(made, placements=[Shard(0)], src_data_rank=None)
