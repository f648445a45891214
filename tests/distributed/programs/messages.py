"""Messages, objects, groups and meshes."""

import os
import warnings

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh

place = (int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), int(os.environ["LOCAL_RANK"]))
dist.init_process_group("nccl")
rank, size = dist.get_rank(), dist.get_world_size()
assert place == (rank, size, rank) and dist.get_backend() == "nccl" and dist.get_node_local_rank() == rank
following, previous = (rank + 1) % size, (rank - 1) % size


def check_messages():
    for dtype in (torch.float32, torch.bfloat16, torch.int64):
        received = torch.empty(3, 2, dtype=dtype).t()
        works = dist.batch_isend_irecv(
            [
                dist.P2POp(dist.isend, torch.full((2, 3), rank, dtype=dtype), following),
                dist.P2POp(dist.irecv, received, previous),
            ]
        )
        for work in works:
            work.wait()
        assert (received == previous).all()
    if rank == 0:
        senders = set()
        for _ in range(size - 1):
            received = torch.empty(1)
            sender = dist.recv(received, tag=3)
            assert received.item() == sender
            senders.add(sender)
        assert senders == set(range(1, size))
    else:
        dist.send(torch.tensor([float(rank)]), 0, tag=3)


def check_objects():
    everything = [None] * size
    dist.all_gather_object(everything, {"rank": rank, "text": "x" * rank})
    assert [each["rank"] for each in everything] == list(range(size))
    assert everything[-1]["text"] == "x" * (size - 1)
    things = [torch.arange(3), {"a": 1}] if rank == 1 else [None, None]
    dist.broadcast_object_list(things, src=1)
    assert things[0].tolist() == [0, 1, 2] and things[1] == {"a": 1}
    own = [None]
    dist.scatter_object_list(own, [str(of) * of for of in range(size)] if rank == 0 else None, src=0)
    assert own == [str(rank) * rank]
    collected = [None] * size if rank == 0 else None
    dist.gather_object((rank,), collected)
    assert collected in (None, [(of,) for of in range(size)])
    if rank == 0:
        dist.send_object_list(["a", 2], 1)
    if rank == 1:
        received = [None, None]
        assert dist.recv_object_list(received, 0) == 0 and received == ["a", 2]


def check_groups():
    last_two = dist.new_group([size - 1, size - 2])
    tensor = torch.tensor([float(rank)])
    if rank < size - 2:
        assert last_two is dist.GroupMember.NON_GROUP_MEMBER and dist.get_rank(last_two) == -1
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert dist.all_reduce(tensor, group=last_two) is None
        assert "does not belong to the given group" in str(caught[0].message)
        return
    assert dist.get_process_group_ranks(last_two) == [size - 2, size - 1]
    dist.all_reduce(tensor, group=last_two)
    assert tensor.item() == 2 * size - 3
    dist.broadcast(tensor.fill_(rank), src=size - 1, group=last_two)
    assert tensor.item() == size - 1
    dist.broadcast(tensor.fill_(rank), group_src=0, group=last_two)
    assert tensor.item() == size - 2 and dist.get_global_rank(last_two, 0) == size - 2
    assert dist.get_group_rank(last_two, size - 1) == 1
    dist.monitored_barrier(last_two)
    dist.destroy_process_group(last_two)


def check_meshes():
    mine, groups = dist.new_subgroups(2)
    assert len(groups) == size // 2 and mine.ranks == [rank - rank % 2, rank - rank % 2 + 1]
    mesh = init_device_mesh("cpu", (size // 2, 2), mesh_dim_names=("rows", "columns"))
    assert mesh.shape == (size // 2, 2) and mesh.get_coordinate() == (rank // 2, rank % 2)
    assert repr(mesh) == f"DeviceMesh((rows={size // 2}, columns=2), 'cpu', stride=(2, 1))"
    assert mesh["columns"].get_group().ranks == mine.ranks and mesh.get_local_rank("rows") == rank // 2
    tensor = torch.tensor([1.0])
    dist.all_reduce(tensor, group=mesh.get_group("rows"))
    assert tensor.item() == size // 2
    assert mesh["rows", "columns"] is mesh and mesh._flatten().shape == (size,)


check_messages()
check_objects()
dist.monitored_barrier()
check_groups()
check_meshes()
dist.destroy_process_group()
