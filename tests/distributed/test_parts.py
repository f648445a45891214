"""The arithmetic of parts of tensors."""

from __future__ import annotations

import pytest
from ferrotorch.distributed.tensor import Partial, Replicate, Shard
from ferrotorch.distributed.tensor._utils import compute_local_shape_and_global_offset


@pytest.mark.parametrize(
    ("length", "parts"), [(10, [(4, 0), (4, 4), (2, 8)]), (2, [(1, 0), (1, 1), (0, 2)]), (0, [(0, 0), (0, 0), (0, 0)])]
)
def test_lengths_of_parts(length, parts):
    assert [Shard.local_shard_size_and_offset(length, 3, rank) for rank in range(3)] == parts


def test_shapes_of_parts():
    class Mesh:
        def size(self, dim):
            return (2, 3)[dim]

        def get_coordinate(self):
            return [1, 2]

    shape, offset = compute_local_shape_and_global_offset((5, 7), Mesh(), [Shard(0), Shard(1)])
    assert shape == (2, 1) and offset == (3, 6)
    assert compute_local_shape_and_global_offset((5, 7), Mesh(), [Replicate(), Replicate()]) == ((5, 7), (0, 0))
    assert Shard(1).is_shard() and Shard(1).is_shard(1) and not Shard(1).is_shard(0)
    assert Replicate().is_replicate() and Partial().is_partial("sum") and Shard(0) == Shard(0)
