"""Counts of collective operations, by module; tables of how tensors lie; ops by name."""

import io
import json
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.distributed._functional_collectives as functional
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Partial, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.debug import CommDebugMode, visualize_sharding
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
mesh = init_device_mesh("cpu", (size,))
c10d, functional_ops = torch.ops.c10d, torch.ops.c10d_functional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 8), nn.Linear(8, 4)

    def forward(self, x):
        return self.last(self.first(x).relu())


def check_functions():
    x = torch.ones(size, 2)
    with CommDebugMode() as mode:
        dist.all_reduce(x)
        dist.broadcast(x, 0)
        dist.broadcast(x, 0)
        functional.all_reduce(x, "sum", dist.group.WORLD)
        functional.all_gather_into_tensor_coalesced([x, x], dist.group.WORLD)
    assert mode.get_comm_counts() == {
        c10d.allreduce_: 1,
        c10d.broadcast_: 2,
        functional_ops.all_reduce: 1,
        functional_ops.all_gather_into_tensor_coalesced: 1,
    }
    assert mode.get_total_counts() == 5 and repr(mode) == "CommDebugMode(get_total_counts()=5)"
    dist.all_reduce(x)
    assert mode.get_total_counts() == 5 and mode.get_comm_counts()[c10d.reduce_] == 0
    with mode:
        pass
    assert mode.get_total_counts() == 0
    with pytest.raises(NotImplementedError, match="is a name by which operations are counted"):
        c10d.allreduce_([x])


def check_changes():
    spread = distribute_tensor(torch.ones(4, 4), mesh, [Shard(0)])
    summand = torch.distributed.tensor.DTensor.from_local(torch.ones(4, 4), mesh, [Partial()])
    ways = [
        (spread, Replicate(), functional_ops.all_gather_into_tensor),
        (summand, Replicate(), functional_ops.all_reduce),
        (summand, Shard(0), functional_ops.reduce_scatter_tensor),
        (spread, Shard(1), torch.ops._dtensor.shard_dim_alltoall),
    ]
    for tensor, placement, op in ways:
        with CommDebugMode() as mode:
            tensor.redistribute(placements=[placement])
        assert mode.get_comm_counts() == {op: 1}, (placement, mode.get_comm_counts())


def check_modules():
    net = parallelize_module(Net(), mesh, {"first": ColwiseParallel(), "last": RowwiseParallel()})
    with CommDebugMode() as mode:
        net(torch.ones(2, 4)).sum().backward()
    by_module = mode.comm_module_counts
    assert mode.get_total_counts() > 0 and by_module["Net.last"]["forward"] == {functional_ops.all_reduce: 1}
    assert by_module["Net"]["forward"] == by_module["Global"]["forward"]
    assert set(mode.get_parameter_info()) == {"Net.first", "Net.last"}
    assert mode.get_sharding_info()["Net.first.weight"] == (Shard(0),)
    assert mode.get_sharding_info()["Net.last.weight"] == (Shard(1),)
    brief, full = (mode.generate_comm_debug_tracing_table(noise_level=level) for level in (0, 3))
    assert "    *c10d_functional.all_reduce: 1" in brief and "weight" not in brief and "aten" not in brief
    assert all(part in full for part in ("modules.linear.Linear'", "**aten.", "BACKWARD PASS"))
    with tempfile.TemporaryDirectory() as folder:
        mode.log_comm_debug_tracing_table_to_file(f"{folder}/log.txt", noise_level=0)
        assert "\033" not in Path(folder, "log.txt").read_text()
        mode.generate_json_dump(f"{folder}/log.json", noise_level=1)
        tree = json.loads(Path(folder, "log.json").read_text())
    (below,) = tree["children"]
    assert [child["fqn"] for child in below["children"]] == ["Net.first", "Net.last"]
    assert below["children"][1]["collectives_forward"] == [["c10d_functional.all_reduce", 1]]
    assert below["children"][0]["parameters"][0] == ["weight", "(Shard(dim=0),)"]
    assert all(op["input_shape"] for op in below["children"][0]["operations_forward"])


def check_ops():
    group, ops = dist.group.WORLD.group_name, torch.ops._c10d_functional
    x = torch.full((size, 2), float(rank))
    assert ops.wait_tensor(ops.all_reduce(x, "max", group)).tolist() == [[size - 1.0] * 2] * size
    assert ops.all_gather_into_tensor(x, size, group).shape == (size * size, 2)
    assert ops.reduce_scatter_tensor(x, "sum", size, group).tolist() == [[sum(range(size))] * 2]
    assert ops.broadcast(x, 1, group).tolist() == [[1.0] * 2] * size
    assert ops.all_to_all_single(x, [1] * size, [1] * size, group)[:, 0].tolist() == list(range(size))
    assert ops.all_reduce_coalesced([x, x], "sum", group)[1][0, 0].item() == sum(range(size))
    with pytest.raises(RuntimeError, match="Could not resolve the process group"):
        ops.all_reduce(x, "sum", "absent")


def check_pictures():
    shown = io.StringIO()
    with redirect_stdout(shown):
        visualize_sharding(distribute_tensor(torch.ones(4, 3), mesh, [Shard(0)]), header="rows")
        visualize_sharding(distribute_tensor(torch.ones(5), mesh, [Replicate()]))
        visualize_sharding(distribute_tensor(torch.ones(0, 3), mesh, [Shard(0)]))
    expected = """rows
         Col 0-2
-------  -------
Row 0-1  cpu:0
Row 2-3  cpu:1
         Col 0-0
-------  -------
Row 0-4  cpu:0,1
"""
    assert shown.getvalue() == (expected if rank == 0 else ""), shown.getvalue()
    with pytest.raises(RuntimeError, match="supports only 1D or 2D"):
        visualize_sharding(distribute_tensor(torch.ones(1, 2, 3), mesh))


check_functions()
check_changes()
check_modules()
check_ops()
check_pictures()
dist.destroy_process_group()
