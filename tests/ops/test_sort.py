"""Sorting, selecting and searching against NumPy."""

import ferrotorch as torch
import numpy as np
import pytest
from reference import draw, layouts, same

SHAPES = [(7,), (4, 9), (3, 1, 65), (0, 4), (2, 300)]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dim", [0, -1])
def test_sort(descending, dim, device):
    for shape in SHAPES:
        x = draw(shape)
        want = -np.sort(-x, dim) if descending else np.sort(x, dim)
        for t in layouts(x, device):
            values, order = torch.sort(t, dim, descending)
            same(values, want)
            same(t.gather(dim, order), want)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int8, torch.int64, torch.float16, torch.float64])
def test_sort_is_stable(dtype):
    x = torch.tensor([1, 0, 1, 0, 1, 1, 0] * 40).to(dtype)
    order = torch.sort(x, stable=True).indices
    assert order.tolist() == np.argsort(x.double().numpy(), kind="stable").tolist()


def test_nan_is_largest(device):
    x = torch.tensor([float("nan"), 1.0, float("inf"), -1.0], device=device)
    assert x.sort().indices.tolist() == [3, 1, 2, 0]
    assert x.sort(descending=True).indices.tolist() == [0, 2, 1, 3]
    assert x.topk(2).indices.tolist() == [0, 2]


@pytest.mark.parametrize("k", [0, 1, 3, 9])
@pytest.mark.parametrize("largest", [False, True])
def test_topk(k, largest, device):
    x = draw((4, 9))
    values, indices = torch.from_numpy(x).to(device).topk(k, 1, largest)
    same(values, (-np.sort(-x, 1) if largest else np.sort(x, 1))[:, :k])
    same(torch.from_numpy(x).to(device).gather(1, indices), values.cpu().numpy())


def test_kthvalue_msort_argsort(device):
    x = draw((5, 6))
    t = torch.from_numpy(x).to(device)
    same(t.kthvalue(3, 1).values, np.sort(x, 1)[:, 2])
    same(t.msort(), np.sort(x, 0))
    same(t.argsort(1), np.argsort(x, 1))


@pytest.mark.parametrize("right", [False, True])
def test_searchsorted(right, device):
    edges, x = np.sort(draw((8,))), draw((3, 5), seed=1)
    want = np.searchsorted(edges, x, "right" if right else "left")
    a, b = torch.from_numpy(edges).to(device), torch.from_numpy(x).to(device)
    same(torch.searchsorted(a, b, right=right), want)
    same(torch.bucketize(b, a, right=right), want)


@pytest.mark.parametrize("dim", [None, 0, 1])
def test_unique(dim):
    x = np.array([[1, 3, 1], [2, 0, 2], [1, 3, 1]])
    got, inverse, counts = torch.unique(torch.from_numpy(x), return_inverse=True, return_counts=True, dim=dim)
    want, want_inverse, want_counts = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    assert got.tolist() == want.tolist() and counts.tolist() == want_counts.tolist()
    assert inverse.reshape(-1).tolist() == want_inverse.reshape(-1).tolist()
    assert torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 1])).tolist() == [1, 2, 1]


def test_refused():
    for call, error, message in (
        (lambda: torch.ones(3).topk(4), RuntimeError, "k is 4, dimension 0 has size 3"),
        (lambda: torch.ones(3).topk(-1), RuntimeError, "k is -1"),
        (lambda: torch.ones(3).kthvalue(0), RuntimeError, "k is 0, the size is 3"),
        (lambda: torch.ones(3).sort(1), IndexError, r"\[-1, 0\], but got 1"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_numbers_are_sought_in_the_promoted_dtype():
    bounds = torch.tensor([1, 3, 5], dtype=torch.int8)
    assert torch.searchsorted(bounds, 2) == 1
    assert torch.searchsorted(bounds, 3.5) == 2
    assert torch.bucketize(5, bounds) == 2
    assert torch.bucketize(1000, bounds.double()) == 3
    assert torch.bucketize(torch.tensor([2.5, 3.0]), bounds).tolist() == [1, 1]


def test_isin_by_keyword():
    x = torch.tensor([1, 2])
    assert torch.isin(elements=x, test_element=2).tolist() == [False, True]
    assert torch.isin(element=2, test_elements=x)


@pytest.mark.parametrize("name", ["median", "nanmedian"])
def test_equal_elements_share_the_gradient_of_the_median(name):
    x = torch.tensor([1.0, 1.0, 2.0], requires_grad=True)
    getattr(x, name)().backward()
    assert x.grad.tolist() == [0.5, 0.5, 0]
    y = torch.tensor([1.0, float("nan"), 2.0], requires_grad=True)
    getattr(y, name)().backward()
    assert y.grad.tolist() == ([0, 1, 0] if name == "median" else [1, 0, 0])


@pytest.mark.parametrize("dim", [0, -1])
@pytest.mark.parametrize("descending", [False, True])
def test_argsort_into_a_tensor(dim, descending):
    x = torch.tensor([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    out = torch.empty(2, 3, dtype=torch.int64)
    assert torch.argsort(x, dim=dim, descending=descending, stable=True, out=out) is out
    assert out.tolist() == x.sort(dim, descending).indices.tolist()
    with pytest.raises(RuntimeError):
        torch.argsort(x, stable=True, out=torch.empty(2, 3))


def test_topk_of_a_single_number_has_it():
    for k in (0, 1):
        values, indices = torch.tensor(2.25).topk(k)
        assert (values.item(), indices.item()) == (2.25, 0)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
@pytest.mark.parametrize("spread", [1, 50, 10**6])
def test_unique_of_many_integers(dtype, spread):
    """So many that they are counted where they are near each other, and sorted where they are not."""
    values = np.random.default_rng(0).integers(-90, 90, 3000) * spread
    x = values.astype(dtype)[::-1].reshape(2, -1)
    found = torch.unique(torch.from_numpy(x.copy()), return_inverse=True, return_counts=True)
    wanted = np.unique(x, return_inverse=True, return_counts=True)
    for got, want in zip(found, wanted, strict=True):
        assert got.numpy().reshape(-1).tolist() == want.reshape(-1).tolist()
    assert found[0].numpy().dtype == x.dtype and found[1].shape == x.shape
    ends = torch.tensor([torch.iinfo(torch.int64).min, torch.iinfo(torch.int64).max] * 600)
    assert torch.unique(ends).tolist() == [torch.iinfo(torch.int64).min, torch.iinfo(torch.int64).max]
