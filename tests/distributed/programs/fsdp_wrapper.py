"""FullyShardedDataParallel: training, states and optimizer states are those of one process."""

import functools

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import (
    FullOptimStateDictConfig,
    FullStateDictConfig,
    MixedPrecision,
    ShardingStrategy,
    StateDictType,
)
from torch.distributed.fsdp import FullyShardedDataParallel as FSDP
from torch.distributed.fsdp.wrap import (
    CustomPolicy,
    ModuleWrapPolicy,
    enable_wrap,
    size_based_auto_wrap_policy,
    transformer_auto_wrap_policy,
    wrap,
)
from torch.distributed.tensor import DTensor

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.Linear(5, 5), nn.BatchNorm1d(5)

    def forward(self, x):
        return x + self.norm(self.linear(x).tanh())


def made():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), Block(), Block(), nn.Linear(5, 2)).double()
    for block in model[1:3]:
        block.norm.eval().requires_grad_(True)
    return model


def share(step, of):
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(10 * step + of), dtype=torch.float64)


def whole(tensor):
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def trained(model, steps=3, **options):
    plain = made()
    optimizers = [torch.optim.Adam(each.parameters(), lr=0.05) for each in (model, plain)]
    for step in range(steps):
        for optimizer in optimizers:
            optimizer.zero_grad()
        model(share(step, rank)).square().sum().backward()
        (sum(plain(share(step, of)).square().sum() for of in range(size)) / size).backward()
        norm = nn.utils.clip_grad_norm_(plain.parameters(), 0.3)
        assert torch.allclose(model.clip_grad_norm_(0.3), norm)
        for optimizer in optimizers:
            optimizer.step()
    for (name, one), (other_name, other) in zip(model.named_parameters(), plain.named_parameters(), strict=True):
        assert name == other_name and torch.allclose(whole(one), other, atol=1e-9)
    return model, plain, optimizers


def check_strategies():
    policy = ModuleWrapPolicy({Block})
    for strategy in (None, ShardingStrategy.SHARD_GRAD_OP, ShardingStrategy.NO_SHARD):
        model, _, _ = trained(FSDP(made(), auto_wrap_policy=policy, sharding_strategy=strategy))
        assert len(FSDP.fsdp_modules(model)) == 3 and isinstance(model[1], FSDP) and model.check_is_root()
        assert FSDP.fsdp_modules(model, root_only=True) == [model]
    if size == 4:
        grid = init_device_mesh("cpu", (2, 2))
        trained(
            FSDP(made(), auto_wrap_policy=policy, sharding_strategy=ShardingStrategy.HYBRID_SHARD, device_mesh=grid)
        )
    else:
        with pytest.raises(ValueError, match="device_mesh"):
            FSDP(made(), sharding_strategy=ShardingStrategy.HYBRID_SHARD)


def check_policies():
    by_class = functools.partial(transformer_auto_wrap_policy, transformer_layer_cls={Block})
    by_size = functools.partial(size_based_auto_wrap_policy, min_num_params=35)
    for policy, count in ((by_class, 3), (by_size, 3), (CustomPolicy(lambda each: isinstance(each, nn.Linear)), 5)):
        model = FSDP(made(), auto_wrap_policy=policy)
        assert len(FSDP.fsdp_modules(model)) == count, policy
        trained(model)
    with enable_wrap(wrapper_cls=FSDP):
        assert isinstance(wrap(nn.Linear(2, 2)), FSDP)
    assert not isinstance(wrap(nn.Linear(2, 2)), FSDP)


def check_states():
    model, plain, (optimizer, of_plain) = trained(FSDP(made(), auto_wrap_policy=ModuleWrapPolicy({Block})))
    expected = plain.state_dict()
    state = model.state_dict()
    assert list(state) == list(expected)
    assert all(torch.allclose(value, expected[name], atol=1e-9) for name, value in state.items())
    with FSDP.state_dict_type(model, StateDictType.SHARDED_STATE_DICT):
        spread = model.state_dict()
        assert isinstance(spread["0.weight"], DTensor)
    with FSDP.state_dict_type(
        model, StateDictType.FULL_STATE_DICT, FullStateDictConfig(rank0_only=True), FullOptimStateDictConfig()
    ):
        assert bool(model.state_dict()) == (rank == 0)
        moments = FSDP.optim_state_dict(model, optimizer)
    for number, (name, _) in enumerate(plain.named_parameters()):
        assert torch.allclose(moments["state"][name]["exp_avg"], of_plain.state_dict()["state"][number]["exp_avg"])
    fresh = FSDP(made(), auto_wrap_policy=ModuleWrapPolicy({Block}))
    fresh.load_state_dict(state)
    again = torch.optim.Adam(fresh.parameters(), lr=0.5)
    again.load_state_dict(FSDP.optim_state_dict_to_load(fresh, again, moments))
    assert again.param_groups[0]["lr"] == 0.05
    for each, one in ((fresh, again), (plain, of_plain)):
        one.zero_grad()
        each(share(7, 0)).square().sum().backward()
        one.step()
    check_same_everywhere(fresh, plain)


