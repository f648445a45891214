"""Every collective operation, for every dtype, against NumPy: each process knows what all of them contribute."""

import numpy as np
import torch
import torch.distributed as dist

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool, torch.complex64, torch.complex128, torch.uint16, torch.uint32, torch.uint64,
    torch.float8_e5m2,
]  # fmt: skip
OPS = {"SUM": np.add, "PRODUCT": np.multiply, "MIN": np.minimum, "MAX": np.maximum}
BITWISE = {"BAND": np.bitwise_and, "BOR": np.bitwise_or, "BXOR": np.bitwise_xor}

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()


def share(of, dtype, count=6):
    """What a process contributes: small whole numbers, with which every dtype computes exactly."""
    is_coarse = dtype.is_floating_point and dtype.itemsize == 1
    values = np.random.default_rng(of).integers(0, 2 if is_coarse else 4, count)
    if dtype.is_complex:
        values = values + 1j * np.random.default_rng(of + 100).integers(0, 3, count)
    return torch.tensor(values.tolist()).to(dtype)


def numbers(tensor):
    """The elements as NumPy's, in a dtype in which NumPy computes as exactly."""
    is_narrow = tensor.is_floating_point() and tensor.itemsize < 4
    return (tensor.float() if is_narrow else tensor).numpy()


def same(tensor, expected):
    assert np.array_equal(numbers(tensor), expected), (rank, tensor, expected)


def joined(function, dtype):
    return function.reduce([numbers(share(of, dtype)) for of in range(size)], axis=0)


def ops_of(dtype):
    if dtype is torch.bool:
        bools = {"SUM": np.logical_or, "PRODUCT": np.logical_and, "MIN": np.logical_and, "MAX": np.logical_or}
        return {**bools, "BAND": np.logical_and, "BOR": np.logical_or, "BXOR": np.logical_xor}
    if dtype.is_complex:
        return {name: OPS[name] for name in ("SUM", "PRODUCT")}
    return OPS if dtype.is_floating_point else {**OPS, **BITWISE}


def check_reductions(dtype):
    for name, function in ops_of(dtype).items():
        op, expected = dist.ReduceOp[name], joined(function, dtype)
        tensor = share(rank, dtype)
        version = tensor._version
        assert dist.all_reduce(tensor, op) is None
        same(tensor, expected)
        assert tensor._version > version
        tensor = share(rank, dtype)
        dist.reduce(tensor, dst=size - 1, op=op)
        same(tensor, expected if rank == size - 1 else numbers(share(rank, dtype)))
        outputs = torch.empty(2, dtype=dtype)
        dist.reduce_scatter(outputs, [share(rank, dtype)[:2] for _ in range(size)], op)
        same(outputs, expected[:2])
        dist.reduce_scatter_tensor(outputs, share(rank, dtype)[:2].repeat(size), op)
        same(outputs, expected[:2])
    if dtype.is_floating_point or dtype.is_complex:
        tensor = share(rank, dtype)
        dist.all_reduce(tensor, dist.ReduceOp.AVG)
        mean = (joined(np.add, dtype) / size).astype(numbers(tensor).dtype)
        same(tensor, numbers(torch.from_numpy(mean).to(dtype)))


def check_movements(dtype):
    shares = [share(of, dtype) for of in range(size)]
    tensor = share(rank, dtype)
    dist.broadcast(tensor, src=1)
    same(tensor, numbers(shares[1]))
    gathered = [torch.empty(6, dtype=dtype) for _ in range(size)]
    dist.all_gather(gathered, shares[rank])
    flat = torch.empty(6 * size, dtype=dtype)
    dist.all_gather_into_tensor(flat, shares[rank])
    at_root = [torch.empty(6, dtype=dtype) for _ in range(size)] if rank == 1 else None
    dist.gather(shares[rank], at_root, dst=1)
    for of in range(size):
        same(gathered[of], numbers(shares[of]))
        same(flat[6 * of : 6 * of + 6], numbers(shares[of]))
        if at_root:
            same(at_root[of], numbers(shares[of]))
    tensor = torch.empty(6, dtype=dtype)
    dist.scatter(tensor, shares if rank == 0 else None, src=0)
    same(tensor, numbers(shares[rank]))


def check_exchanges(dtype):
    mine = [share(10 * rank + to, dtype, to + 1) for to in range(size)]
    came = [torch.empty(rank + 1, dtype=dtype) for _ in range(size)]
    dist.all_to_all(came, mine)
    flat = torch.empty(size * (rank + 1), dtype=dtype)
    dist.all_to_all_single(flat, torch.cat(mine), [rank + 1] * size, [to + 1 for to in range(size)])
    for of in range(size):
        same(came[of], numbers(share(10 * of + rank, dtype, rank + 1)))
    same(flat, np.concatenate([numbers(part) for part in came]))
    equal = torch.empty(size, 3, dtype=dtype)
    dist.all_to_all_single(equal, share(rank, dtype, 3 * size).view(size, 3))
    same(equal, np.stack([numbers(share(of, dtype, 3 * size)).reshape(size, 3)[rank] for of in range(size)]))


def check_layouts():
    """Tensors that are strided, lazily conjugated, empty, 0-dim or parameters are exchanged as what they are."""
    strided = torch.arange(12.0).view(3, 4).t()
    dist.all_reduce(strided)
    same(strided, size * np.arange(12.0).reshape(3, 4).T)
    conjugate = torch.full((2,), 1 + 2j).conj()
    dist.all_reduce(conjugate)
    same(conjugate.resolve_conj(), np.full(2, size * (1 - 2j), np.complex64))
    empty, scalar = torch.empty(0, 3), torch.tensor(1.5)
    dist.all_reduce(empty)
    dist.all_reduce(scalar)
    assert scalar.item() == 1.5 * size
    parameter = torch.nn.Parameter(torch.full((2,), float(rank)))
    dist.broadcast(parameter, 1)
    assert parameter.tolist() == [1.0, 1.0] and parameter.is_leaf
    places = torch.zeros(size, 2, 3)
    dist.all_gather(list(places.transpose(1, 2)), torch.full((3, 2), float(rank)))
    assert places[:, 0, 0].tolist() == list(range(size))


def check_async():
    tensors = [torch.full((1000,), float(rank + k)) for k in range(8)]
    works = [dist.all_reduce(tensor, dist.ReduceOp.AVG, async_op=True) for tensor in tensors]
    halves = [work.get_future().then(lambda future: future.value()[0] / 2) for work in works]
    for k, (work, tensor, half) in enumerate(zip(works, tensors, halves, strict=True)):
        assert work.wait() and work.is_completed() and work.is_success() and work.result()[0] is tensor
        mean = (size - 1) / 2 + k
        assert torch.equal(tensor, torch.full((1000,), mean)) and torch.equal(half.wait(), tensor / 2)
    together = [torch.ones(2), torch.full((2, 2), float(rank))]
    dist.all_reduce_coalesced(together)
    assert together[0].tolist() == [size] * 2 and together[1].sum() == 4 * sum(range(size))
    dropped = torch.ones(100000)
    dist.all_reduce(dropped, async_op=True)
    del dropped
    dist.barrier(async_op=True).wait()


for each in DTYPES:
    check_reductions(each)
    check_movements(each)
    check_exchanges(each)
check_layouts()
check_async()
dist.destroy_process_group()
assert not dist.is_initialized()
