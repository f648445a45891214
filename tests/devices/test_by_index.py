"""Writing by index on every device: what many indices of one place add up to, and what is said of bad ones."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

N = 70_000


@pytest.fixture(params=[7, 5000, 100_000], ids=lambda n: f"{n} places")
def places(request):
    return request.param


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.int8], ids=str)
def test_sums_over_many_indices(device, places, dtype):
    index = torch.arange(N) * 7919 % places
    counts = torch.bincount(index, minlength=places)
    ones = torch.ones(N, dtype=dtype, device=device)
    expected = (counts + 1).to(dtype).tolist()
    there = index.to(device)
    start = torch.ones(places, dtype=dtype, device=device)
    assert start.clone().scatter_add_(0, there, ones).tolist() == expected
    assert start.clone().index_add_(0, there, ones).tolist() == expected
    assert start.clone().index_put_((there,), ones, accumulate=True).tolist() == expected
    assert start.clone().scatter_add_(0, there, ones[:1].expand(N)).tolist() == expected


def test_half_sums_over_many_indices(device):
    index = (torch.arange(N) * 7919 % 5000).to(device)
    got = torch.zeros(5000, dtype=torch.float16, device=device).scatter_add_(0, index, torch.ones_like(index).half())
    assert torch.equal(got.cpu(), torch.full((5000,), 14.0, dtype=torch.float16))


@pytest.fixture
def deterministic():
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


def test_sums_are_the_same_each_time(device, places, deterministic):
    index = (torch.arange(N) * 7919 % places).to(device)
    x = torch.rand(N, generator=torch.Generator().manual_seed(1)).to(device)
    first = torch.zeros(places, device=device).scatter_add_(0, index, x)
    assert torch.equal(torch.zeros(places, device=device).scatter_add_(0, index, x), first)
    exact = torch.zeros(places, dtype=torch.float64).scatter_add_(0, index.cpu(), x.cpu().double())
    assert torch.allclose(first.cpu().double(), exact, rtol=1e-4)


def test_sums_as_threads_come(device):
    # Lines that lie anyhow, fewer indices than values, and sums that add up to more than what stood there.
    index = torch.arange(3 * 5000).reshape(3, 5000) * 31 % 700
    x = torch.rand(4, 6000, generator=torch.Generator().manual_seed(1))
    start = torch.rand(900, 3, generator=torch.Generator().manual_seed(2))
    want = start.double().t().scatter_add(1, index, x.double())
    got = start.to(device).t().scatter_add(1, index.to(device), x.to(device))
    assert torch.allclose(got.cpu().double(), want, rtol=1e-5)
    counts = torch.zeros(3, 700, dtype=torch.int32, device=device).scatter_add_(
        1, index.to(device), index.to(device).int()
    )
    assert torch.equal(counts.cpu(), torch.zeros(3, 700, dtype=torch.int32).scatter_add_(1, index, index.int()))


def test_the_way_to_add_is_chosen_by_what_is_asked_for():
    if not torch.wgpu.is_available():
        pytest.skip("needs a GPU")
    index, x = torch.zeros(1000, dtype=torch.int64, device="wgpu"), torch.ones(1000, device="wgpu")
    for asked, sorts in ((False, False), (True, True)):
        torch.use_deterministic_algorithms(asked)
        torch.wgpu.reset_stats()
        assert torch.zeros(4, device="wgpu").scatter_add_(0, index, x).tolist() == [1000, 0, 0, 0]
        shaders = torch.wgpu.stats().shaders
        assert ("ScatterKeys" in shaders) is sorts and ("ScatterAtomic add" in shaders) is not sorts
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("reduce", ["amax", "amin", "prod"])
def test_other_reductions(device, places, reduce):
    index = torch.arange(N) * 7919 % places
    values = torch.where(torch.arange(N) % 1000 == 3, 2.0, 1.0)
    want = torch.ones(places, dtype=torch.float64).scatter_reduce_(0, index, values.double(), reduce)
    got = torch.ones(places, device=device).scatter_reduce_(0, index.to(device), values.to(device), reduce)
    assert torch.equal(got.cpu().double(), want)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.bool, torch.complex128], ids=str)
def test_of_several_writes_the_last_stays(device, places, dtype):
    index = torch.arange(N) * 7919 % places
    values = (torch.arange(N) % 251).to(dtype)
    want = torch.zeros(places, dtype=dtype)
    for begin in range(0, N, places):
        # No place is named twice within as many indices.
        want[index[begin : begin + places]] = values[begin : begin + places]
    x = torch.zeros(places, dtype=dtype, device=device)
    assert torch.equal(x.clone().scatter_(0, index.to(device), values.to(device)).cpu(), want)
    x[index.to(device)] = values.to(device)
    assert torch.equal(x.cpu(), want)


def test_rows_lines_and_strides(device):
    rows = torch.arange(6000) * 31 % 50
    values = (torch.arange(6000 * 6).reshape(6000, 6) % 17).float()
    want = torch.zeros(50, 6)
    for row in range(50):
        want[row] = values[rows == row].sum(0)
    for target in [torch.zeros(50, 6, device=device), torch.zeros(6, 50, device=device).t()]:
        target.index_add_(0, rows.to(device), values.to(device))
        assert torch.equal(target.cpu(), want)
    weight = torch.zeros(50, 6, device=device, requires_grad=True)
    (F.embedding(rows.to(device), weight) * values.to(device)).sum().backward()
    assert torch.equal(weight.grad.cpu(), want)
    # Along the last dimension of a tensor of three, with an index smaller than the target and the source.
    index = (torch.arange(2 * 3 * 400) * 7 % 9).reshape(2, 3, 400)
    source = torch.ones(2, 4, 500)
    want = torch.zeros(3, 5, 9)
    for i in range(2):
        for j in range(3):
            want[i, j] = torch.bincount(index[i, j], minlength=9).float()
    target = torch.zeros(3, 5, 9, device=device).scatter_add_(2, index.to(device), source.to(device))
    assert torch.equal(target.cpu(), want)
    # Pairs of indices, negative ones among them.
    a, b = torch.arange(3000) % 4 - 2, torch.arange(3000) % 3
    target = torch.zeros(4, 3, 2, device=device)
    target.index_put_((a.to(device), b.to(device)), torch.tensor(1.0, device=device), accumulate=True)
    assert (target == 250).all().item()
    target[a.to(device), b.to(device)] = 7.0
    assert (target == 7).all().item()


def numbers(device, *values):
    return torch.tensor(values, device=device)


ERRORS = {
    "cross_entropy": lambda d: F.cross_entropy(torch.zeros(2, 5, device=d), numbers(d, 1, 99)),
    "nll_loss": lambda d: F.nll_loss(torch.zeros(2, 5, device=d), numbers(d, 1, -2)),
    "embedding": lambda d: F.embedding(numbers(d, 0, 8), torch.zeros(8, 2, device=d)),
    "gather": lambda d: torch.zeros(2, 3, device=d).gather(1, numbers(d, 3).reshape(1, 1)),
    "index": lambda d: torch.zeros(4, 3, device=d)[numbers(d, 1, 4)],
    "index_select": lambda d: torch.zeros(4, 3, device=d).index_select(1, numbers(d, 3)),
    "index_add_": lambda d: torch.zeros(4, 3, device=d).index_add_(1, numbers(d, 3), torch.ones(4, 1, device=d)),
    "scatter_": lambda d: torch.zeros(4, device=d).scatter_(0, numbers(d, 4), 1.0),
    "many": lambda d: torch.zeros(4, device=d).scatter_add_(0, numbers(d, *[4] * 900), torch.ones(900, device=d)),
    "many rows": lambda d: torch.zeros(4, device=d).index_put_((numbers(d, *[-5] * 900),), torch.ones(900, device=d)),
    "take": lambda d: torch.zeros(4, device=d).take(numbers(d, 7)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_bad_indices_are_blamed_alike(gpu, name):
    with pytest.raises((IndexError, RuntimeError)) as here:
        ERRORS[name]("cpu")
    with pytest.raises((IndexError, RuntimeError)) as there:
        ERRORS[name](gpu).sum().item()
    assert (type(there.value), str(there.value)) == (type(here.value), str(here.value))
    torch.wgpu.synchronize()


def test_later_ops_are_not_blamed(gpu):
    for later in [
        lambda x: x.cumsum(0),
        lambda x: x.sort(),
        torch.Tensor.nonzero,
        torch.special.bessel_j0,
        torch.Tensor.cpu,
    ]:
        x = torch.zeros(4, device=gpu)[numbers(gpu, 1, 4)]
        with pytest.raises(IndexError, match=r"^index\(\): index 4 is out of bounds for dimension 0 with size 4$"):
            torch.as_tensor(later(x)[0]).tolist()
    torch.wgpu.synchronize()


def test_targets_are_named(device):
    for target, text in [([99], "Target 99 is out of bounds."), ([-1], "Target -1 is out of bounds.")]:
        with pytest.raises(IndexError, match=text):
            F.cross_entropy(torch.zeros(1, 5, device=device), torch.tensor(target, device=device)).item()
