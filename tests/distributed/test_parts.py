"""The arithmetic of parts of tensors."""

from __future__ import annotations

import ferrotorch as torch
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


@pytest.mark.parametrize(("length", "sizes", "pads"), [(7, [3, 3, 1], [0, 0, 2]), (2, [1, 1, 0], [0, 0, 1])])
def test_parts_of_all(length, sizes, pads):
    whole = torch.arange(2.0 * length).view(2, length)
    parts, none = Shard(1)._split_tensor(whole, 3, with_padding=False)
    assert [part.shape[1] for part in parts] == sizes and torch.equal(torch.cat(parts, 1), whole) and none == []
    padded, found = Shard(1)._split_tensor(whole, 3)
    assert found == pads and {part.shape for part in padded} == {(2, sizes[0])}
    assert all(
        part.is_contiguous() and not part[:, part.shape[1] - pad :].any()
        for part, pad in zip(padded, pads, strict=True)
    )


def test_modules_by_their_names_in_pytorch():
    from ferrotorch.distributed._tensor import experimental as older
    from ferrotorch.distributed.tensor import experimental, parallel
    from ferrotorch.distributed.tensor.parallel import api, loss, style

    assert api.parallelize_module is parallel.parallelize_module and loss.loss_parallel is parallel.loss_parallel
    assert all(getattr(older, name) is getattr(experimental, name) for name in older.__all__)
    assert all(getattr(style, name) is getattr(parallel, name) for name in style.__all__)
