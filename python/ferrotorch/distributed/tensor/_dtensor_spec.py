"""What a tensor over several processes is, besides the part in this one: mesh, placements, shape of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor.placement_types import Placement, Replicate, Shard, _StridedShard

__all__ = ["DTensorSpec", "checked_placements"]

Placements = tuple[Placement, ...]


@dataclass(frozen=True)
class DTensorSpec:
    """How a tensor lies in a mesh."""

    mesh: DeviceMesh
    placements: Placements
    shape: torch.Size
    # The strides that the whole is said to have, where somebody said so; else they are contiguous ones.
    stride: tuple[int, ...] | None = None

    @property
    def ndim(self) -> int:
        """The number of dimensions of the whole."""
        return len(self.shape)

    def with_placements(self, placements: Sequence[Placement]) -> DTensorSpec:
        """The same tensor with other placements."""
        return DTensorSpec(self.mesh, tuple(placements), self.shape, self.stride)

    def order(self) -> list[int]:
        """Those dimensions of the mesh that cut the tensor, in the order in which they do."""
        cutting = [i for i, placement in enumerate(self.placements) if isinstance(placement, Shard)]
        return sorted(cutting, key=lambda i: isinstance(self.placements[i], _StridedShard))

    def extent_before(self, mesh_dim: int, coordinate: Sequence[int]) -> int:
        """How long what a dimension of the mesh cuts is, where the process ``coordinate`` stands."""
        placement = self.placements[mesh_dim]
        assert isinstance(placement, Shard)
        length = self.shape[placement.dim]
        for each in self.order():
            if each == mesh_dim:
                break
            if self.placements[each].is_shard(placement.dim):
                length, _ = Shard.local_shard_size_and_offset(length, self.mesh.size(each), coordinate[each])
        return length

    def local_shape(self) -> tuple[int, ...]:
        """The shape of this process's part."""
        coordinate, shape = self.coordinate(), list(self.shape)
        for mesh_dim in self.order():
            placement = self.placements[mesh_dim]
            assert isinstance(placement, Shard)
            size, rank = self.mesh.size(mesh_dim), coordinate[mesh_dim]
            shape[placement.dim], _ = Shard.local_shard_size_and_offset(shape[placement.dim], size, rank)
        return tuple(shape)

    def local_offset(self) -> tuple[int, ...]:
        """Where this process's part begins in the whole."""
        coordinate, shape, offset = self.coordinate(), list(self.shape), [0] * self.ndim
        for mesh_dim in self.order():
            placement = self.placements[mesh_dim]
            assert isinstance(placement, Shard)
            dim, size, rank = placement.dim, self.mesh.size(mesh_dim), coordinate[mesh_dim]
            shape[dim], begin = Shard.local_shard_size_and_offset(shape[dim], size, rank)
            offset[dim] += begin
        return tuple(offset)

    def is_first_copy(self) -> bool:
        """Is this process the first of those that have the same part?"""
        pairs = zip(self.coordinate(), self.placements, strict=True)
        return all(place == 0 for place, placement in pairs if not isinstance(placement, Shard))

    def coordinate(self) -> tuple[int, ...]:
        """Where this process stands in the mesh.

        Raises:
            RuntimeError: it is not in the mesh.
        """
        found = self.mesh.get_coordinate()
        if found is None:
            raise RuntimeError(f"rank {self.mesh.get_rank()} is not part of {self.mesh}")
        return found

    def __str__(self) -> str:
        return f"Spec({''.join(map(str, self.placements))} on {tuple(self.shape)})"


def checked_placements(placements: Sequence[Placement] | None, mesh: DeviceMesh, ndim: int) -> Placements:
    """The placements of a call: by default `Replicate`; dimensions counted from the end are counted from the front.

    Raises:
        ValueError: another number of them than the mesh has dimensions.
        RuntimeError: a dimension that the tensor does not have.
    """
    if placements is None:
        return (Replicate(),) * mesh.ndim
    if len(placements) != mesh.ndim:
        raise ValueError(
            f"`placements` must have the same length as `device_mesh.ndim`! Found placements length: "
            f"{len(placements)}, and device_mesh.ndim: {mesh.ndim}."
        )
    return tuple(_checked(placement, ndim) for placement in placements)


def _checked(placement: Placement, ndim: int) -> Placement:
    if not isinstance(placement, Shard):
        return placement
    dim = placement.dim + ndim if placement.dim < 0 else placement.dim
    if not 0 <= dim < max(ndim, 1):
        raise RuntimeError(f"Sharding dim {placement.dim} greater than tensor ndim {ndim}")
    if isinstance(placement, _StridedShard):
        return _StridedShard(dim, placement.split_factor)
    return Shard(dim)
