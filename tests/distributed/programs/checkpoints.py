"""Checkpoints of several processes: failures that all hear of, other files, states of optimizers."""

import dataclasses
import sys
from itertools import zip_longest
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.format_utils import BroadcastingTorchSaveReader, DynamicMetaLoadPlanner
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_optimizer_state_dict
from torch.distributed.checkpoint.utils import _assert_same_keys
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor

folder = Path(sys.argv[1])
dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
mesh = init_device_mesh("cpu", (size,))
whole = torch.arange(35.0).view(7, 5)


def spread(placement, tensor=whole):
    return distribute_tensor(tensor, mesh, [placement])


class Failing(dcp.FileSystemWriter):
    def write_data(self, plan, planner):
        if rank == size - 1:
            raise OSError("no space is left")
        return super().write_data(plan, planner)


def check_failures():
    dcp.save({"x": spread(Shard(0))}, checkpoint_id=folder / "a")
    for failing in (
        lambda: dcp.save({"x": spread(Shard(1))}, storage_writer=Failing(folder / "a")),
        lambda: dcp.async_save({"x": spread(Shard(1))}, storage_writer=Failing(folder / "a")).result(60),
    ):
        with pytest.raises(
            dcp.CheckpointException, match=rf"\(RANK {size - 1}\)[\s\S]*OSError: no space is left"
        ) as caught:
            failing()
        assert list(caught.value.failures) == [size - 1]
    into = spread(Shard(1), torch.zeros(7, 5))
    dcp.load({"x": into}, checkpoint_id=folder / "a")
    assert torch.equal(into.full_tensor(), whole)
    with pytest.raises(dcp.CheckpointException, match="Missing key in checkpoint state_dict: absent"):
        dcp.load({"x" if rank else "absent": torch.zeros(7, 5)}, checkpoint_id=folder / "a")
    if rank == 0:
        with pytest.raises(AssertionError, match="present in other ranks"):
            _assert_same_keys({})
    else:
        _assert_same_keys({"x": 1})


class Balancing(dcp.DefaultSavePlanner):
    """Gives each process every so many-th item of the first one's."""

    def create_global_plan(self, all_plans):
        items = zip_longest(*([iter(all_plans[0].items)] * len(all_plans)))
        shares = zip(*items, strict=True)
        plans = [
            dataclasses.replace(plan, items=[item for item in share if item is not None])
            for plan, share in zip(all_plans, shares, strict=True)
        ]
        return super().create_global_plan(plans)


def check_planner():
    state = {f"x{number}": torch.full((2,), float(number)) for number in range(5)}
    dcp.save(state, checkpoint_id=folder / "b", planner=Balancing())
    infos = dcp.FileSystemReader(folder / "b").read_metadata().storage_data
    names = {index.fqn: info.relative_path for index, info in infos.items()}
    assert names == {f"x{number}": f"__{number % size}_0.distcp" for number in range(5)}
    loaded = {name: torch.zeros(2) for name in state}
    dcp.load(loaded, checkpoint_id=folder / "b")
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


def check_own_checkpoints():
    metadata = dcp.save({"mine": torch.full((2,), rank + 1.0)}, checkpoint_id=folder / "c", use_collectives=False)
    assert list(metadata.state_dict_metadata) == ["mine"]
    loaded = {"mine": torch.zeros(2)}
    dcp.load(loaded, checkpoint_id=folder / "c")
    assert loaded["mine"].tolist() == [rank + 1.0] * 2


def check_other_files():
    if rank == 0:
        torch.save({"part": {"x": whole}}, folder / "whole.pt")
    into = {"part": {"x": spread(Shard(1), torch.zeros(7, 5))}}
    how = {"planner": DynamicMetaLoadPlanner(), "checkpoint_id": folder / "whole.pt"}
    dcp.load(into, storage_reader=BroadcastingTorchSaveReader(), **how)
    assert torch.equal(into["part"]["x"].full_tensor(), whole)
    state = {"rows": spread(Shard(0)), "copies": spread(Replicate()), "plain": torch.arange(3)}
    writer = dcp.HuggingFaceStorageWriter(str(folder / "d"), save_distributed=True, enable_consolidation=True)
    dcp.save(state, storage_writer=writer)
    dist.barrier()
    for place in (folder / "d", folder / "d" / "sharded"):
        loaded = {
            "rows": spread(Shard(1), torch.zeros(7, 5)),
            "copies": torch.zeros(7, 5),
            "plain": torch.zeros(3).long(),
        }
        dcp.load(loaded, storage_reader=dcp.HuggingFaceStorageReader(str(place)))
        assert torch.equal(loaded["rows"].full_tensor(), whole) and torch.equal(loaded["copies"], whole)
        assert loaded["plain"].tolist() == [0, 1, 2]


def trained(seed, steps):
    torch.manual_seed(seed)
    model = fully_shard(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02 + seed)
    for step in range(steps):
        optimizer.zero_grad()
        model(torch.full((2, 3), step + 1.0)).square().sum().backward()
        optimizer.step()
    return model, optimizer


def check_states_of_optimizers():
    model, optimizer = trained(0, 2)
    of_model, of_optimizer = get_state_dict(model, optimizer)
    dcp.save({"model": of_model, "optim": of_optimizer}, checkpoint_id=folder / "e")
    reader = dcp.FileSystemReader(folder / "e")
    read = dcp.load_sharded_optimizer_state_dict(of_model, "optim", reader)
    assert list(read) == ["optim"]
    moment = read["optim"]["state"]["0.weight"]["exp_avg"]
    assert isinstance(moment, DTensor) and moment.placements == (Shard(0),)
    fresh, its = trained(1, 0)
    set_optimizer_state_dict(fresh, its, read["optim"], options=StateDictOptions())
    assert its.param_groups[0]["lr"] == 0.02
    for one, other in zip(fresh.parameters(), model.parameters(), strict=True):
        for name in ("exp_avg", "exp_avg_sq"):
            assert torch.equal(its.state[one][name].full_tensor(), optimizer.state[other][name].full_tensor())
        assert its.state[one]["step"].item() == 2


check_failures()
check_planner()
check_own_checkpoints()
check_other_files()
check_states_of_optimizers()
dist.destroy_process_group()
