"""Shapes of parts of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ferrotorch.distributed.tensor.placement_types import Placement, Shard

__all__ = ["compute_local_shape_and_global_offset"]


def compute_local_shape_and_global_offset(
    global_shape: Sequence[int], mesh: Any, placements: Sequence[Placement]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape of this process's part of a tensor, and where it begins in the whole.

    Args:
        global_shape: the shape of the whole.
        mesh: the mesh: it has ``size(dim)`` and ``get_coordinate()``.
        placements: how the tensor lies along each dimension of the mesh.
    """
    place = mesh.get_coordinate()
    if place is None:
        return (0,), ()
    shape, offset = list(global_shape), [0] * len(global_shape)
    for mesh_dim, placement in enumerate(placements):
        if isinstance(placement, Shard):
            dim = placement.dim
            size, begin = Shard.local_shard_size_and_offset(shape[dim], mesh.size(mesh_dim), place[mesh_dim])
            shape[dim], offset[dim] = size, offset[dim] + begin
    return tuple(shape), tuple(offset)
