"""Collective operations in further forms, and what groups are asked and told."""

from datetime import timedelta

import pytest
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
own = torch.full((2, 3), float(rank))
everyone = torch.arange(float(size)).view(-1, 1, 1).expand(size, 2, 3)

for form in ((size, 2, 3), (2 * size, 3), (6 * size,)):
    whole = torch.empty(form) if rank == 1 else None
    dist.gather_single(own, whole, dst=1)
    assert whole is None or torch.equal(whole.view(size, 2, 3), everyone)
work = dist.gather_into_tensor(own, whole, dst=1, async_op=True)
work.wait()
if rank == 1:
    with pytest.raises(ValueError, match="not a contiguous tensor for"):
        dist.gather_single(own, torch.empty(7), dst=1)
    with pytest.raises(ValueError, match="must be specified on destination"):
        dist.gather_single(own, dst=1)
else:
    with pytest.raises(ValueError, match="must NOT be specified"):
        dist.gather_single(own, torch.empty(size, 2, 3), dst=1)

whole = torch.empty(size, 2, 3)
dist.all_gather_single(whole, own)
assert torch.equal(whole, everyone)
part = torch.empty(2, 3)
dist.reduce_scatter_single(part, whole)
assert torch.equal(part, own * size)

inputs = [own, torch.tensor([rank])]
for is_async in (False, True):
    outputs = [[torch.empty(2, 3), torch.empty(1, dtype=torch.int64)] for _ in range(size)]
    future = dist.all_gather_coalesced(outputs, inputs, async_op=is_async)
    assert (future is not None) == is_async
    if is_async:
        future.wait()
    assert [theirs[1].item() for theirs in outputs] == list(range(size))
    assert torch.equal(torch.stack([theirs[0] for theirs in outputs]), everyone)
with pytest.raises(ValueError, match="a list of 2 places for each"):
    dist.all_gather_coalesced([[own]] * size, inputs)

assert dist.get_default_backend_for_device("cpu") == dist.get_default_backend_for_device(torch.device("cpu")) == "gloo"
with pytest.raises(ValueError, match="Default backend not registered for device : meta"):
    dist.get_default_backend_for_device("meta")
dist.set_timeout(timedelta(seconds=0.3))
if rank == 0:
    with pytest.raises(dist.DistBackendError, match=r"timed out after 0.3 s"):
        dist.recv(torch.empty(1), 1)
dist.set_timeout(timedelta(seconds=60))
dist.barrier()
