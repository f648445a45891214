"""Parts of groups, meshes of groups that are there, and collectives that return new tensors."""

from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
import torch.distributed._functional_collectives as funcol
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
halves = [list(range(size // 2)), list(range(size // 2, size))[::-1]]


def total(group, value=rank):
    tensor = torch.tensor([float(value)])
    dist.all_reduce(tensor, group=group)
    return tensor.item()


def check_splits():
    mine = halves[rank >= size // 2]
    part = dist.split_group(split_ranks=halves, group_desc="half")
    assert part.ranks == mine and part.group_desc == "half" and part.rank() == mine.index(rank)
    assert total(part) == sum(mine) and dist.get_process_group_ranks(part) == mine
    # Ranks are those of the parent, in which the second half is turned round.
    if len(mine) == 2:
        single = dist.split_group(part, [[1], [0]])
        assert single.ranks == [rank]
    alone = dist.split_group(split_ranks=[[0]])
    assert alone.size() == 1 if rank == 0 else alone == dist.GroupMember.NON_GROUP_MEMBER
    for parts, text in ((None, "None or empty"), ([], "None or empty"), ([[0], [0]], "duplicate"), ([[9]], "of the")):
        with pytest.raises(ValueError, match=text):
            dist.split_group(split_ranks=parts)
    groups = dist.new_subgroups(size // 2)
    assert total(groups[0]) == sum(sorted(mine)) and len(groups[1]) == 2
    rest = dist.new_group(list(range(1, size)))
    if rank:
        own, parts = dist.new_subgroups(1, group=rest)
        assert own.ranks == [rank] and len(parts) == size - 1


def check_orders_and_times():
    turned = dist.new_group(list(range(size))[::-1], sort_ranks=False)
    assert turned.ranks == list(range(size))[::-1] and turned.rank() == size - 1 - rank
    assert dist.new_group(list(range(size))[::-1]).rank() == rank
    dist.barrier(timeout=timedelta(seconds=60))
    slow = dist.new_group()
    if rank == 0:
        with pytest.raises(dist.DistBackendError, match=r"barrier: timed out after 0.2 s"):
            dist.barrier(slow, timeout=timedelta(seconds=0.2))
    dist.barrier()
    if rank != 0:
        dist.barrier(slow)


def check_meshes():
    mesh = init_device_mesh("cpu", (2, size // 2, 1), mesh_dim_names=("a", "b", "c"))
    flat = mesh["a", "b"]._flatten("ab")
    assert flat.mesh.tolist() == list(range(size)) and flat.mesh_dim_names == ("ab",)
    assert mesh["ab"] is flat and mesh["a", "b"]._flatten("ab") is flat
    assert total(mesh["ab"].get_group()) == sum(range(size)) and flat.get_local_rank() == rank
    assert mesh["b", "c"]._flatten().mesh_dim_names == ("b_c",) and mesh["a"]._flatten().mesh_dim_names == ("a",)
    with pytest.raises(ValueError, match="already exists"):
        mesh["a", "b"]._flatten("c")
    with pytest.raises(KeyError, match="Invalid mesh_dim_name"):
        mesh["nothing"]
    with pytest.raises(KeyError, match="should be in ascending order"):
        mesh["b", "a"]
    with pytest.raises(RuntimeError, match="Cannot slice a DeviceMesh without mesh_dim_names"):
        init_device_mesh("cpu", (size,))["a"]
    joined = mesh["ab", "c"]
    assert joined.mesh.tolist() == [[each] for each in range(size)] and joined.mesh_dim_names == ("ab", "c")
    assert joined.get_group("ab") is flat.get_group() and mesh.get_group("ab") is flat.get_group()
    part = dist.split_group(split_ranks=halves)
    made = DeviceMesh.from_group(part, "cpu")
    assert made.mesh.tolist() == part.ranks and made.get_group() is part
    grid = DeviceMesh.from_group(
        [mesh.get_group("a"), mesh.get_group("b")], "cpu", mesh.mesh[..., 0], mesh_dim_names=("x", "y")
    )
    assert grid["y"].get_group() is mesh.get_group("b") and grid.get_coordinate() == mesh.get_coordinate()[:2]
    for wrong in ([part, part], []):
        with pytest.raises(ValueError, match=r"Expects mesh with ndim equal|at least one ProcessGroup"):
            DeviceMesh.from_group(wrong, "cpu", [0])
    with pytest.raises(ValueError, match="Invalid mesh"):
        DeviceMesh.from_group(part, "cpu", [7])


def check_new_tensors():
    mesh = init_device_mesh("cpu", (size,), mesh_dim_names=("all",))
    x = torch.arange(2.0 * size).view(2, size) + 100 * rank
    everyone = [torch.arange(2.0 * size).view(2, size) + 100 * each for each in range(size)]
    ranks = list(range(size))
    for group in (None, dist.group.WORLD, mesh, (mesh, 0), dist.group.WORLD.group_name, ranks, [ranks]):
        assert torch.equal(funcol.all_reduce(x, "sum", group), sum(everyone))
        assert torch.equal(funcol.all_gather_tensor(x, 1, group), torch.cat(everyone, 1))
    assert torch.equal(funcol.all_reduce(x.t(), "max"), everyone[-1].t())
    one, other = funcol.all_reduce_coalesced([x, 2 * x], "sum")
    assert torch.equal(one, sum(everyone)) and torch.equal(other, 2 * sum(everyone))
    assert torch.equal(funcol.broadcast(x, size - 1), everyone[-1])
    assert torch.equal(funcol.reduce_scatter_tensor(x, "sum", 1), sum(everyone)[:, rank : rank + 1])
    assert torch.equal(funcol.reduce_scatter_tensor(x, "avg", 1), sum(everyone)[:, rank : rank + 1] / size)
    parts = funcol.reduce_scatter_tensor_coalesced([x, x.t().contiguous()], "sum", [1, 0])
    assert torch.equal(parts[0], parts[1].t())
    assert torch.equal(funcol.all_gather_into_tensor_coalesced([x])[0], torch.cat(everyone))
    # Everybody sends to the next one.
    assert torch.equal(funcol.permute_tensor(x, [(each + 1) % size for each in range(size)]), everyone[rank - 1])
    with pytest.raises(ValueError, match="must be a permutation"):
        funcol.permute_tensor(x, [0] * size)
    with pytest.raises(AssertionError, match="multiple of group_size"):
        funcol.reduce_scatter_tensor(torch.ones(size + 1), "sum", 0)
    assert not funcol.all_reduce(x.clone().requires_grad_(), "sum").requires_grad


def check_derivatives():
    weights = torch.arange(2.0 * size * size).view(2 * size, size) + rank
    x = torch.ones(2, size, requires_grad=True)
    (funcol.all_gather_tensor_autograd(x, 0) * weights).sum().backward()
    expected = size * torch.arange(2.0 * size * size).view(2 * size, size) + sum(range(size))
    assert torch.equal(x.grad, expected[2 * rank : 2 * rank + 2])
    for op, share in (("sum", 1), ("avg", size)):
        x = torch.ones(2, size, requires_grad=True)
        (funcol.reduce_scatter_tensor_autograd(x, op, 1) * (rank + 1)).sum().backward()
        assert torch.equal(x.grad, torch.arange(1.0, size + 1).expand(2, size) / share)
    with pytest.raises(ValueError, match="has no derivative"):
        funcol.reduce_scatter_tensor_autograd(x, "max", 1)


check_splits()
check_orders_and_times()
check_meshes()
check_new_tensors()
check_derivatives()
dist.destroy_process_group()
