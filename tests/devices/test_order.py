"""Scans, sorts, searches, coordinates and triangles on a GPU are those of the host, and run there."""

import math
import warnings

import ferrotorch as torch
import pytest

FLOATS = [torch.float32, torch.float16, torch.bfloat16, torch.float64]
INTEGERS = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]
NAN = math.nan

pytestmark = pytest.mark.filterwarnings("error:.*runs on the host")


def numbers(shape, dtype, seed=0):
    """Numbers with repetitions; floats with NaN and zeros of both signs among them."""
    torch.manual_seed(seed)
    x = torch.randint(0, 40, shape) - (0 if dtype == torch.uint8 else 20)
    if not dtype.is_floating_point:
        return x.to(dtype)
    x = (x.double() / 8).to(dtype)
    x.view(-1)[3 :: max(x.numel() // 5, 1)] = NAN
    x.view(-1)[1 :: max(x.numel() // 7, 1)] = -0.0
    return x


def views(shape, dtype):
    """A tensor as it is, transposed, and every second element of one twice as large."""
    yield numbers(shape, dtype)
    yield numbers(shape[::-1], dtype).permute(*reversed(range(len(shape))))
    yield numbers([2 * n for n in shape], dtype)[tuple([slice(None, None, 2)] * len(shape))]


def same(here, there):
    """Bitwise equal but for the bits of NaN."""
    there = there.cpu()
    assert (here.shape, here.dtype) == (there.shape, there.dtype)
    return (
        torch.equal(here.nan_to_num(1e4), there.nan_to_num(1e4))
        if here.is_floating_point()
        else torch.equal(here, there)
    )


def close(here, there, tolerance):
    return torch.allclose(here.double(), there.cpu().double(), rtol=tolerance, atol=tolerance, equal_nan=True)


SHAPES = [(7,), (3, 5), (2, 1000), (1, 9001), (70, 33), (1000, 20), (2, 3, 4), (1, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp"])
def test_running_sums(gpu, name, shape):
    op = getattr(torch, name)
    for x in views(shape, torch.float32):
        x = x.nan_to_num(0.5) / (1 if name != "cumprod" else 2)
        for dim in range(len(shape)):
            assert close(op(x, dim), op(x.to(gpu), dim), 2e-5)


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS, ids=str)
def test_running_sums_of_dtypes(gpu, dtype):
    x = numbers((3, 400), dtype).nan_to_num(1.0) if dtype.is_floating_point else numbers((3, 400), dtype)
    tolerance = {torch.float16: 2e-3, torch.bfloat16: 2e-2}.get(dtype, 1e-6)
    for dim in (0, 1):
        assert close(x.cumsum(dim), x.to(gpu).cumsum(dim), tolerance)
        assert x.to(gpu).cumsum(dim).dtype == x.cumsum(dim).dtype
    mask = x > 0
    assert same(mask.cumsum(1), mask.to(gpu).cumsum(1))
    if not dtype.is_floating_point:
        assert same(x.cumsum(1, dtype=dtype), x.to(gpu).cumsum(1, dtype=dtype))
        assert same(x.cumprod(0), x.to(gpu).cumprod(0))


def test_running_sums_of_large_and_small_numbers(gpu):
    x = torch.tensor([-math.inf, 90.0, 100.0, math.inf, 0.0])
    assert close(x.logcumsumexp(0), x.to(gpu).logcumsumexp(0), 1e-6)
    x = torch.full((3,), -math.inf)
    assert same(x.logcumsumexp(0), x.to(gpu).logcumsumexp(0))
    ones = torch.ones(100_000, device=gpu)
    assert ones.cumsum(0)[-1].item() == 100_000
    assert torch.ones(0, 3, device=gpu).cumsum(0).shape == (0, 3)
    assert torch.tensor(5.0, device=gpu).cumsum(0).item() == 5.0


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, torch.bool], ids=str)
@pytest.mark.parametrize("op", [torch.cummax, torch.cummin])
def test_running_extrema(gpu, op, dtype):
    for shape in [(7,), (2, 1000), (1, 9001), (300, 20)]:
        for x in views(shape, dtype) if dtype != torch.bool else [numbers(shape, torch.int32) > 0]:
            here, there = op(x, len(shape) - 1), op(x.to(gpu), len(shape) - 1)
            assert same(here.values, there.values)
            assert same(here.indices, there.indices)
            here, there = op(x, 0), op(x.to(gpu), 0)
            assert same(here.values, there.values)
            assert same(here.indices, there.indices)


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, torch.bool], ids=str)
@pytest.mark.parametrize("descending", [False, True])
def test_sorts(gpu, dtype, descending):
    for shape in [(7,), (3, 5), (5, 300), (2, 1500), (40, 3)]:
        for x in views(shape, dtype) if dtype != torch.bool else [numbers(shape, torch.int32) > 0]:
            for dim in range(len(shape)):
                here = torch.sort(x, dim=dim, descending=descending, stable=True)
                there = torch.sort(x.to(gpu), dim=dim, descending=descending, stable=True)
                assert same(here.values, there.values)
                assert same(here.indices, there.indices)


def test_sorts_of_wide_integers(gpu):
    x = torch.tensor([2**40, -(2**40), 5, -5, 2**63 - 1, -(2**63), 0, 2**32, 2**31])
    for y in (x, x.repeat(300)):
        assert same(y.sort(stable=True).indices, y.to(gpu).sort(stable=True).indices)
    assert torch.empty(0, device=gpu).sort().values.shape == (0,)
    assert torch.tensor(3.0, device=gpu).sort().indices.item() == 0


@pytest.mark.parametrize("k", [1, 3, 256, 257, 1400])
@pytest.mark.parametrize("largest", [False, True])
def test_topk(gpu, k, largest):
    for x in views((2, 5000), torch.float32):
        here, there = x.topk(k, 1, largest), x.to(gpu).topk(k, 1, largest)
        assert same(here.values, there.values)
        assert same(here.indices, there.indices)
    x = numbers((5000, 2), torch.int64)
    assert same(x.topk(k, 0, largest).values, x.to(gpu).topk(k, 0, largest).values)


def test_what_is_made_of_sorts(gpu):
    x = numbers((6, 50), torch.float32)
    y, whole = x.to(gpu), x.nan_to_num(0.25)
    for op in [
        lambda t: t.median(1).values,
        lambda t: t.nanmedian(0).indices,
        lambda t: t.kthvalue(3, 1).values,
        lambda t: t.mode(1).values,
        lambda t: t.argsort(1, stable=True),
        lambda t: torch.msort(t),
    ]:
        assert same(op(x), op(y))
    for op in [
        lambda t: t.unique(),
        lambda t: t.unique(return_counts=True)[1],
        lambda t: t.quantile(0.3, 1),
        lambda t: torch.isin(t, t[0]),
    ]:
        assert close(op(whole), op(whole.to(gpu)), 1e-6)


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS, ids=str)
@pytest.mark.parametrize("right", [False, True])
def test_searches(gpu, dtype, right):
    edges, values = numbers((30,), dtype).sort().values, numbers((4, 7), dtype, 1)
    assert same(
        torch.searchsorted(edges, values, right=right), torch.searchsorted(edges.to(gpu), values.to(gpu), right=right)
    )
    rows = numbers((4, 9), dtype).sort(1).values
    assert same(
        torch.searchsorted(rows, values, right=right), torch.searchsorted(rows.to(gpu), values.to(gpu), right=right)
    )
    assert same(
        torch.bucketize(values.T, edges, right=right), torch.bucketize(values.to(gpu).T, edges.to(gpu), right=right)
    )


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, torch.bool], ids=str)
def test_coordinates_and_masks(gpu, dtype):
    for shape in [(7,), (3, 5), (2, 3, 4), (1, 9001), (0, 3)]:
        for x in views(shape, torch.int64):
            x = x.clamp(min=0).to(dtype)
            assert same(x.nonzero(), x.to(gpu).nonzero())
            mask = x != 0
            assert same(x[mask], x.to(gpu)[mask.to(gpu)])
            source = torch.arange(x.numel()).to(dtype)
            assert same(x.masked_scatter(mask, source), x.to(gpu).masked_scatter(mask.to(gpu), source.to(gpu)))
    assert torch.tensor(2.0, device=gpu).nonzero().shape == (1, 0)


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, torch.bool, torch.complex64], ids=str)
def test_triangles(gpu, dtype):
    for shape in [(3, 5), (5, 3), (2, 3, 4), (0, 3), (1, 1)]:
        whole = torch.arange(1, math.prod(shape) + 1).reshape(shape).to(dtype)
        for x in (whole, whole.mT):
            for diagonal in (-7, -1, 0, 2, 9):
                assert torch.equal(x.tril(diagonal), x.to(gpu).tril(diagonal).cpu())
                assert torch.equal(x.triu(diagonal), x.to(gpu).triu(diagonal).cpu())
    x = torch.ones(3, 3, device=gpu, dtype=dtype)
    assert torch.equal(x.tril_().cpu(), torch.ones(3, 3, dtype=dtype).tril())


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS, ids=str)
def test_points_between_two_ends(gpu, dtype):
    for start, end, n in [(0, 100, 7), (3, 3, 2), (100, 0, 11), (5, 9, 1), (0, 1, 0)]:
        here, there = torch.linspace(start, end, n, dtype=dtype), torch.linspace(start, end, n, dtype=dtype, device=gpu)
        assert close(here, there, 1e-6)
        assert torch.equal(here[-1:], there[-1:].cpu())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert close(torch.logspace(0, 2, 5), torch.logspace(0, 2, 5, device=gpu), 1e-5)


