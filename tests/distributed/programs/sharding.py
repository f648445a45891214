"""Checkpoints written and read by several processes; an optimizer whose state is spread over them."""

import os
import signal
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.algorithms.join import Join
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel as DDP

mode, folder = sys.argv[1], Path(sys.argv[2])
dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()


def trained(seed, steps=3):
    torch.manual_seed(seed)
    model = DDP(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01 * (seed + 1))
    for step in range(steps):
        optimizer.zero_grad()
        model(torch.full((2, 5), step + 1.0)).square().sum().backward()
        optimizer.step()
    return model, optimizer


def state(seed, steps=3):
    model, optimizer = trained(seed, steps)
    of_model, of_optimizer = get_state_dict(model, optimizer)
    own = {f"rank {rank}": torch.full((3,), float(rank))}
    return {"model": of_model, "optimizer": of_optimizer, "step": seed, "own": own}, model, optimizer


def check_loaded(seed):
    expected, _, _ = state(seed)
    given, model, optimizer = state(5, steps=0)
    given["own"] = {"rank 0": torch.empty(3)}
    dcp.load(given, checkpoint_id=folder)
    set_state_dict(model, optimizer, model_state_dict=given["model"], optim_state_dict=given["optimizer"])
    assert given["step"] == seed and given["own"]["rank 0"].tolist() == [0.0] * 3
    for name, value in expected["model"].items():
        assert torch.equal(model.module.state_dict()[name], value), name
    assert optimizer.param_groups[0]["lr"] == 0.01 * (seed + 1)
    moments = get_state_dict(model, optimizer)[1]["state"]
    for name, values in expected["optimizer"]["state"].items():
        assert all(torch.equal(moments[name][key], value) for key, value in values.items()), name


def check_mistakes():
    with pytest.raises(dcp.CheckpointException, match="Missing key"):
        dcp.load({"absent": torch.ones(1)}, checkpoint_id=folder)
    with pytest.raises(dcp.CheckpointException, match=r"Size mismatch.*\[7, 5\].*\[7\]"):
        dcp.load({"model": {"0.weight": torch.ones(7)}}, checkpoint_id=folder)
    with pytest.raises(dcp.CheckpointException, match="no checkpoint"):
        dcp.load({}, checkpoint_id=folder / "absent")


def check_zero():
    torch.manual_seed(0)
    options = {"lr": 0.05, "weight_decay": 0.1}
    spread, plain = (DDP(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))) for _ in range(2))
    plain.load_state_dict(spread.state_dict())
    zero = ZeroRedundancyOptimizer(spread.parameters(), torch.optim.AdamW, **options)
    adam = torch.optim.AdamW(plain.parameters(), **options)
    for step in range(4):
        if step == 2:
            zero.param_groups[0]["lr"] = adam.param_groups[0]["lr"] = 0.01
        for model, optimizer in ((spread, zero), (plain, adam)):
            optimizer.zero_grad()
            model(torch.full((2, 5), rank + step + 1.0)).square().sum().backward()
            optimizer.step()
        for mine, expected in zip(spread.parameters(), plain.parameters(), strict=True):
            assert torch.equal(mine, expected)
    held = torch.tensor([len(zero.optim.state)])
    dist.all_reduce(held)
    assert held.item() == 4 and len(zero.optim.state) < 4
    with pytest.raises(RuntimeError, match="has not been consolidated"):
        zero.state_dict()
    zero.consolidate_state_dict(to=1)
    states = [zero.state_dict() if rank == 1 else None]
    dist.broadcast_object_list(states, src=1)
    for number, values in adam.state_dict()["state"].items():
        assert all(torch.equal(states[0]["state"][number][key], value) for key, value in values.items())
    (group,) = states[0]["param_groups"]
    assert group == adam.state_dict()["param_groups"][0] and list(group)[-1] == "params"
    with pytest.raises(RuntimeError, match="overlap_with_ddp"):
        ZeroRedundancyOptimizer(spread.parameters(), torch.optim.AdamW, overlap_with_ddp=True)
    fresh = ZeroRedundancyOptimizer(spread.parameters(), torch.optim.AdamW, lr=1.0)
    fresh.load_state_dict(states[0])
    for model, optimizer in ((spread, fresh), (plain, adam)):
        optimizer.zero_grad()
        model(torch.full((2, 5), 1.0)).square().sum().backward()
        optimizer.step()
    for mine, expected in zip(spread.parameters(), plain.parameters(), strict=True):
        assert torch.equal(mine, expected)


def check_zero_joined():
    """A process without batches still updates its share: parameters are as if one process had done it all."""
    torch.manual_seed(0)
    model = DDP(nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).double())
    alone = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).double()
    alone.load_state_dict(model.module.state_dict())
    zero = ZeroRedundancyOptimizer(model.parameters(), torch.optim.Adam, lr=0.05)
    adam = torch.optim.Adam(alone.parameters(), lr=0.05)
    with Join([model, zero]):
        for step in range(rank + 1):
            zero.zero_grad()
            model(torch.full((2, 5), rank + step + 1.0).double()).square().sum().backward()
            zero.step()
    for step in range(size):
        adam.zero_grad()
        losses = [alone(torch.full((2, 5), of + step + 1.0).double()).square().sum() for of in range(step, size)]
        (sum(losses) / size).backward()
        adam.step()
    for mine, expected in zip(model.module.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-10, atol=1e-10)


if mode == "save":
    for seed in (0, 1):
        dcp.save(state(seed)[0], checkpoint_id=folder)
    dist.barrier()
    # The files of the second time are there, and none of the first.
    written = [file.name.split("_") for file in folder.glob("__*.distcp")]
    assert sorted(int(words[2]) for words in written) == list(range(size)) and len({words[3] for words in written}) == 1
    check_loaded(1)
    check_mistakes()
    check_zero()
    check_zero_joined()
elif mode == "load":
    check_loaded(1)
elif mode == "die":
    if rank == 1:
        # Killed when its file is half written.
        def half(contents, file, save=torch.save):
            save(contents, file)
            if isinstance(contents, torch.Tensor):
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)

        torch.save = half
    dcp.save(state(2)[0], checkpoint_id=folder)
dist.destroy_process_group()
