"""Modules that processes compute together: outputs, gradients and steps are those of one process."""

import copy

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    PrepareModuleInput,
    PrepareModuleOutput,
    RowwiseParallel,
    SequenceParallel,
    loss_parallel,
    parallelize_module,
)  # fmt: skip

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
mesh = init_device_mesh("cpu", (size,))


class Attention(nn.Module):
    """Attention whose number of heads follows from what its projections give."""

    def __init__(self):
        super().__init__()
        self.wq, self.wk, self.wv, self.wo = (nn.Linear(16, 16, bias=False) for _ in range(4))

    def forward(self, x):
        q, k, v = (w(x).unflatten(-1, (-1, 4)).transpose(1, 2) for w in (self.wq, self.wk, self.wv))
        return self.wo(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(16), nn.RMSNorm(16)
        self.attention = Attention()
        self.w1, self.w2 = nn.Linear(16, 32), nn.Linear(32, 16)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.w2(F.gelu(self.w1(self.norm2(x))))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.blocks = nn.Embedding(11, 16), nn.ModuleList(Block() for _ in range(2))
        self.norm, self.out = nn.LayerNorm(16), nn.Linear(16, 12)

    def forward(self, x):
        x = self.table(x)
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x))


OF_BLOCKS = {
    "attention.wq": ColwiseParallel(), "attention.wk": ColwiseParallel(), "attention.wv": ColwiseParallel(),
    "attention.wo": RowwiseParallel(), "w1": ColwiseParallel(), "w2": RowwiseParallel(),
}  # fmt: skip
BY_SEQUENCE = {
    "table": RowwiseParallel(input_layouts=Replicate(), output_layouts=Shard(1)),
    "blocks.*.norm1": SequenceParallel(), "blocks.*.norm2": SequenceParallel(), "norm": SequenceParallel(),
    "blocks.*.attention": PrepareModuleInput(input_layouts=Shard(1), desired_input_layouts=Replicate()),
    "blocks.*.w1": ColwiseParallel(input_layouts=Shard(1)),
    "blocks.*.attention.wq": ColwiseParallel(), "blocks.*.attention.wk": ColwiseParallel(),
    "blocks.*.attention.wv": ColwiseParallel(),
    "blocks.*.attention.wo": RowwiseParallel(output_layouts=Shard(1)),
    "blocks.*.w2": RowwiseParallel(output_layouts=Shard(1)),
    "out": ColwiseParallel(input_layouts=Shard(1), output_layouts=Shard(-1), use_local_output=False),
}  # fmt: skip


def made():
    torch.manual_seed(0)
    return Model().double()


def numbers(seed, *shape, below=11):
    return torch.randint(below, shape, generator=torch.Generator().manual_seed(seed))


def check_equal(mine, expected):
    for (name, one), (_, other) in zip(mine.named_parameters(), expected.named_parameters(), strict=True):
        gradient = one.grad
        one, gradient = (each.full_tensor() if isinstance(each, DTensor) else each for each in (one, gradient))
        assert torch.allclose(gradient, other.grad, atol=1e-9), (name, gradient, other.grad)
        assert torch.allclose(one, other, atol=1e-9), name


def check_training(plan, of_loss):
    plain, spread = made(), made()
    parallelize_module(spread, mesh, plan)
    optimizers = [torch.optim.AdamW(model.parameters(), lr=0.01) for model in (plain, spread)]
    for step in range(3):
        x, target = numbers(step, 2, 8), numbers(10 + step, 2, 8, below=12)
        for model, optimizer in zip((plain, spread), optimizers, strict=True):
            optimizer.zero_grad()
            loss = of_loss(model(x), target)
            loss.backward()
            optimizer.step()
        check_equal(spread, plain)
    held = sum(parameter.to_local().numel() for parameter in spread.parameters() if isinstance(parameter, DTensor))
    assert held < sum(parameter.numel() for parameter in plain.parameters()) * (0.65 if size == 2 else 0.4)


