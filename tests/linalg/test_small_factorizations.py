"""Factorisations of many small matrices, computed together, against what they restore and against one alone."""

from __future__ import annotations

import ferrotorch as torch
import pytest
from matrices import close, hermitian, is_unitary, numbers, positive

L = torch.linalg
REAL = [torch.float32, torch.float64]
# Whole groups of sixteen, a cut one, and as few as are worth one; sizes around the largest.
COUNTS = [8, 32, 37]
SIZES = [1, 2, 3, 5, 8, 9, 16, 17]
many = pytest.mark.parametrize(("count", "n"), [(c, n) for n in SIZES for c in COUNTS if n < 6 or c == 37])


@pytest.mark.parametrize("dtype", REAL)
@many
def test_cholesky(count, n, dtype):
    a = positive(count, n, n, dtype=dtype)
    lower, upper = L.cholesky(a), L.cholesky(a, upper=True)
    close(lower @ lower.mT, a)
    close(upper.mT @ upper, a)
    assert torch.equal(lower, lower.tril()) and torch.equal(upper, upper.triu())
    # The other triangle is not read.
    torch.testing.assert_close(L.cholesky(a.tril() + torch.full_like(a, 9).triu(1)), lower, rtol=0, atol=0)


def test_minors_that_are_not_positive_are_found_among_others():
    a = torch.eye(3).repeat(20, 1, 1)
    a[5, 1, 1], a[18, 0, 0] = -1, 0
    factor, info = L.cholesky_ex(a)
    assert info.nonzero().flatten().tolist() == [5, 18] and info[[5, 18]].tolist() == [2, 1]
    assert torch.equal(factor[5], L.cholesky_ex(a[5]).L) and torch.equal(factor[:5], a[:5])
    with pytest.raises(L.LinAlgError, match=r"\(Batch element 5\)"):
        L.cholesky(a)


@pytest.mark.parametrize("dtype", REAL)
@many
def test_lu(count, n, dtype):
    for shape in ((n, n), (n, n + 2), (n + 2, n)):
        a = numbers(count, *shape, dtype=dtype)
        p, lower, upper = L.lu(a)
        close(p @ lower @ upper, a)
        assert (lower.abs() <= 1).all()
        factors, pivots = L.lu_factor(a)
        alone = [L.lu_factor(matrix) for matrix in a]
        assert torch.equal(pivots, torch.stack([pivots for _, pivots in alone]))
        close(factors, torch.stack([factors for factors, _ in alone]))


def test_pivots_of_singular_matrices():
    a = torch.zeros(16, 3, 3)
    a[3] = torch.tensor([[0.0, 1, 2], [0, 3, 4], [0, 5, 6]])
    factors, pivots, info = L.lu_factor_ex(a)
    assert info.tolist() == [1] * 16 and pivots[3].tolist() == [1, 3, 3]
    torch.testing.assert_close(factors[3], L.lu_factor_ex(a[3])[0])


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
@many
def test_qr(count, n, mode, dtype):
    for shape in ((n, n), (n, n + 3), (n + 3, n)):
        a = numbers(count, *shape, dtype=dtype)
        q, r = L.qr(a, mode=mode)
        alone = torch.stack([L.qr(matrix, mode=mode).R for matrix in a])
        close(r, alone)
        if mode != "r":
            is_unitary(q)
            close(q @ r, a)
    identity = torch.eye(n, dtype=dtype).repeat(16, 1, 1)
    assert torch.equal(L.qr(identity).R, identity)


@pytest.mark.parametrize("dtype", REAL)
@many
def test_eigh(count, n, dtype):
    a = hermitian(count, n, n, dtype=dtype)
    values, vectors = L.eigh(a)
    assert (values.diff(dim=-1) >= 0).all()
    is_unitary(vectors)
    close(vectors @ torch.diag_embed(values) @ vectors.mT, a)
    close(L.eigvalsh(a), values)
    for uplo in "LU":
        half = a.tril() if uplo == "L" else a.triu()
        close(L.eigvalsh(half, UPLO=uplo), values)


