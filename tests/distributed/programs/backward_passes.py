"""DistributedDataParallel: backward passes that are not one walk from all outputs to all parameters, once each.

Numbers are small multiples of powers of two, with which sums are exact in any order.
"""

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.checkpoint import checkpoint

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()


def whole(shape, seed):
    """Multiples of 1/4."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-8, 9, shape, generator=generator).double() / 4


def make(kind):
    net = kind().double()
    with torch.no_grad():
        for number, parameter in enumerate(net.parameters()):
            parameter.copy_(whole(parameter.shape, number))
    return net


def share(step, of):
    return whole((2, 4), 100 * step + of).requires_grad_()


class Heads(nn.Module):
    """Two results, which come from different parameters."""

    def __init__(self):
        super().__init__()
        self.body, self.left, self.right = nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(4, 3)

    def forward(self, x):
        x = self.body(x)
        return {"left": self.left(x), "right": [self.right(x)]}


class Twice(nn.Module):
    """A layer that is used twice, each time in a walk over the graph of its own."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        once = checkpoint(self.inner, x, use_reentrant=True)
        return self.outer(checkpoint(self.inner, once, use_reentrant=True))


def check(kind, loss, options, steps=3):
    """Gradients are those of the mean over processes of ``loss(net, step, rank)``; None for what no process uses."""
    ddp = DDP(make(kind), **options)
    for step in range(steps):
        ddp.zero_grad()
        loss(ddp, step, rank).backward()
        net = make(kind)
        for of in range(size):
            (loss(net, step, of) / size).backward()
        for parameter, expected in zip(ddp.module.parameters(), net.parameters(), strict=True):
            mine, theirs = parameter.grad, expected.grad
            same = mine is None if theirs is None else torch.equal(mine, theirs)
            assert same, (rank, kind, options, step, mine, theirs)


def left_alone(net, step, of):
    return net(share(step, of))["left"].square().sum()


def sides_by_rank(net, step, of):
    out = net(share(step, of))
    return (out["left"] if (of + step) % 2 else out["right"][0]).sum()


def two_forwards(net, step, of):
    return net(share(step, of)).sum() - net(share(step + 10, of)).square().sum()


def twice(net, step, of):
    return net(share(step, of)).square().sum()


check(Heads, left_alone, {"find_unused_parameters": True})
check(Heads, left_alone, {"static_graph": True})
check(Heads, sides_by_rank, {"find_unused_parameters": True, "bucket_cap_mb": 1e-4})
check(lambda: nn.Linear(4, 3), two_forwards, {})
check(lambda: nn.Linear(4, 3), two_forwards, {"find_unused_parameters": True})
check(lambda: nn.Linear(4, 3), two_forwards, {"static_graph": True, "gradient_as_bucket_view": True})
check(Twice, twice, {"static_graph": True})
check(Twice, twice, {"static_graph": True, "gradient_as_bucket_view": True, "bucket_cap_mb": 1e-4})


class Skips(nn.Module):
    """One process returns its input."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x, of):
        return x if of == 0 else self.layer(x)


check(Skips, lambda net, step, of: net(share(step, of), of).sum(), {"find_unused_parameters": True})

ddp = DDP(make(Twice))
with pytest.raises(RuntimeError, match="ready only once"):
    twice(ddp, 0, rank).backward()
dist.destroy_process_group()