def check_same_everywhere(model, plain):
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(whole(one), other, atol=1e-9)


def check_whole_parameters():
    model = FSDP(made(), auto_wrap_policy=ModuleWrapPolicy({Block}))
    with FSDP.summon_full_params(model):
        assert all(not isinstance(each, DTensor) for each in model.parameters())
        assert torch.equal(model.module[0].weight, made()[0].weight)
        with torch.no_grad():
            model.module[0].weight.mul_(2)
    assert torch.equal(model.module[0].weight.full_tensor(), made()[0].weight * 2)
    with model.no_sync():
        model(share(0, rank)).sum().backward()
    assert all(each.grad is None for each in model.parameters())
    model(share(1, rank)).sum().backward()
    plain = made()
    with torch.no_grad():
        plain[0].weight.mul_(2)
    (sum(plain(share(step, of)).sum() for of in range(size) for step in range(2)) / size).backward()
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(whole(one.grad), other.grad)


def check_whole_parameters_of_one():
    """Only the first process keeps whole parameters where that is asked for, in host memory."""
    model, plain, (optimizer, _) = trained(FSDP(made(), auto_wrap_policy=ModuleWrapPolicy({Block})))
    with FSDP.summon_full_params(model, writeback=False, rank0_only=True, offload_to_cpu=True):
        for (name, one), other in zip(model.named_parameters(), plain.parameters(), strict=True):
            assert isinstance(one, DTensor) == (rank != 0), name
            assert rank != 0 or (torch.allclose(one, other, atol=1e-9) and one.device.type == "cpu")
    check_same_everywhere(model, plain)
    with pytest.raises(ValueError, match="writeback=True and rank0_only=True is not supported"):
        FSDP.summon_full_params(model, rank0_only=True).__enter__()
    with pytest.raises(NotImplementedError, match="with_grads=True offload_to_cpu=True"):
        FSDP.summon_full_params(model, offload_to_cpu=True, with_grads=True).__enter__()
    given = optimizer.state_dict()
    given["param_groups"][0]["lr"] = 0.25
    last = dist.new_group([size - 1])
    with FSDP.state_dict_type(
        model, StateDictType.FULL_STATE_DICT, FullStateDictConfig(), FullOptimStateDictConfig(rank0_only=True)
    ):
        state = FSDP.optim_state_dict(model, optimizer, given)
        assert bool(state) == (rank == 0) and (not state or state["param_groups"][0]["lr"] == 0.25)
        if rank == size - 1:
            assert bool(FSDP.optim_state_dict(model, optimizer, {**given, "state": {}}, last))


def check_options():
    half = FSDP(made().float(), mixed_precision=MixedPrecision(param_dtype=torch.bfloat16, buffer_dtype=torch.bfloat16))
    assert (
        half(share(0, rank).float()).dtype == torch.bfloat16
        and half.module[1].norm.running_mean.dtype == torch.bfloat16
    )
    torch.manual_seed(rank)
    own = nn.Linear(3, 3)
    same = FSDP(own, sync_module_states=True)
    torch.manual_seed(0)
    assert torch.equal(same.module.weight.full_tensor(), nn.Linear(3, 3).weight)
    with torch.device("meta"):
        empty = nn.Linear(4, 4)
    filled = FSDP(empty)
    assert filled(torch.ones(2, 4)).isfinite().all() and filled.in_features == 4
    left = FSDP(made(), ignored_modules=[]).module[0]
    assert isinstance(left.weight, DTensor)
    model = made()
    partly = FSDP(model, ignored_modules=[model[0]])
    assert not isinstance(partly.module[0].weight, DTensor) and isinstance(partly.module[3].weight, DTensor)


check_strategies()
check_policies()
check_states()
check_whole_parameters()
check_whole_parameters_of_one()
check_options()
dist.destroy_process_group()