@pytest.mark.parametrize("dtype", REAL)
@many
def test_svd(count, n, dtype):
    for shape in ((n, n), (n, n + 2), (n + 2, n)):
        a = numbers(count, *shape, dtype=dtype)
        for full in (False, True):
            u, s, vh = L.svd(a, full_matrices=full)
            is_unitary(u)
            is_unitary(vh.mT)
            close((u[..., :n] * s.unsqueeze(-2)) @ vh[..., :n, :], a)
        assert (s.diff(dim=-1) <= 0).all() and (s >= 0).all()
        close(L.svdvals(a), s)


def test_bases_of_singular_matrices_are_whole():
    a = torch.zeros(24, 4, 4, dtype=torch.float64)
    a[1:, 0, 0] = 2
    a[2:, 3, 1] = 1
    u, s, vh = L.svd(a)
    is_unitary(u)
    is_unitary(vh)
    close(u @ torch.diag_embed(s) @ vh, a)
    assert s[2].tolist() == [2, 1, 0, 0] and s[0].tolist() == [0] * 4


@pytest.mark.parametrize("scale", [1e-35, 1e-18, 1e18, 1e35])
def test_sizes_whose_squares_leave_the_range(scale):
    a = hermitian(16, 3, 3, dtype=torch.float32)
    mixed = a.clone()
    mixed[::3] *= scale
    factor = torch.ones(16, 1)
    factor[::3] = scale
    torch.testing.assert_close(L.eigvalsh(mixed) / factor, L.eigvalsh(a), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(L.svdvals(mixed) / factor, L.svdvals(a), rtol=1e-4, atol=1e-4)
    r = L.qr(mixed).R / factor.unsqueeze(-1)
    torch.testing.assert_close(r, L.qr(a).R, rtol=1e-4, atol=1e-4)


def test_not_a_number_is_reported_as_of_one_matrix():
    a = torch.eye(3).repeat(20, 1, 1)
    a[7, 0, 0] = float("nan")
    with pytest.raises(L.LinAlgError, match=r"\(Batch element 7\)"):
        L.svd(a)
    assert L.matrix_exp(a)[7].isnan().all() and not L.matrix_exp(a)[8:].isnan().any()


@pytest.mark.parametrize("dtype", REAL)
@many
def test_exponentials(count, n, dtype):
    # Norms from tiny ones to some that are halved many times.
    a = hermitian(count, n, n, dtype=dtype) * torch.logspace(-4, 0.5, count, dtype=dtype).reshape(count, 1, 1) / n
    values, vectors = L.eigh(a)
    close(L.matrix_exp(a), (vectors * values.exp().unsqueeze(-2)) @ vectors.mT)
    zero = torch.zeros(16, n, n, dtype=dtype)
    assert torch.equal(L.matrix_exp(zero), torch.eye(n, dtype=dtype).expand(16, n, n))


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("cols", [1, 3, 17])
@many
def test_triangles(count, n, cols, dtype):
    a = numbers(count, n, n, dtype=dtype) / (2 * n) + 2 * torch.eye(n, dtype=dtype)
    b = numbers(count, n, cols, dtype=dtype)
    for upper in (False, True):
        part = a.triu() if upper else a.tril()
        close(part @ L.solve_triangular(a, b, upper=upper), b)
        # Triangles that lie by columns are read as they lie.
        close(part.mT @ L.solve_triangular(a.mT, b, upper=not upper), b)
        unit = part - torch.diag_embed(part.diagonal(0, -2, -1)) + torch.eye(n, dtype=dtype)
        close(unit @ L.solve_triangular(a, b, upper=upper, unitriangular=True), b)
    close(a.tril() @ a.tril().mT @ torch.cholesky_solve(b, a.tril()), b)


@pytest.mark.parametrize("n", [1, 2, 5, 16, 17])
def test_signs_and_logarithms(n):
    a = numbers(37, n, n, dtype=torch.float64)
    a[5] = 0
    sign, logarithm = L.slogdet(a)
    close(sign * logarithm.exp(), L.det(a))
    assert sign[5] == 0 and logarithm[5] == float("-inf")
    assert set(sign.tolist()) <= {-1.0, 0.0, 1.0}
