"""Processes that a program starts itself, as PyTorch's tutorials do, and that train together."""

import os
import socket
import sys

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

SIZE = 3


def train(module, inputs):
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    for rows in inputs:
        optimizer.zero_grad()
        module(rows).square().mean().backward()
        optimizer.step()
    return module


def batches(rank):
    generator = torch.Generator().manual_seed(rank)
    return [torch.randn(4, 3, generator=generator, dtype=torch.float64) for _ in range(3)]


def model():
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2, dtype=torch.float64)


def main(rank, kind, address):
    if kind == "environment":
        os.environ.update(MASTER_ADDR="localhost", MASTER_PORT=address)
        dist.init_process_group("gloo", rank=rank, world_size=SIZE)
    else:
        dist.init_process_group("nccl", init_method=address, rank=rank, world_size=SIZE)
    spread = train(DistributedDataParallel(model()), batches(rank))
    whole = train(model(), [torch.cat(rows) for rows in zip(*map(batches, range(SIZE)), strict=True)])
    torch.testing.assert_close(spread.module.weight, whole.weight)
    first_two = dist.new_group([0, 1])
    if rank < 2:
        tensor = torch.tensor([rank + 1.0])
        dist.all_reduce(tensor, group=first_two)
        assert tensor.item() == 3.0
    dist.barrier()
    dist.destroy_process_group()
    # A second group of the same processes.
    dist.init_process_group("gloo", store=dist.FileStore(sys.argv[2] + "2", SIZE), rank=rank, world_size=SIZE)
    everyone = [None] * SIZE
    dist.all_gather_object(everyone, rank)
    assert everyone == list(range(SIZE))
    dist.destroy_process_group()


if __name__ == "__main__":
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        os.environ.pop(name, None)
    with socket.create_server(("localhost", 0)) as probe:
        port = probe.getsockname()[1]
    where = {"environment": str(port), "tcp": f"tcp://localhost:{port}", "file": f"file://{sys.argv[2]}"}
    mp.spawn(main, args=(sys.argv[1], where[sys.argv[1]]), nprocs=SIZE)
