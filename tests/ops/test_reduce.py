"""Reductions and scans against NumPy: over all, one and several dimensions, of empty and strided tensors."""

import itertools

import ferrotorch as torch
import numpy as np
import pytest
from reference import compare, draw, layouts, same

REDUCTIONS = {
    "sum": np.sum,
    "mean": np.mean,
    "amax": np.max,
    "amin": np.min,
    "nansum": np.nansum,
    "nanmean": np.nanmean,
    "var": lambda x, **k: np.var(x, ddof=1, **k),
    "std": lambda x, **k: np.std(x, ddof=1, **k),
    "logsumexp": lambda x, **k: np.log(np.sum(np.exp(x), **k)),
}
OF_TRUTH = {"all": np.all, "any": np.any, "count_nonzero": np.count_nonzero}
ONE_DIM = {"prod": np.prod, "argmax": np.argmax, "argmin": np.argmin}
SCANS = {
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "logcumsumexp": np.logaddexp.accumulate,
    "cummax": np.maximum.accumulate,
    "cummin": np.minimum.accumulate,
}
SHAPES = [(2, 3), (5, 1, 4), (130, 7), (3, 200)]
DIMS = [0, -1, (0, -1)]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dim", DIMS, ids=str)
def test_reductions(name, dim, device):
    op, reference = getattr(torch, name), REDUCTIONS[name]
    for shape in SHAPES:
        compare(lambda x: op(x, dim=dim), lambda x: reference(x, axis=dim), [shape], device)
        compare(
            lambda x: op(x, dim=dim, keepdim=True), lambda x: reference(x, axis=dim, keepdims=True), [shape], device
        )


# Short and long lines, many and few of them, next to one another and apart; more than one piece of a reduction.
WALKS = [(40, 5, 33), (3, 70, 300), (2, 2500), (4, 3, 40, 6), (90, 1100), (3, 2, 70000)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.int32, torch.int64])
@pytest.mark.parametrize("shape", WALKS, ids=str)
def test_every_walk_meets_every_element_once(shape, dtype):
    """Small integers, whose sums are exact in every dtype of accumulation."""
    values = np.random.default_rng(0).integers(-2, 3, shape)
    dims = range(len(shape))
    for count in range(1, len(shape) + 1):
        for dim in itertools.combinations(dims, count):
            for x in layouts(values, "cpu"):
                x = x.to(dtype)
                same(x.sum(dim).double(), values.sum(dim), 1e-2 if dtype.itemsize == 2 else 0)
                same(x.amax(dim).double(), values.max(dim))
                same(x.float().var(dim, correction=0).double(), values.var(dim), 1e-4)


@pytest.mark.parametrize("name", OF_TRUTH)
@pytest.mark.parametrize("above", [-2.0, -1.9, 0.0, 1.9, 2.0])
def test_reductions_of_truth_values(name, above, device):
    """From all true by mixed rows to all false."""
    op, reference = getattr(torch, name), OF_TRUTH[name]
    for shape in SHAPES:
        compare(lambda x: op(x > above), lambda x: reference(x > above), [shape], device)
        compare(lambda x: op(x.clamp_min(above) - above), lambda x: reference(x > above), [shape], device)
        for dim in DIMS:
            compare(
                lambda x, dim=dim: op(x > above, dim=dim),
                lambda x, d=dim: reference(x > above, axis=d),
                [shape],
                device,
            )


@pytest.mark.parametrize(("name", "reference"), [("nansum", np.nansum), ("nanmean", np.nanmean)])
def test_nan_is_left_out(name, reference, device):
    values = draw((6, 5))
    values[::2, 1:4] = np.nan
    for dim in DIMS:
        same(getattr(torch, name)(torch.from_numpy(values).to(device), dim=dim), reference(values, axis=dim))
    medians = np.sort(values[1::2], 0)[1]
    same(torch.from_numpy(values).to(device).nanmedian(0).values[1:4], medians[1:4])


@pytest.mark.parametrize("name", [n for n in REDUCTIONS if n != "logsumexp"])
def test_reductions_of_everything(name, device):
    op = getattr(torch, name)
    for shape in SHAPES:
        compare(lambda x: op(x, dim=()) if name in ("amax", "amin") else op(x), REDUCTIONS[name], [shape], device)


@pytest.mark.parametrize("name", ONE_DIM)
def test_reductions_of_one_dimension(name, device):
    op, reference = getattr(torch, name), ONE_DIM[name]
    for shape in SHAPES:
        compare(op, reference, [shape], device, -1.2, 1.2)
        compare(lambda x: op(x, dim=0), lambda x: reference(x, axis=0), [shape], device, -1.2, 1.2)
        compare(lambda x: op(x, dim=-1), lambda x: reference(x, axis=-1), [shape], device, -1.2, 1.2)