def loss_of(scores, target):
    if not isinstance(scores, DTensor):
        return F.cross_entropy(scores.flatten(0, 1), target.flatten())
    assert scores.placements == (Shard(2),)
    with loss_parallel():
        loss = F.cross_entropy(scores.flatten(0, 1), distribute_tensor(target.flatten(), mesh, [Replicate()]))
    return loss.to_local()


def plain_loss_of(scores, target):
    return F.cross_entropy(scores.flatten(0, 1), target.flatten())


def check_styles():
    x = torch.randn(4, 8, 16, generator=torch.Generator().manual_seed(1))
    linear = nn.Linear(16, 8)
    plain = copy.deepcopy(linear)
    dist.broadcast(plain.weight.data, 0)
    dist.broadcast(plain.bias.data, 0)
    parallelize_module(linear, mesh, ColwiseParallel(output_layouts=Replicate()))
    assert linear.weight.placements == linear.bias.placements == (Shard(0),)
    assert torch.allclose(linear(x), plain(x), atol=1e-6) and not isinstance(linear(x), DTensor)
    wrapped = parallelize_module(
        nn.Sequential(nn.Identity()), mesh,
        {"0": PrepareModuleOutput(output_layouts=Replicate(), desired_output_layouts=Shard(0))},
    )  # fmt: skip
    assert torch.equal(wrapped(x), x.chunk(size)[rank])
    with pytest.raises(NotImplementedError, match=r"only support nn\.Linear"):
        parallelize_module(nn.Conv1d(1, 1, 1), mesh, RowwiseParallel())
    with pytest.raises(AssertionError, match="same length"):
        PrepareModuleInput(input_layouts=(Shard(0), None), desired_input_layouts=Replicate())
    with pytest.warns(UserWarning, match="could not be resolved"):
        parallelize_module(plain, mesh, {"absent": RowwiseParallel()})


def check_ignored_targets():
    scores = torch.randn(6, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64, requires_grad=True)
    target = torch.tensor([1, -100, 7, 3, 0, -100])
    expected = F.cross_entropy(scores, target)
    expected.backward()
    spread = distribute_tensor(scores.detach(), mesh, [Shard(1)]).requires_grad_()
    with loss_parallel():
        loss = F.cross_entropy(spread, target)
        each = F.cross_entropy(spread, target, reduction="none")
    loss.backward()
    assert torch.allclose(loss.full_tensor(), expected) and torch.allclose(spread.grad.full_tensor(), scores.grad)
    assert torch.allclose(each.full_tensor(), F.cross_entropy(scores, target, reduction="none"))


def check_weighted_classes():
    generator = torch.Generator().manual_seed(3)
    weight, target = torch.rand(8, generator=generator), torch.randint(0, 8, (4, 3), generator=generator)
    target[0, 0] = -100
    for reduction in ("none", "sum", "mean"):
        scores = torch.randn(4, 8, 3, generator=generator, requires_grad=True)
        expected = F.cross_entropy(scores, target, weight, reduction=reduction)
        expected.sum().backward()
        spread = distribute_tensor(scores.detach(), mesh, [Shard(1)]).requires_grad_()
        with loss_parallel():
            loss = F.cross_entropy(spread, target, weight, reduction=reduction)
        loss.sum().backward()
        assert torch.allclose(loss.full_tensor(), expected, atol=1e-6)
        assert torch.allclose(spread.grad.full_tensor(), scores.grad, atol=1e-6)
    with loss_parallel(), pytest.raises(ValueError, match="only when the input tensor is sharded on the class dim"):
        F.cross_entropy(distribute_tensor(torch.ones(4, 8), mesh, [Shard(0)]), torch.zeros(4).long())


check_training({f"blocks.*.{name}": style for name, style in OF_BLOCKS.items()}, plain_loss_of)
check_training(BY_SEQUENCE, loss_of)
check_styles()
check_ignored_targets()
check_weighted_classes()
dist.destroy_process_group()
