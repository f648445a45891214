"""Factorisations restore their matrices; where LAPACK's conventions decide, results are LAPACK's."""

import math

import ferrotorch as torch
import pytest
from matrices import BATCHES, DTYPES, SQUARES, close, hermitian, is_unitary, numbers, positive

L = torch.linalg


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("n", SQUARES)
def test_cholesky(n, batch, dtype):
    a = positive(*batch, n, n, dtype=dtype)
    lower, upper = L.cholesky(a), L.cholesky(a.triu(), upper=True)
    close(lower @ lower.mH, a)
    close(upper, lower.mH)
    close(torch.cholesky_inverse(lower) @ a, torch.eye(n, dtype=dtype).expand_as(a))
    b = numbers(*batch, n, 2, dtype=dtype)
    close(a @ torch.cholesky_solve(b, upper, upper=True), b)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("size", [(3, 3), (5, 2), (2, 5), (90, 70), (70, 130)])
def test_lu(size, batch, dtype):
    a = numbers(*batch, *size, dtype=dtype)
    p, lower, upper = L.lu(a)
    close(p @ lower @ upper, a)
    factors, pivots = L.lu_factor(a)
    assert pivots.dtype == torch.int32
    for part, unpacked in zip((p, lower, upper), torch.lu_unpack(factors, pivots), strict=True):
        close(unpacked, part)
    assert [x.numel() for x in torch.lu_unpack(factors, pivots, unpack_data=False)][1:] == [0, 0]


def test_pivots_are_counted_from_one():
    factors, pivots, info = L.lu_factor_ex(torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
    assert (pivots.tolist(), info.item(), factors.tolist()) == ([2, 2], 0, [[2.0, 3.0], [0.0, 1.0]])
    assert L.lu_factor_ex(torch.tensor([[1.0, 2.0], [2.0, 4.0]])).info.item() == 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("size", [(3, 3), (5, 2), (2, 5), (40, 40), (1, 1), (0, 2), (3, 0)])
def test_qr(size, batch, dtype):
    a = numbers(*batch, *size, dtype=dtype)
    for mode in ("reduced", "complete"):
        q, r = L.qr(a, mode)
        close(q @ r, a)
        is_unitary(q)
        assert torch.equal(r, r.triu())
    close(L.qr(a, "r").R, L.qr(a).R)
    assert L.qr(a, "r").Q.shape == (0,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_reflectors_are_those_of_qr(dtype):
    a = numbers(2, 5, 3, dtype=dtype)
    factors, tau = torch.geqrf(a)
    q, r = L.qr(a)
    close(factors[..., :3, :].triu(), r)
    for product in (L.householder_product, torch.orgqr):
        close(product(factors, tau), q)
    whole = L.qr(a, "complete").Q
    c = numbers(2, 5, 4, dtype=dtype)
    close(torch.ormqr(factors, tau, c), whole @ c)
    close(torch.ormqr(factors, tau, c, transpose=True), whole.mH @ c)
    close(torch.ormqr(factors, tau, c.mT, left=False), c.mT @ whole)
    close(torch.ormqr(factors, tau, c.mT, left=False, transpose=True), c.mT @ whole.mH)


def test_the_diagonal_of_r_is_that_of_lapack():
    r = L.qr(torch.tensor([[3.0, 1.0], [4.0, 2.0]]), "r").R
    torch.testing.assert_close(r, torch.tensor([[-5.0, -2.2], [0.0, 0.4]]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("n", [0, *SQUARES])
def test_eigh(n, batch, dtype):
    a = hermitian(*batch, n, n, dtype=dtype)
    for uplo, half in (("L", a.tril()), ("U", a.triu())):
        w, v = L.eigh(half, UPLO=uplo)
        close((v * w.unsqueeze(-2)) @ v.mH, a)
        is_unitary(v)
        close(L.eigvalsh(half, uplo), w)
        assert (w.diff() >= 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("size", [(3, 3), (5, 2), (2, 5), (40, 40), (60, 30), (1, 1), (0, 2), (3, 0)])
def test_svd(size, batch, dtype):
    a = numbers(*batch, *size, dtype=dtype)
    k = min(size)
    for full in (False, True):
        u, s, vh = L.svd(a, full_matrices=full)
        close((u[..., :k] * s.unsqueeze(-2)) @ vh[..., :k, :], a)
        is_unitary(u)
        is_unitary(vh.mH)
        assert (s.diff() <= 0).all()
        assert (s >= 0).all()
        close(L.svdvals(a), s)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_sizes_far_from_one(scale):
    a = hermitian(6, 6)
    torch.testing.assert_close(L.eigvalsh(a * scale) / scale, L.eigvalsh(a))
    torch.testing.assert_close(L.svdvals(a * scale) / scale, L.svdvals(a))
    torch.testing.assert_close(L.eigvals(a * scale).abs().sort()[0] / scale, L.eigvals(a).abs().sort()[0])


def test_repeated_and_vanishing_singular_values():
    for a in (torch.zeros(4, 3), torch.ones(4, 3), torch.eye(3), torch.diag(torch.tensor([2.0, 0.0, 2.0]))):
        u, s, vh = L.svd(a, full_matrices=False)
        close((u * s) @ vh, a)
        is_unitary(u)
        is_unitary(vh)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("n", [0, *SQUARES])
def test_eig(n, batch, dtype):
    a = numbers(*batch, n, n, dtype=dtype)
    w, v = L.eig(a)
    assert w.dtype == v.dtype
    assert w.is_complex()
    close(a.to(v.dtype) @ v, v * w.unsqueeze(-2))
    close(L.eigvals(a), w)
    if v.numel():
        close(v.abs().square().sum(-2).sqrt(), torch.ones(*batch, n, dtype=v.real.dtype))


def test_real_matrices_have_conjugate_pairs():
    w = L.eigvals(torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0]], dtype=torch.float64))
    assert w.tolist() == [1j, -1j, 2]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_ldl(n, batch, dtype):
    for conjugated in (False, True):
        a = numbers(*batch, n, n, dtype=dtype)
        a = a + (a.mH if conjugated else a.mT)
        a.diagonal(0, -2, -1).mul_(0.01)
        factors, pivots, info = L.ldl_factor_ex(a.tril(), hermitian=conjugated)
        assert not info.any()
        b = numbers(*batch, n, 2, dtype=dtype)
        close(a @ L.ldl_solve(factors, pivots, b, hermitian=conjugated), b)


@pytest.mark.parametrize("dtype", DTYPES)
def test_exponentials(dtype):
    torch.testing.assert_close(
        torch.matrix_exp(torch.zeros(2, 3, 3, dtype=dtype)), torch.eye(3, dtype=dtype).expand(2, 3, 3)
    )
    a = hermitian(4, 4, dtype=dtype) * 3
    w, v = L.eigh(a)
    close(torch.matrix_exp(a), (v * w.exp()) @ v.mH)
    turn = torch.tensor([[0.0, -math.pi / 3], [math.pi / 3, 0.0]], dtype=dtype)
    half, root = 0.5, math.sqrt(0.75)
    torch.testing.assert_close(L.matrix_exp(turn), torch.tensor([[half, -root], [root, half]], dtype=dtype))
    halves = torch.matrix_exp(torch.eye(2, dtype=torch.bfloat16))
    assert halves.dtype == torch.bfloat16
    assert abs(halves[0, 0].item() - math.e) < 0.02
