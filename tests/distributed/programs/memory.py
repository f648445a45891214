"""How much memory a step of training takes at most, besides what the library itself takes."""

import resource
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import fully_shard

dist.init_process_group("gloo")
width, depth = 640, 16


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x):
        return self.linear(x).relu()


# Everything that is loaded at its first use, once on something small.
small = fully_shard(nn.Sequential(nn.Linear(2, 2)))
torch.optim.Adam(small.parameters())
small(torch.ones(1, 2)).sum().backward()
before = peak()
torch.manual_seed(0)
blocks = [fully_shard(Block()) if sys.argv[1] == "sharded" else Block() for _ in range(depth)]
model = nn.Sequential(*blocks)
if sys.argv[1] == "sharded":
    fully_shard(model)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(3):
    optimizer.zero_grad()
    model(torch.ones(4, width)).square().sum().backward()
    optimizer.step()
if dist.get_rank() == 0:
    print("peak", peak() - before, "parameters", depth * width * (width + 1) * 4)
dist.destroy_process_group()
