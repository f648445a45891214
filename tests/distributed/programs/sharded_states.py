"""States of modules that are spread over processes: saved by some number of them, loaded by another one; memory."""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_state_dict,
    set_model_state_dict,
    set_state_dict,
)
from torch.distributed.checkpoint.state_dict_saver import AsyncCheckpointerType
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor

mode, folder = sys.argv[1], Path(sys.argv[2])
dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()


def made(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 7), nn.Tanh(), nn.Linear(7, 5), nn.Linear(5, 1))


def trained(model, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    for step in range(steps):
        optimizer.zero_grad()
        model(torch.full((2, 3), step + 1.0)).square().sum().backward()
        optimizer.step()
    return model, optimizer


def spread(seed, steps):
    model = made(seed)
    fully_shard(model[0])
    return trained(fully_shard(model), steps)


def same(mine, expected):
    mine = mine.full_tensor() if isinstance(mine, DTensor) else mine
    return torch.allclose(mine, expected, atol=1e-6)


def check_loaded(model, optimizer):
    plain, of_plain = trained(made(0), 4)
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        assert same(one, other) and same(optimizer.state[one]["exp_avg_sq"], of_plain.state[other]["exp_avg_sq"])
        assert optimizer.state[one]["step"].item() == 4


def check_options():
    model, optimizer = spread(0, 4)
    whole = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True))
    plain, _ = trained(made(0), 4)
    assert all(same(whole[name], value) for name, value in plain.state_dict().items())
    on_host = StateDictOptions(full_state_dict=True, cpu_offload=True)
    of_model, of_optimizer = get_state_dict(model, optimizer, options=on_host)
    assert bool(of_model) == bool(of_optimizer) == (rank == 0)
    fresh, its = spread(1, 0)
    from_first = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
    set_state_dict(fresh, its, model_state_dict=of_model, optim_state_dict=of_optimizer, options=from_first)
    check_loaded(fresh, its)
    flat = get_state_dict(model, optimizer, options=StateDictOptions(flatten_optimizer_state_dict=True))
    assert flat[1]["param_groups.0.weight.lr"] == 0.02 and "state.3.bias.exp_avg" in flat[1]
    fresh, its = spread(2, 0)
    set_state_dict(fresh, its, model_state_dict=flat[0], optim_state_dict=flat[1])
    check_loaded(fresh, its)
    wrapped = FullyShardedDataParallel(made(3))
    set_model_state_dict(wrapped, whole)
    assert all(isinstance(each, DTensor) for each in get_model_state_dict(wrapped).values())
    assert all(same(each, whole[name]) for name, each in get_model_state_dict(wrapped).items())


def check_pieces():
    grid = init_device_mesh("cpu", (2, size // 2))
    x = torch.arange(35.0).view(7, 5)
    ways = [(Shard(0), Shard(1)), (Replicate(), Shard(0)), (Shard(0), Shard(0)), (Shard(1), Replicate())]
    dcp.save({str(number): distribute_tensor(x, grid, way) for number, way in enumerate(ways)}, checkpoint_id=folder)
    for kind in AsyncCheckpointerType:
        spread, later = distribute_tensor(x, grid, ways[0]), folder / kind.value
        future = dcp.async_save({"x": spread}, checkpoint_id=later, async_checkpointer_type=kind)
        # The copy is being saved: the program goes on, with the tensor and with the group.
        spread.zero_()
        counted = torch.ones(1)
        for _ in range(20):
            dist.all_reduce(counted, op=dist.ReduceOp.MAX)
        assert list(future.result(60).state_dict_metadata) == ["x"] and counted.item() == 1.0
        into = {"x": torch.zeros(7, 5)}
        dcp.load_state_dict(into, dcp.FileSystemReader(later))
        assert torch.equal(into["x"], x)
    for way in ways:
        into = {str(number): distribute_tensor(torch.zeros(7, 5), grid, way) for number in range(len(ways))}
        dcp.load(into, checkpoint_id=folder)
        assert all(torch.equal(each.full_tensor(), x) for each in into.values())


if mode == "save":
    if size % 2 == 0:
        check_pieces()
    of_model, of_optimizer = get_state_dict(*spread(0, 4))
    dcp.save({"model": of_model, "optimizer": of_optimizer, "note": "kept"}, checkpoint_id=folder)
    check_options()
else:
    model, optimizer = spread(1, 0) if size > 1 else trained(made(1), 0)
    of_model, of_optimizer = get_state_dict(model, optimizer)
    state = {"model": of_model, "optimizer": of_optimizer, "note": ""}
    dcp.load(state, checkpoint_id=folder)
    assert state["note"] == "kept"
    set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
    check_loaded(model, optimizer)
dist.destroy_process_group()
