"""Gradients through collective operations: of the sum over processes of what each computes."""

import pytest
import torch
import torch.distributed as dist
import torch.distributed.nn as dnn

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
weights = [torch.arange(1.0, 4.0).double() * (of + 1) for of in range(size)]
total = sum(weights)


def leaf(of=rank):
    return torch.full((3,), of + 1.0, dtype=torch.float64, requires_grad=True)


def check(result, x, value, gradient):
    (result * weights[rank]).sum().backward()
    assert torch.equal(result, torch.full((3,), value).double()), (rank, result)
    assert torch.equal(x.grad, gradient), (rank, x.grad, gradient)


everything = size * (size + 1) / 2
x = leaf()
check(dnn.all_reduce(x), x, everything, total)
x = leaf()
check(dnn.all_reduce(x, dist.ReduceOp.AVG), x, everything / size, total / size)
x = leaf()
check(dnn.broadcast(x, 1), x, 2.0, total if rank == 1 else torch.zeros(3).double())
x = leaf()
check(dnn.reduce(x, 1), x, everything if rank == 1 else 0.0, weights[1])

x = leaf()
parts = dnn.all_gather(x)
sum((part * (of + 1) * weights[rank]).sum() for of, part in enumerate(parts)).backward()
assert [part[0].item() for part in parts] == [of + 1.0 for of in range(size)]
assert torch.equal(x.grad, (rank + 1) * total)

x = torch.arange(size * 2.0).add(10 * rank).double().requires_grad_()
into = torch.empty(size * 2, dtype=torch.float64)
y = dnn.all_to_all_single(into, x)
assert torch.equal(into, y)
assert y.tolist() == [10.0 * of + 2 * rank + k for of in range(size) for k in range(2)]
(y * (rank + 1)).sum().backward()
assert x.grad.tolist() == [to + 1.0 for to in range(size) for _ in range(2)]

# A tensor for each process; what it gets is weighed by its number.
rows = [torch.full((2,), 10.0 * rank + to, dtype=torch.float64, requires_grad=True) for to in range(size)]
into = torch.empty(2, dtype=torch.float64)
y = dnn.reduce_scatter(into, rows)
assert torch.equal(into, y) and not into.requires_grad
assert y.tolist() == [sum(10.0 * of + rank for of in range(size))] * 2
(y * (rank + 1)).sum().backward()
assert [row.grad[0].item() for row in rows] == [to + 1.0 for to in range(size)]

rows = [torch.full((2,), 10.0 * rank + to, dtype=torch.float64, requires_grad=True) for to in range(size)]
into = [torch.empty(2, dtype=torch.float64) for _ in range(size)]
came = dnn.all_to_all(into, rows)
assert all(torch.equal(one, other) for one, other in zip(into, came, strict=True))
assert [each[0].item() for each in came] == [10.0 * of + rank for of in range(size)]
sum(each.sum() * (rank + 1) for each in came).backward()
assert [row.grad[0].item() for row in rows] == [to + 1.0 for to in range(size)]

rows = [torch.full((2,), 10.0 * rank + to, dtype=torch.float64, requires_grad=True) for to in range(size)]
y = dnn.scatter(rows, 1)
assert y.tolist() == [10.0 + rank] * 2
(y * (rank + 1)).sum().backward()
assert [row.grad[0].item() for row in rows] == [(to + 1.0) * (rank == 1) for to in range(size)]

x = leaf()
came = dnn.gather(x, 1)
assert [each[0].item() for each in came] == [(of + 1.0) * (rank == 1) for of in range(size)]
sum(each.sum() * (of + 2) for of, each in enumerate(came)).backward()
assert x.grad.tolist() == [rank + 2.0] * 3

x = leaf()
(first,) = torch.autograd.grad((dnn.all_reduce(x.square()) * weights[rank]).sum(), x, create_graph=True)
(second,) = torch.autograd.grad(first.sum(), x)
assert torch.equal(second, 2 * total)
with pytest.raises(ValueError, match="no derivative"):
    dnn.all_reduce(x, dist.ReduceOp.MAX)
assert dnn.all_reduce(x.detach(), dist.ReduceOp.MAX)[0] == size
dist.destroy_process_group()