@pytest.mark.parametrize("name", SCANS)
@pytest.mark.parametrize("dim", [0, -1])
def test_scans(name, dim, device):
    def op(x):
        y = getattr(torch, name)(x, dim)
        return y[0] if isinstance(y, tuple) else y

    for shape in [*SHAPES, (0, 3)]:
        compare(op, lambda x: SCANS[name](x, axis=dim), [shape], device, -1.2, 1.2)


@pytest.mark.parametrize("largest", [True, False])
def test_extrema_with_indices(largest, device):
    for values, dim in [(draw((4, 6)), 1), (draw((4, 6)), 0), (np.float32([[1, 1], [np.nan, 2]]), 1)]:
        x = torch.from_numpy(values).to(device)
        found = torch.max(x, dim) if largest else torch.min(x, dim)
        same(found.values, values.max(dim) if largest else values.min(dim))
        same(found.indices, values.argmax(dim) if largest else values.argmin(dim))


def test_empty(device):
    x = torch.zeros(0, 3, device=device)
    assert x.sum().item() == 0 and x.prod().item() == 1 and x.all().item() and not x.any().item()
    assert x.mean().isnan().item()
    assert x.sum(0).tolist() == [0, 0, 0] and x.sum(1).shape == (0,)
    assert x.amax(1).shape == (0,)
    for call in (x.max, x.argmax, lambda: x.max(0), lambda: x.amax(0), lambda: x.argmin(0)):
        with pytest.raises((RuntimeError, IndexError), match=r"max|min|reduc|empty|numel"):
            call()


def test_zero_dim(device):
    x = torch.tensor(3.0, device=device)
    for dim in (0, -1):
        assert x.sum(dim).item() == x.amax(dim).item() == x.prod(dim).item() == x.cumsum(dim).item() == 3
        assert x.argmax(dim).item() == 0
    with pytest.raises(IndexError, match=r"\[-1, 0\]"):
        x.sum(1)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int8, torch.int32])
def test_integers_sum_to_int64(dtype):
    x = torch.ones(300, dtype=dtype)
    assert x.sum().dtype == x.prod().dtype == x.cumsum(0).dtype == torch.int64
    assert x.sum().item() == 300
    with pytest.raises(RuntimeError, match="mean"):
        x.mean()


def test_half_precision_sums_in_float32():
    assert torch.full((4096,), 1.0, dtype=torch.bfloat16).sum().item() == 4096
    assert torch.full((4096,), 8.0, dtype=torch.float16).mean().item() == 8


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "nearest", "midpoint"])
def test_quantile(interpolation):
    x = draw((5, 8)).astype(np.float64)
    got = torch.quantile(
        torch.from_numpy(x), torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64), dim=1, interpolation=interpolation
    )
    same(got, np.quantile(x, [0.1, 0.5, 0.9], axis=1, method=interpolation))


def test_order_statistics(device):
    x = draw((5, 7))
    t = torch.from_numpy(x).to(device)
    same(t.median(1).values, np.sort(x, 1)[:, 3])
    same(t.kthvalue(2, 0).values, np.sort(x, 0)[1])
    assert torch.tensor([1, 3, 3, 2], device=device).mode().values.item() == 3
    same(torch.histc(torch.from_numpy(x), 4, -2, 2), np.histogram(x, 4, (-2, 2))[0])
    assert torch.bincount(torch.tensor([1, 3, 3, 0])).tolist() == [1, 1, 0, 2]


def test_nan_spreads(device):
    x = torch.tensor([1.0, float("nan"), 2.0], device=device)
    assert all(y.isnan().item() for y in (x.sum(), x.max(), x.min(), x.amax(), x.mean(), x.median(), x.prod()))
    assert x.nansum().item() == 3 and x.argmax().item() == 1
    assert x.nanmedian().item() == 1


def test_trapezoid():
    y = torch.tensor([[1, 2, 4]], dtype=torch.int8)
    assert torch.trapezoid(y).tolist() == [4.5]
    assert torch.trapezoid(y, dx=2).dtype is torch.float32
    assert torch.trapezoid(y, torch.tensor([[0, 1, 3]])).tolist() == [7.5]
    assert torch.trapezoid(torch.ones(2, 1, 3), torch.tensor([[0.0, 1, 3]])).tolist() == [[3], [3]]
    assert torch.cumulative_trapezoid(y).tolist() == [[1.5, 4.5]]
    assert torch.trapezoid(torch.ones(2, 0), dim=1).tolist() == [0, 0]
