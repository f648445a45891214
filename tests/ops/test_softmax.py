"""Softmax and its logarithm against their formulas."""

import ferrotorch as torch
import numpy as np
import pytest
from reference import compare, same


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


@pytest.mark.parametrize(
    "shape", [(5,), (3, 4), (2, 7, 3), (4, 300), (0, 3), (2, 1030), (40, 20), (3, 5, 20), (70, 2), (9, 5, 13)]
)
@pytest.mark.parametrize("dim", [0, -2, -1])
def test_values(shape, dim, device):
    if dim < -len(shape):
        pytest.skip("no such dimension")
    compare(lambda x: torch.softmax(x, dim), lambda x: softmax(x, dim), [shape], device, -5, 5)
    if 0 not in shape:
        compare(lambda x: torch.log_softmax(x, dim), lambda x: np.log(softmax(x, dim)), [shape], device, -5, 5)


def test_extremes(device):
    x = torch.tensor([[1e4, 0.0, -1e4], [float("-inf"), 0.0, 0.0]], device=device)
    same(torch.softmax(x, 1), [[1, 0, 0], [0, 0.5, 0.5]])
    same(torch.log_softmax(x[:1], 1), [[0, -1e4, -2e4]])
    assert torch.softmax(torch.full((2,), float("-inf"), device=device), 0).isnan().all().item()


def test_zero_dim_and_dtype(device):
    assert torch.softmax(torch.tensor(3.0, device=device), 0).item() == 1
    assert torch.softmax(torch.tensor([1, 2], device=device), 0, dtype=torch.float32).dtype == torch.float32
    with pytest.raises(RuntimeError, match=r"Long|int64"):
        torch.softmax(torch.tensor([1, 2], device=device), 0)
    with pytest.raises(IndexError, match=r"\[-1, 0\]"):
        torch.softmax(torch.ones(2, device=device), 1)
