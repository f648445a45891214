"""Extreme eigenpairs by `torch.lobpcg`, against the whole spectrum."""

from __future__ import annotations

import ferrotorch as torch
import pytest


def symmetric(*shape, dtype=torch.float64):
    torch.manual_seed(0)
    a = torch.randn(*shape, shape[-1], dtype=dtype)
    return a @ a.mT + torch.eye(shape[-1], dtype=dtype)


@pytest.mark.parametrize("method", ["basic", "ortho"])
@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("k", [1, 3])
def test_values_and_vectors(k, largest, method):
    a = symmetric(30)
    values, vectors = torch.lobpcg(a, k, largest=largest, method=method)
    every = torch.linalg.eigvalsh(a)
    expected = every.flip(0)[:k] if largest else every[:k]
    torch.testing.assert_close(values, expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(a @ vectors, vectors * values, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(vectors.mT @ vectors, torch.eye(k, dtype=a.dtype), rtol=1e-6, atol=1e-6)


def test_generalized_problems():
    a, b = symmetric(20), symmetric(20).roll(3, 0).roll(3, 1)
    values, vectors = torch.lobpcg(a, 2, B=b, largest=True)
    factor = torch.linalg.cholesky(b)
    half = torch.linalg.solve_triangular(factor, a, upper=False)
    whole = torch.linalg.solve_triangular(factor, half.mT, upper=False)
    torch.testing.assert_close(values, torch.linalg.eigvalsh(whole).flip(0)[:2], rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(a @ vectors, b @ vectors * values, rtol=1e-3, atol=1e-3)


def test_batches_starts_and_preconditioners():
    a = symmetric(2, 3, 15)
    values, vectors = torch.lobpcg(a, 2)
    assert (values.shape, vectors.shape) == ((2, 3, 2), (2, 3, 15, 2))
    torch.testing.assert_close(values, torch.linalg.eigvalsh(a).flip(-1)[..., :2], rtol=1e-6, atol=1e-6)
    one = a[0, 0]
    start = torch.linalg.eigh(one).eigenvectors[:, :2]
    torch.testing.assert_close(torch.lobpcg(one, X=start, largest=False)[0], torch.linalg.eigvalsh(one)[:2])
    values, _ = torch.lobpcg(one, 1, iK=torch.linalg.inv(one), largest=False)
    torch.testing.assert_close(values, torch.linalg.eigvalsh(one)[:1], rtol=1e-6, atol=1e-6)


def test_a_diagonal_matrix_is_sparse():
    n = 60
    a = torch.sparse.spdiags(torch.arange(1.0, n + 1), torch.tensor([0]), (n, n))
    values, _ = torch.lobpcg(a, 2)
    assert values.tolist() == pytest.approx([60.0, 59.0], rel=1e-3)


def test_gradients_of_values():
    a = symmetric(12).requires_grad_()
    torch.lobpcg(a, 2, tol=1e-12)[0].sum().backward()
    b = a.detach().clone().requires_grad_()
    torch.linalg.eigvalsh(b)[-2:].sum().backward()
    torch.testing.assert_close((a.grad + a.grad.mT) / 2, (b.grad + b.grad.mT) / 2, rtol=1e-5, atol=1e-6)


def test_small_matrices_are_refused():
    with pytest.raises(ValueError, match="smaller than 3 x the number of requested eigenpairs"):
        torch.lobpcg(torch.eye(5), 2)
    with pytest.raises(ValueError, match="method must be"):
        torch.lobpcg(torch.eye(9), 2, method="other")


def test_a_tracker_sees_each_step_and_may_end_the_search():
    seen = []

    def tracker(search):
        residual = search.A @ search.X - search.X * search.E
        seen.append((search.ivars["istep"], search.ivars["iterations_left"], torch.allclose(search.R, residual)))
        search.bvars["force_stop"] = search.ivars["istep"] == 2

    torch.manual_seed(0)
    a = torch.randn(30, 30, dtype=torch.float64)
    torch.lobpcg(a @ a.T, 2, niter=9, tracker=tracker)
    assert seen == [(1, 8, True), (2, 7, True)]
