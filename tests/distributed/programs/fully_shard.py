"""fully_shard: training is that of one process with all batches; no process has more than its part at rest."""

import functools
import itertools

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import (
    CheckpointImpl,
    CheckpointWrapper,
    apply_activation_checkpointing,
    checkpoint_wrapper,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, Replicate, Shard
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.utils.checkpoint import checkpoint

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()


class Block(nn.Module):
    def __init__(self, checkpoints=False):
        super().__init__()
        self.norm, self.w1, self.w2 = nn.LayerNorm(6), nn.Linear(6, 10), nn.Linear(10, 6, bias=False)
        self.checkpoints = checkpoints

    def inner(self, x):
        return self.w2(F.gelu(self.w1(self.norm(x))))

    def forward(self, x):
        return x + (checkpoint(self.inner, x, use_reentrant=False) if self.checkpoints else self.inner(x))


class Model(nn.Module):
    """The table's weight is that of the last layer, too."""

    def __init__(self, checkpoints=False):
        super().__init__()
        self.table = nn.Embedding(7, 6)
        self.blocks = nn.ModuleList(Block(checkpoints) for _ in range(3))
        self.out = nn.Linear(6, 7, bias=False)
        self.out.weight = self.table.weight

    def forward(self, x):
        x = self.table(x)
        for block in self.blocks:
            x = block(x)
        return self.out(x)


def made(dtype=torch.float64, **options):
    torch.manual_seed(0)
    return Model(**options).to(dtype)


def sharded(nested=True, model=None, **options):
    model = model or made()
    if nested:
        for block in model.blocks:
            fully_shard(block, **options)
    return fully_shard(model, **options)


def batch(step, of):
    return torch.randint(7, (2, 5), generator=torch.Generator().manual_seed(100 * step + of))


def loss_of(model, step, of):
    x = batch(step, of)
    return F.cross_entropy(model(x).flatten(0, 1).double(), x.roll(1, 1).flatten())


def whole(tensor):
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def check_same(model, plain, tolerance=1e-9):
    pairs = list(zip(model.named_parameters(), plain.named_parameters(), strict=True))
    assert len(pairs) == 16
    for (name, one), (other_name, other) in pairs:
        assert name == other_name and isinstance(one, DTensor) and one.shape == other.shape
        assert torch.allclose(whole(one), other, atol=tolerance), name
        if other.grad is not None:
            assert torch.allclose(whole(one.grad), other.grad, atol=tolerance), name


def check_training(model, of=None, copies=size, steps=3, clips=True, batches=lambda step: [rank]):
    plain = made()
    optimizers = [torch.optim.AdamW(each.parameters(), lr=0.02) for each in (model, plain)]
    for step in range(steps):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss_of(model, step, (of if of is not None else rank)).backward()
        (sum(loss_of(plain, step, each) for each in range(copies)) / copies).backward()
        check_same(model, plain)
        if clips:
            norms = [nn.utils.clip_grad_norm_(each.parameters(), 0.1) for each in (model, plain)]
            assert torch.allclose(whole(norms[0]), norms[1])
        for optimizer in optimizers:
            optimizer.step()
        check_same(model, plain)
    state = optimizers[0].state[next(iter(model.parameters()))]["exp_avg"]
    assert isinstance(state, DTensor) and state.to_local().numel() <= -(-7 // min(size, 2)) * 6


def check_at_rest():
    model = sharded()
    assert isinstance(model, FSDPModule) and isinstance(model, Model) and type(model).__name__ == "FSDPModel"
    assert isinstance(model.blocks[0], FSDPModule) and not isinstance(model.out, FSDPModule)
    weight = model.blocks[0].w1.weight
    assert isinstance(weight, nn.Parameter) and weight.placements == (Shard(0),) and weight.shape == (10, 6)
    assert weight.to_local().shape[0] in (10 // size, -(-10 // size), 1)
    assert model.out.weight is model.table.weight
    seen = []
    model.blocks[1].w1.register_forward_hook(lambda module, args, output: seen.append(module.weight))
    with torch.no_grad():
        output = model(batch(0, 0))
    assert not isinstance(seen[0], DTensor) and isinstance(model.blocks[1].w1.weight, DTensor)
    assert torch.allclose(output, made()(batch(0, 0)))
    assert not isinstance(model.table.weight, DTensor)
    model.reshard()
    assert isinstance(model.table.weight, DTensor)
    state = model.state_dict()
    assert all(isinstance(value, DTensor) for value in state.values()) and len(state) == 17
    handle = model.blocks[0].unshard(async_op=True)
    handle.wait()
    assert torch.equal(model.blocks[0].w1.weight, made().blocks[0].w1.weight)
    model.blocks[0].reshard()
    with pytest.raises(ValueError, match="already been applied"):
        fully_shard(model)
    with pytest.raises(ValueError, match="do not implement forward"):
        fully_shard(nn.ModuleList([nn.Linear(1, 1)]))


def check_wrapped_checkpoints(kind):
    """Blocks whose activations are computed again, within and around what is spread."""
    model = made()
    wrap = functools.partial(checkpoint_wrapper, checkpoint_impl=kind)
    apply_activation_checkpointing(model, wrap, lambda part: isinstance(part, Block))
    assert isinstance(model.blocks[0], CheckpointWrapper) and isinstance(model.blocks[0].w1, nn.Linear)
    assert set(model.state_dict()) == set(made().state_dict())
    model.load_state_dict(made().state_dict())
    names = [name for name, _ in model.blocks[0].named_parameters()]
    assert names == ["norm.weight", "norm.bias", "w1.weight", "w1.bias", "w2.weight"]
    fully_shard(model.blocks[0])
    fully_shard(model.blocks[1]._checkpoint_wrapped_module)
    fully_shard(model)
    plain = made()
    for step in range(2):
        loss_of(model, step, rank).backward()
        (sum(loss_of(plain, step, each) for each in range(size)) / size).backward()
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(whole(one.grad), other.grad)


def check_accumulation():
    model, plain = sharded(), made()
    for step, is_last in enumerate((False, False, True)):
        model.set_requires_gradient_sync(is_last)
        loss_of(model, step, rank).backward()
        (sum(loss_of(plain, step, each) for each in range(size)) / size).backward()
    check_same(model, plain)
    loss_of(model, 5, rank).backward()
    (sum(loss_of(plain, 5, each) for each in range(size)) / size).backward()
    check_same(model, plain)


def check_mixed_precision():
    dtypes = {"param_dtype": torch.bfloat16, "reduce_dtype": torch.float32}
    model, plain = made(torch.float32), made()
    for block in model.blocks:
        fully_shard(block, mp_policy=MixedPrecisionPolicy(**dtypes))
    fully_shard(model, mp_policy=MixedPrecisionPolicy(**dtypes, output_dtype=torch.float32))
    seen = []
    model.blocks[0].w1.register_forward_hook(
        lambda m, args, out: seen.append((m.weight.dtype, args[0].dtype, out.dtype))
    )
    scores = model(batch(0, rank))
    assert seen[0] == (torch.bfloat16,) * 3 and scores.dtype == torch.float32
    F.cross_entropy(scores.flatten(0, 1), batch(0, rank).flatten()).backward()
    plain_loss = sum(
        F.cross_entropy(plain(batch(0, each)).flatten(0, 1), batch(0, each).flatten()) for each in range(size)
    )
    (plain_loss / size).backward()
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        assert one.dtype == one.grad.dtype == torch.float32
        assert torch.allclose(whole(one.grad).double(), other.grad, atol=0.05)


def check_frozen_and_unused():
    model = made()
    model.blocks[0].requires_grad_(False)
    model = sharded(model=model)
    loss_of(model, 0, rank).backward()
    assert all(each.grad is None for each in model.blocks[0].parameters())
    assert all(isinstance(each, DTensor) for each in model.parameters())
    model(batch(0, rank))
    scores = model.table(batch(0, rank)).sum()
    scores.backward()
    assert all(isinstance(each, DTensor) for each in model.parameters())


def check_placement():
    model = sharded(shard_placement_fn=lambda parameter: Shard(parameter.dim() - 1))
    assert model.blocks[0].w1.weight.placements == (Shard(1),)
    check_training(model)


def check_meshes():
    grid = init_device_mesh("cpu", (2, size // 2), mesh_dim_names=("dp", "tp"))
    model = sharded(mesh=grid)
    assert model.table.weight.placements == (Replicate(), Shard(0))
    check_training(model)
    model = made()
    plan = {"blocks.*.w1": ColwiseParallel(), "blocks.*.w2": RowwiseParallel()}
    parallelize_module(model, grid["tp"], plan)
    for block in model.blocks:
        fully_shard(block, mesh=grid["dp"])
    fully_shard(model, mesh=grid["dp"])
    weight = model.blocks[0].w1.weight
    assert weight.device_mesh == grid and weight.shape == (10, 6) and weight.to_local().numel() <= 18
    assert torch.equal(weight.full_tensor(), made().blocks[0].w1.weight)
    check_training(model, of=rank // 2, copies=2, clips=False)


check_at_rest()
for nested, reshards in itertools.product([True, False], [True, False, None]):
    check_training(sharded(nested, reshard_after_forward=reshards))
check_training(sharded(model=made(checkpoints=True)))
for kind in CheckpointImpl:
    check_wrapped_checkpoints(kind)
check_accumulation()
check_mixed_precision()
check_frozen_and_unused()
check_placement()
if size == 4:
    check_meshes()
dist.destroy_process_group()
