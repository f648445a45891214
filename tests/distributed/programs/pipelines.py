"""Stages in several processes: outputs, losses and gradients are those of one process that has them all."""

import copy

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.pipelining import (
    PipelineStage,
    Schedule1F1B,
    ScheduleGPipe,
    ScheduleInterleaved1F1B,
    ScheduleInterleavedZeroBubble,
    ScheduleLoopedBFS,
    ScheduleZBVZeroBubble,
    SplitPoint,
    pipeline,
)  # fmt: skip
from torch.distributed.pipelining.microbatch import TensorChunkSpec, merge_chunks, split_args_kwargs_into_chunks
from torch.distributed.pipelining.schedules import get_schedule_class
from torch.distributed.pipelining.stage import PipeliningMetadataError
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
loss_fn = nn.MSELoss()


class Part(nn.Module):
    """Hands on two tensors; the second is not computed with in every stage."""

    def __init__(self, number, count):
        super().__init__()
        self.linear, self.number, self.count = nn.Linear(6, 6), number, count

    def forward(self, x, side=None, scale=1.0):
        side = x * 2 if side is None else side
        x = torch.tanh(self.linear(x)) * scale
        return x + side if self.number == self.count - 1 else (x, side)


def made(count):
    torch.manual_seed(0)
    return nn.ModuleList(Part(number, count) for number in range(count)).double()


def forward(parts, x, **options):
    state = (x,)
    for part in parts:
        state = part(*state, **options)
        state = state if isinstance(state, tuple) else (state,)
    return state[0]


def batch(step):
    generator = torch.Generator().manual_seed(step)
    return (torch.randn(8, 6, generator=generator, dtype=torch.float64) for _ in range(2))


def check(make, rounds=1, microbatches=4, is_folded=False):
    count = size * rounds
    parts, plain = made(count), made(count)
    mine = [rank, count - 1 - rank] if is_folded else list(range(rank, count, size))
    schedule = make([PipelineStage(parts[number], number, count, "cpu") for number in mine], microbatches)
    optimizers = [torch.optim.SGD(each.parameters(), lr=0.1) for each in (parts, plain)]
    for step in range(3):
        x, target = batch(step)
        for optimizer in optimizers:
            optimizer.zero_grad()
        losses = []
        given = (x,) if rank == 0 else ()
        last = {"target": target, "losses": losses} if count - 1 in mine else {}
        output = schedule.step(*given, scale=0.5, **last)
        expected = forward(plain, x, scale=0.5)
        loss = loss_fn(expected, target)
        loss.backward()
        if count - 1 in mine:
            assert torch.allclose(output, expected) and len(losses) == microbatches
            assert torch.allclose(torch.stack(losses).mean(), loss)
        else:
            assert output is None
        for number in mine:
            for one, other in zip(parts[number].parameters(), plain[number].parameters(), strict=True):
                assert torch.allclose(one.grad, other.grad), (rank, number)
        for optimizer in optimizers:
            optimizer.step()
    output = schedule.eval(*given)
    if count - 1 in mine:
        assert torch.allclose(output, forward(plain, x)) and not output.requires_grad


def single(kind, **options):
    return lambda stages, count: kind(stages[0], count, loss_fn, **options)


def several(kind):
    return lambda stages, count: kind(stages, count, loss_fn)


def check_traced():
    """A model that is divided by tracing it trains as in one process."""
    torch.manual_seed(1)
    widths = [(6, 6)] * size
    model = nn.Sequential(*(nn.Sequential(nn.Linear(*each), nn.Tanh()) for each in widths)).double()
    plain = copy.deepcopy(model)
    points = {str(number): SplitPoint.BEGINNING for number in range(1, size)}
    example = torch.empty(2, 6, dtype=torch.float64)
    stage = pipeline(model, (example,), split_spec=points).build_stage(rank, "cpu")
    schedule = Schedule1F1B(stage, 4, loss_fn)
    x, target = batch(5)
    schedule.step(*((x,) if rank == 0 else ()), **({"target": target} if rank == size - 1 else {}))
    loss_fn(plain(x), target).backward()
    expected = dict(plain.named_parameters())
    for name, parameter in stage.submod.named_parameters():
        assert torch.allclose(parameter.grad, expected[name].grad), name


def check_metadata():
    """What goes in and out is compared with what was said of it."""
    good, bad = torch.empty(2, 6, device="meta", dtype=torch.float64), torch.empty(3, 6, device="meta")
    for kinds in (("input_args", "output_args"), ("output_grads", "input_grads")):
        stage = PipelineStage(nn.Linear(6, 6).double(), rank, size, "cpu", **dict.fromkeys(kinds, (good,)))
        schedule = ScheduleGPipe(stage, 4, loss_fn)
        x, target = batch(5)
        if kinds[0] == "input_args" or size == 2:
            if kinds[0] == "output_grads":
                stage._expected.pop("input gradient" if rank == 0 else "output gradient")
            schedule.step(*((x,) if rank == 0 else ()), **({"target": target} if rank == size - 1 else {}))
    for kind, text in (("input_args", "input"), ("output_args", "output")):
        stage = PipelineStage(nn.Linear(6, 6).double(), rank, size, "cpu", **{kind: bad})
        if rank == 0:
            with pytest.raises(PipeliningMetadataError, match=rf"each {text} .*float32 \[3, 6\].*float64 \[2, 6\]"):
                stage.forward_one_chunk(0, (x[:2],), {})
    if size > 1 and rank == 0:
        with pytest.raises(TypeError, match="tensors go from stage to stage, got int"):
            PipelineStage(nn.Identity(), 0, size, "cpu")._send("activations", 1, 0, (3,))