def test_gradients_of_chosen_elements(gpu):
    for op in [
        lambda t: t.sort(1).values.cumsum(1),
        lambda t: t.topk(2, 1).values,
        lambda t: t.cummax(1).values,
        lambda t: t.cumprod(1),
        lambda t: t.logcumsumexp(1),
        lambda t: t.tril(),
        lambda t: t[t > 0],
        lambda t: t.median(0).values,
    ]:
        gradients = []
        for device in ("cpu", gpu):
            x = (torch.arange(15.0).reshape(3, 5).sin() + 0.1).to(device).requires_grad_()
            (op(x) ** 2).sum().backward()
            gradients.append(x.grad)
        assert close(*gradients, 1e-5)


def test_a_search_among_nan_halves_as_ever(device):
    """NaN at the end of a line is passed where halving meets it: what comes out is what PyTorch answers."""
    values = torch.tensor([-1.0, 0, 2, 4.5, 4, 6, NAN], device=device)
    for count, left, right in [
        (1, [0, 0, 2, 6, 6, 6, 6], [0, 1, 3, 6, 6, 6, 6]),
        (3, [0, 0, 2, 8, 4, 8, 8], [0, 1, 3, 8, 8, 8, 8]),
    ]:
        line = torch.tensor([0.0, 1, 2, 3, 4] + [NAN] * count, device=device)
        assert torch.searchsorted(line, values).tolist() == left
        assert torch.searchsorted(line, values, right=True).tolist() == right
