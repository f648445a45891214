"""Joining and splitting against NumPy."""

import ferrotorch as torch
import numpy as np
import pytest
from reference import draw, same

CASES = [
    ("cat", [(2, 3), (1, 3)], lambda xs: np.concatenate(xs)),
    ("vstack", [(3,), (2, 3)], np.vstack),
    ("hstack", [(3,), (2,)], np.hstack),
    ("hstack", [(2, 1), (2, 3)], np.hstack),
    ("dstack", [(2, 3), (2, 3)], np.dstack),
    ("column_stack", [(2,), (2, 3)], np.column_stack),
    ("stack", [(2, 3)] * 3, np.stack),
    ("stack", [()] * 2, np.stack),
    ("cat", [(0, 3), (2, 3)], lambda xs: np.concatenate(xs)),
]


@pytest.mark.parametrize(("name", "shapes", "reference"), CASES)
def test_join(name, shapes, reference, device):
    arrays = [draw(s, seed=i) for i, s in enumerate(shapes)]
    same(getattr(torch, name)([torch.from_numpy(a).to(device) for a in arrays]), reference(arrays))


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_cat_and_stack_along(dim, device):
    arrays = [draw((2, 3, 4), seed=i) for i in range(3)]
    tensors = [torch.from_numpy(a).to(device) for a in arrays]
    same(torch.cat(tensors, dim), np.concatenate(arrays, dim))
    same(torch.stack(tensors, dim), np.stack(arrays, dim))
    strided = [t.transpose(0, 2).contiguous().transpose(0, 2) for t in tensors]
    same(torch.cat(strided, dim), np.concatenate(arrays, dim))


def test_cat_promotes_and_skips_the_legacy_empty(device):
    got = torch.cat(
        [torch.ones(2, dtype=torch.int64, device=device), torch.ones(1, device=device), torch.zeros(0, device=device)]
    )
    assert got.dtype == torch.float32 and got.tolist() == [1, 1, 1]
    assert torch.cat([torch.zeros(0), torch.ones(2, 3)]).shape == (2, 3)


@pytest.mark.parametrize("size", [1, 2, 3, 7, [1, 4, 2]])
def test_split_is_undone_by_cat(size, device):
    x = torch.arange(14, device=device).reshape(7, 2)
    parts = x.split(size)
    assert all(p._is_view() for p in parts)
    assert torch.equal(torch.cat(parts), x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: torch.cat([]), ValueError, "non-empty list"),
        (lambda: torch.stack([]), RuntimeError, "non-empty"),
        (lambda: torch.cat([torch.ones(2), torch.ones(2, 2)]), RuntimeError, "same number of dimensions: got 1 and 2"),
        (lambda: torch.cat([torch.ones(2, 2), torch.ones(2, 3)]), RuntimeError, "size 2 but got size 3"),
        (lambda: torch.stack([torch.ones(2), torch.ones(3)]), RuntimeError, r"\[2\] at entry 0 and \[3\] at entry 1"),
        (lambda: torch.cat([torch.tensor(1.0)]), RuntimeError, "zero-dimensional"),
        (lambda: torch.cat([torch.ones(2)], 1), IndexError, r"\[-1, 0\], but got 1"),
        (lambda: torch.ones(5).split([2, 2]), RuntimeError, r"sum exactly to 5.*\[2, 2\]"),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_split_by_keywords():
    x = torch.arange(6)
    assert [part.tolist() for part in torch.split(tensor=x, split_size_or_sections=4)] == [[0, 1, 2, 3], [4, 5]]
    assert [part.tolist() for part in x.split(split_size=[1, 5])] == [[0], [1, 2, 3, 4, 5]]


def test_cat_of_nothing_but_legacy_empties_asks_for_no_dimension():
    empty = torch.empty(0)
    assert torch.cat([empty, empty], 1).shape == torch.cat([empty], -3).shape == (0,)
    assert torch.cat([empty, empty.long()], 5).dtype == torch.float32
    with pytest.raises(IndexError):
        torch.cat([empty, torch.ones(2)], 1)
