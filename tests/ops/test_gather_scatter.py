"""Gathering and scattering along a dimension against loops in NumPy."""

import ferrotorch as torch
import numpy as np
import pytest
from reference import draw, same

SHAPE, PICK = (4, 3), (2, 3)
COMBINE = {"sum": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


def indices(dim, seed=0):
    return np.random.default_rng(seed).integers(0, SHAPE[dim], PICK)


def scattered(x, dim, at, source, how=None):
    x = x.copy()
    for place in np.ndindex(*at.shape):
        target = list(place)
        target[dim] = at[place]
        x[tuple(target)] = source[place] if how is None else how(x[tuple(target)], source[place])
    return x


@pytest.mark.parametrize("dim", [0, 1])
def test_gather(dim, device):
    x, at = draw(SHAPE), indices(dim)
    want = np.take_along_axis(x[:2] if dim else x, at, dim)
    got = torch.gather(torch.from_numpy(x).to(device), dim, torch.from_numpy(at).to(device))
    same(got, want)
    same(
        torch.take_along_dim(torch.from_numpy(x[:2] if dim else x).to(device), torch.from_numpy(at).to(device), dim),
        want,
    )


@pytest.mark.parametrize("dim", [0, 1])
def test_an_expanded_index_picks_slices(dim, device):
    x, at = draw((6, 5, 9)), np.array([4, 0, 0, 3])
    column = torch.from_numpy(at).reshape([-1 if d == dim else 1 for d in range(3)]).to(device)
    t = torch.from_numpy(x).to(device).requires_grad_()
    shape = tuple(len(at) if d == dim else n for d, n in enumerate(x.shape))
    got = t.gather(dim, column.expand(shape))
    same(got, np.take(x, at, dim))
    g = draw(shape, seed=1)
    got.backward(torch.from_numpy(g).to(device))
    want = np.zeros_like(x)
    np.add.at(want, (slice(None),) * dim + (at,), g)
    same(t.grad, want)
    with pytest.raises(RuntimeError, match="out of bounds"):
        t.detach().gather(dim, (column + x.shape[dim]).expand(shape)).cpu()


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("how", COMBINE)
def test_scatter_reduce(dim, how, device):
    x, source, at = draw(SHAPE), draw(PICK, seed=1), indices(dim)
    got = (
        torch.from_numpy(x)
        .to(device)
        .scatter_reduce(dim, torch.from_numpy(at).to(device), torch.from_numpy(source).to(device), how)
    )
    same(got, scattered(x, dim, at, source, COMBINE[how]))


@pytest.mark.parametrize("dim", [0, 1])
def test_scatter(dim, device):
    x, source, at = draw(SHAPE), draw(PICK, seed=1), np.argsort(draw(PICK, seed=2), axis=dim)
    t, index, values = (torch.from_numpy(v).to(device) for v in (x, at, source))
    same(t.scatter(dim, index, values), scattered(x, dim, at, source))
    same(t.scatter(dim, index, 5.0), scattered(x, dim, at, np.full(PICK, 5.0)))
    same(t.scatter_add(dim, index, values), scattered(x, dim, at, source, np.add))


def test_index_family(device):
    x, rows = draw(SHAPE), np.array([2, 0, 2])
    t, index = torch.from_numpy(x).to(device), torch.from_numpy(rows).to(device)
    source = draw((3, 3), seed=1)
    added = x.copy()
    np.add.at(added, rows, source)
    same(t.index_select(0, index), x[rows])
    same(t.index_add(0, index, torch.from_numpy(source).to(device)), added)
    filled = x.copy()
    filled[rows] = 4
    same(t.index_fill(0, index, 4), filled)
    copied = x.copy()
    copied[[2, 0]] = source[:2]
    same(t.index_copy(0, index[:2], torch.from_numpy(source[:2]).to(device)), copied)
    same(torch.take(t, torch.tensor([0, 5, 11], device=device)), x.reshape(-1)[[0, 5, 11]])


def test_masks(device):
    x = draw((3, 4))
    t = torch.from_numpy(x).to(device)
    same(t.masked_select(t > 0), x[x > 0])
    same(t.masked_fill(t > 0, 9.0), np.where(x > 0, 9, x))
    want = x.copy()
    want[x > 0] = np.arange((x > 0).sum())
    same(t.masked_scatter(t > 0, torch.arange(12.0, device=device)), want)
    assert torch.nonzero(t > 0).tolist() == np.argwhere(x > 0).tolist()


@pytest.mark.parametrize("bad", [4, -5, 1 << 40])
def test_indices_out_of_range(bad, device):
    x, at = torch.zeros(4, 3, device=device), torch.tensor([[bad]], device=device)
    for op, error, call in (
        ("gather", RuntimeError, lambda: x.gather(0, at)),
        ("scatter", RuntimeError, lambda: x.scatter(0, at, 1.0)),
        ("scatter_add", RuntimeError, lambda: x.scatter_add(0, at, x)),
        ("index_select", IndexError, lambda: x.index_select(0, at[0])),
        ("index_add", RuntimeError, lambda: x.index_add(0, at[0], x[:1])),
        ("embedding", IndexError, lambda: torch.nn.functional.embedding(at, x)),
    ):
        # What a GPU reports it names after the kernel, which several ops share.
        name, errors = (op, error) if device == "cpu" else (r"\w+", (IndexError, RuntimeError))
        with pytest.raises(errors, match=rf"^{name}\(\): index {bad} is out of bounds for dimension 0 with size 4"):
            call().sum().item()


@pytest.mark.parametrize("dim", [0, 1])
def test_the_class_for_a_slice_out_of_range(dim):
    """PyTorch looks at every element of a matrix that slices are added to, and at whole slices otherwise."""
    x, at = torch.zeros(4, 4), torch.tensor([7])
    for op, error, more in (
        ("index_add", RuntimeError, ()), ("index_copy", IndexError, ()), ("index_reduce", IndexError, ("amax",)),
    ):  # fmt: skip
        with pytest.raises(error, match=rf"{op}\(\): index 7 is out of bounds for dimension {dim} with size 4"):
            getattr(x, op)(dim, at, x.narrow(dim, 0, 1), *more)
    for call in (x[0].index_add, x[0].index_copy, x[0].index_add_):
        with pytest.raises(IndexError, match="index 7 is out of bounds for dimension 0 with size 4"):
            call(0, at, torch.ones(1))


def test_the_class_for_a_target_out_of_range(device):
    x, target = torch.zeros(2, 3, device=device), torch.tensor([0, 5], device=device)
    for loss in (torch.nn.functional.nll_loss, torch.nn.functional.cross_entropy):
        with pytest.raises(IndexError, match=r"Target 5 is out of bounds\."):
            loss(x, target).item()


def test_numbers_count_as_vectors(device):
    """A 0-dim index or source stands for one element."""
    zero, one, several = (torch.tensor(i, device=device) for i in (0, [0], [0, 1, 2]))
    number, pair = torch.tensor(5.0, device=device), torch.tensor([5.0, 6.0], device=device)
    x, scalar = torch.zeros(3, device=device), torch.zeros((), device=device)
    assert x.scatter(0, one, number).tolist() == [5, 0, 0]
    assert x.scatter_add(0, zero, number).tolist() == [5, 0, 0]
    assert scalar.scatter(0, zero, pair).item() == 5
    assert scalar.scatter_add(0, one.expand(2), pair).item() == 11
    assert scalar.gather(0, one.expand(2)).tolist() == [0, 0]
    for call in ("scatter", "scatter_add"):
        with pytest.raises(RuntimeError, match=r"index \[3\] to be no larger than src \[\]"):
            getattr(x, call)(0, several, number)
    with pytest.raises(RuntimeError, match="no larger than src"):
        x.scatter_reduce(0, several, number, "sum")
    source = pair.clone().requires_grad_()
    scalar.scatter(0, zero, source).backward()
    assert source.grad.tolist() == [1, 0]
    source = number.clone().requires_grad_()
    x.scatter(0, one, source).sum().backward()
    assert source.grad.item() == 1