def check_microbatches():
    x, y = torch.arange(12).view(6, 2), torch.arange(6).view(2, 3)
    args, kwargs = split_args_kwargs_into_chunks((x, 3), {"y": y}, 3, kwargs_chunk_spec={"y": TensorChunkSpec(1)})
    assert [each[0].tolist() for each in args] == [part.tolist() for part in x.chunk(3)] and args[2][1] == 3
    assert [each["y"].tolist() for each in kwargs] == [[[0], [3]], [[1], [4]], [[2], [5]]]
    assert torch.equal(merge_chunks([each["y"] for each in kwargs], TensorChunkSpec(1)), y)
    assert torch.equal(merge_chunks([(each[0],) for each in args], None)[0], x)
    with pytest.raises(RuntimeError, match="cannot be cut into 7 micro-batches"):
        split_args_kwargs_into_chunks((x,), None, 7)


def check_orders():
    stage = PipelineStage(nn.Identity(), rank, size, "cpu")
    actions = [str(each) for each in Schedule1F1B(stage, 3)._actions(0)]
    expected = {1: "0F0 0B0 0F1 0B1 0F2 0B2", 2: "0F0 0F1 0B0 0F2 0B1 0B2", 4: "0F0 0F1 0F2 0B0 0B1 0B2"}
    assert " ".join(actions) == expected[size]
    assert get_schedule_class("1f1b") is Schedule1F1B
    assert get_schedule_class("ScheduleZBVZeroBubble") is ScheduleZBVZeroBubble
    with pytest.raises(ValueError, match="Unknown schedule name"):
        get_schedule_class("none")
    with pytest.raises(ValueError, match="out of range"):
        PipelineStage(nn.Identity(), size, size, "cpu")
    if size > 1:
        with pytest.raises(ValueError, match="larger than number of stages"):
            PipelineStage(nn.Identity(), 0, 1, "cpu")


def check_shared_stages(share):
    """Two stages, each of which two processes train on different batches."""
    grid = init_device_mesh("cpu", (2, 2), mesh_dim_names=("pp", "dp"))
    number, copy = grid.get_coordinate()
    parts, plain = made(2), made(2)
    part = share(parts[number], grid["dp"])
    stage = PipelineStage(part, number, 2, "cpu", group=grid.get_group("pp"))
    schedule = Schedule1F1B(stage, 4, loss_fn)
    for step in range(2):
        given = [tuple(batch(10 * step + of)) for of in range(2)]
        x, target = given[copy]
        part.zero_grad()
        plain.zero_grad()
        schedule.step(*((x,) if number == 0 else ()), **({"target": target} if number == 1 else {}))
        (sum(loss_fn(forward(plain, x), target) for x, target in given) / 2).backward()
        for one, other in zip(part.parameters(), plain[number].parameters(), strict=True):
            gradient = one.grad.full_tensor() if isinstance(one.grad, DTensor) else one.grad
            assert torch.allclose(gradient, other.grad)


check_traced()
check_metadata()
check_microbatches()
check_orders()


def check_halves_of_spread_stages():
    """Stages that `fully_shard` spreads over one process each: the first half is the whole pass."""
    alone = [init_device_mesh("cpu", (size, 1), mesh_dim_names=("pp", "dp"))["dp"]] if size > 1 else [None]
    part = fully_shard(made(size)[rank], mesh=alone[0])
    plain = made(size)
    schedule = ScheduleInterleavedZeroBubble([PipelineStage(part, rank, size, "cpu")], 4, loss_fn)
    x, target = batch(0)
    schedule.step(*((x,) if rank == 0 else ()), **({"target": target} if rank == size - 1 else {}))
    loss_fn(forward(plain, x), target).backward()
    for one, other in zip(part.parameters(), plain[rank].parameters(), strict=True):
        assert torch.allclose(one.grad.full_tensor(), other.grad)


check_halves_of_spread_stages()
if size == 4:
    check_shared_stages(lambda part, mesh: fully_shard(part, mesh=mesh))
    check_shared_stages(lambda part, mesh: DistributedDataParallel(part, process_group=mesh.get_group()))
for kind in (ScheduleGPipe, Schedule1F1B):
    check(single(kind))
    check(single(kind), microbatches=2)
check(several(ScheduleZBVZeroBubble), rounds=2, is_folded=True)
check(several(ScheduleZBVZeroBubble), rounds=2, microbatches=8, is_folded=True)
for kind in (ScheduleLoopedBFS, ScheduleInterleaved1F1B, ScheduleInterleavedZeroBubble):
    check(several(kind), rounds=2)
    check(several(kind), rounds=2, microbatches=8)
dist.destroy_process_group()
