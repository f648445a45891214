"""Many small matrices, which are eliminated together: every size around the bounds of that, whole and cut groups."""

from __future__ import annotations

import ferrotorch as torch
import pytest


def matrices(count, n, dtype):
    entries = torch.arange(count * n * n, dtype=dtype).mul(7919).remainder(101).div(101).reshape(count, n, n)
    # Rows are exchanged, most of them more than once.
    return (entries + n * torch.eye(n, dtype=dtype)).flip(-2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("count", [7, 8, 16, 17, 100])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 9])
def test_inverses_and_solutions(n, count, dtype):
    a = matrices(count, n, dtype)
    tolerance = 1e-4 if dtype is torch.float32 else 1e-12
    inverse = torch.linalg.inv(a)
    torch.testing.assert_close(a @ inverse, torch.eye(n, dtype=dtype).expand(count, n, n), rtol=0, atol=tolerance)
    for cols in (1, 3):
        b = torch.arange(count * n * cols, dtype=dtype).reshape(count, n, cols).cos()
        torch.testing.assert_close(a @ torch.linalg.solve(a, b), b, rtol=0, atol=tolerance)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8, 9])
def test_determinants(n):
    a = matrices(37, n, torch.float64)
    one_by_one = torch.stack([torch.linalg.det(matrix) for matrix in a])
    torch.testing.assert_close(torch.linalg.det(a), one_by_one, rtol=1e-12, atol=0)
    # det [[2, 1], [1, 3]] = 5, whatever stands around it.
    block = torch.eye(n, dtype=torch.float64).repeat(20, 1, 1)
    if n > 1:
        block[:, :2, :2] = torch.tensor([[1.0, 3.0], [2.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(torch.linalg.det(block), torch.full((20,), -5.0 if n > 1 else 1.0, dtype=torch.float64))


def test_singular_matrices_are_found_among_others():
    a = torch.eye(3).repeat(20, 1, 1)
    a[17, 2, 2] = 0
    inverse, info = torch.linalg.inv_ex(a)
    assert info.nonzero().flatten().tolist() == [17] and info[17].item() == 3
    assert torch.equal(inverse[:17], a[:17]) and torch.linalg.det(a).tolist() == [1.0] * 17 + [0.0] + [1.0] * 2
    with pytest.raises(torch.linalg.LinAlgError, match=r"\(Batch element 17\)"):
        torch.linalg.inv(a)
    with pytest.raises(torch.linalg.LinAlgError):
        torch.linalg.solve(a, torch.ones(20, 3, 1))


def test_not_a_number_stays_in_its_matrix():
    a = torch.eye(2).repeat(16, 1, 1)
    a[3, 0, 1] = float("nan")
    inverse = torch.linalg.inv(a)
    assert inverse[3].isnan().any() and not inverse[[i for i in range(16) if i != 3]].isnan().any()
