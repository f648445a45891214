"""Stages with options: what is done with weights, and tensors over processes that go from stage to stage."""

import copy

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.pipelining import PipelineStage, ScheduleGPipe, ScheduleInterleavedZeroBubble
from torch.distributed.pipelining.stage import PipeliningMetadataError
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
loss_fn = nn.MSELoss()


def made(count):
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(count))).double()


def batch(step):
    generator = torch.Generator().manual_seed(step)
    return [torch.randn(8, 6, generator=generator, dtype=torch.float64) for _ in range(2)]


def check_second_halves():
    """What a program does with weights is called for each micro-batch, when it is their time."""
    called = []

    def builder():
        number = len(called)
        called.append("built")
        return lambda: called.__setitem__(number, "run")

    parts, whole = made(size), made(size)
    stage = PipelineStage(parts[rank], rank, size, "cpu", dw_builder=builder)
    x, target = batch(3)
    ScheduleInterleavedZeroBubble([stage], 4, loss_fn).step(
        *((x,) if rank == 0 else ()), **({"target": target} if rank == size - 1 else {})
    )
    assert called == ["run"] * 4
    loss_fn(whole(x), target).backward()
    torch.testing.assert_close(parts[rank][0].weight.grad, whole[rank][0].weight.grad)


def check_spread_between_stages():
    """Tensors over processes go to the processes of the next stage, each of which has a part."""
    grid = init_device_mesh("cpu", (2, 2), mesh_dim_names=("stages", "parts"))
    torch.manual_seed(0)
    layers = [nn.Linear(6, 8).double(), nn.Linear(8, 6).double()]
    plans = [ColwiseParallel(use_local_output=False), RowwiseParallel()]
    number, asked = grid["stages"].get_local_rank(), []

    def get_mesh(names, layout):
        asked.append(names)
        return grid["parts"]

    own = parallelize_module(copy.deepcopy(layers[number]), grid["parts"], plans[number])
    stage = PipelineStage(own, number, 2, "cpu", group=grid["stages"].get_group(), get_mesh=get_mesh)
    x, target = batch(7)
    args, last = ((x,) if number == 0 else ()), ({"target": target} if number == 1 else {})
    ScheduleGPipe(stage, 2, loss_fn).step(*args, **last)
    loss_fn(layers[1](layers[0](x)), target).backward()
    torch.testing.assert_close(own.weight.grad.full_tensor(), layers[number].weight.grad)
    torch.testing.assert_close(own.bias.grad.full_tensor(), layers[number].bias.grad)
    assert asked == ([("parts",)] if number == 1 else [])
    lonely = PipelineStage(nn.Identity(), number, 2, "cpu", group=grid["stages"].get_group())
    with pytest.raises(PipeliningMetadataError, match=r"Mesh not found in cache for mesh_dim_names=\('parts',\)"):
        lonely._meshes.named(("parts",))


check_second_halves()
if size == 4:
    check_spread_between_stages()
dist.destroy_process_group()
