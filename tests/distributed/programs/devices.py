"""Tensors on a GPU go through host memory, and come back."""

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel as FSDP
from torch.nn.parallel import DistributedDataParallel as DDP

dist.init_process_group("nccl")
rank, size = dist.get_rank(), dist.get_world_size()
device = torch.device("wgpu", rank % torch.wgpu.device_count())

tensor = torch.full((3, 2), float(rank + 1), device=device).t()
work = dist.all_reduce(tensor, async_op=True)
work.wait()
assert tensor.device.type == "wgpu" and tensor.tolist() == [[size * (size + 1) / 2] * 3] * 2
parts = [torch.empty(2, device=device) for _ in range(size)]
dist.all_gather(parts, torch.full((2,), float(rank), device=device))
assert [part.tolist() for part in parts] == [[float(of)] * 2 for of in range(size)]
dist.broadcast(tensor.fill_(rank), src=1)
assert (tensor == 1).all()
if rank == 0:
    dist.send(tensor, 1)
elif rank == 1:
    received = torch.zeros(2, 3, device=device)
    dist.recv(received, 0)
    assert (received == 1).all()
try:
    dist.all_gather([torch.empty(2)] * size, torch.ones(2, device=device))
except ValueError as error:
    message = str(error)
assert "different devices" in message

torch.manual_seed(0)
ddp = DDP(nn.Linear(4, 2).to(device), device_ids=[device])
ddp(torch.full((1, 4), float(rank))).sum().backward()
assert (ddp.module.weight.grad == (size - 1) / 2).all() and (ddp.module.bias.grad == 1).all()

# The buffers of a module that is left alone stay where they are, the others go to the mesh's device.
model = nn.Sequential(nn.BatchNorm1d(4), nn.BatchNorm1d(4), nn.Linear(4, 4))
for part in model[:2]:
    part.running_mean = part.running_mean.to(device)
spread = FSDP(model, ignored_modules=[model[0]], device_mesh=dist.init_device_mesh("cpu", (size,)))
assert [part.running_mean.device.type for part in spread.module[:2]] == ["wgpu", "cpu"]
dist.destroy_process_group()
