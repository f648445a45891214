"""Systems of equations, inverses, determinants, least squares."""

import math

import ferrotorch as torch
import numpy as np
import pytest
from matrices import BATCHES, DTYPES, close, numbers

L = torch.linalg


def regular(*shape, dtype=torch.float64):
    return numbers(*shape, dtype=dtype) + 3 * torch.eye(shape[-1], dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 8, 70])
def test_solutions_and_inverses(n, batch, dtype):
    a = regular(*batch, n, n, dtype=dtype)
    matrix, vector = numbers(*batch, n, 2, dtype=dtype), numbers(*batch, n, dtype=dtype)
    close(a @ L.solve(a, matrix), matrix)
    close((a @ L.solve(a, vector).unsqueeze(-1)).squeeze(-1), vector)
    close(L.solve(a, matrix.mT, left=False) @ a, matrix.mT)
    for inverse in (L.inv, torch.inverse, lambda x: L.inv_ex(x).inverse):
        close(inverse(a) @ a, torch.eye(n, dtype=dtype).expand_as(a))
    factors, pivots = L.lu_factor(a)
    close(a @ L.lu_solve(factors, pivots, matrix), matrix)
    close(a.mH @ L.lu_solve(factors, pivots, matrix, adjoint=True), matrix)
    close(L.lu_solve(factors, pivots, matrix.mT, left=False) @ a, matrix.mT)
    close(L.lu_solve(factors, pivots, matrix.mT, left=False, adjoint=True) @ a.mH, matrix.mT)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 3, 70])
def test_triangles(n, dtype):
    a = regular(2, n, n, dtype=dtype) + n * torch.eye(n, dtype=dtype)
    b = numbers(n, 3, dtype=dtype)
    for upper in (False, True):
        part = a.triu() if upper else a.tril()
        close(part @ L.solve_triangular(a, b, upper=upper), b.expand(2, n, 3))
        close(L.solve_triangular(a, b.mT, upper=upper, left=False) @ part, b.mT.expand(2, 3, n))
        part = part - torch.diag_embed(part.diagonal(0, -2, -1)) + torch.eye(n, dtype=dtype)
        small = 0.01 * (part - torch.eye(n, dtype=dtype)) + torch.eye(n, dtype=dtype)
        close(small @ L.solve_triangular(small, b, upper=upper, unitriangular=True), b.expand(2, n, 3))


def test_batches_broadcast():
    a, b = regular(2, 1, 3, 3), numbers(4, 3, 2)
    close(a @ L.solve(a, b), b.expand(2, 4, 3, 2))
    assert L.solve_ex(a, b).info.shape == (2, 1)
    close(a @ L.lu_solve(*L.lu_factor(a), b), b.expand(2, 4, 3, 2))
    close(
        a[0, 0] @ L.solve_triangular(L.cholesky(a[0, 0] @ a[0, 0].mT), b, upper=False) * 0,
        torch.zeros(4, 3, 2).double(),
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 6, 70])
def test_determinants(n, dtype):
    a = regular(3, n, n, dtype=dtype) / max(1, n)
    w = L.eigvals(a)
    det = w.prod(-1)
    close(torch.det(a).to(det.dtype), det)
    close(L.det(a), torch.det(a))
    sign, logarithm = torch.slogdet(a)
    close((sign * logarithm.exp()).to(det.dtype), det)
    assert logarithm.dtype == a.real.dtype
    if not dtype.is_complex:
        assert torch.logdet(a).isnan().tolist() == (sign < 0).tolist()


def test_determinants_of_singular_matrices():
    a = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    assert torch.det(a).item() == 0
    assert torch.slogdet(a) == (0, -math.inf)
    assert torch.logdet(a).item() == -math.inf
    a.requires_grad_()
    torch.det(a).backward()
    torch.testing.assert_close(a.grad, torch.tensor([[4.0, -2.0], [-2.0, 1.0]]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(5, 3), (3, 3), (3, 5)])
@pytest.mark.parametrize("driver", [None, "gels", "gelsy", "gelsd", "gelss"])
def test_least_squares(size, dtype, driver):
    a, b = numbers(2, *size, dtype=dtype), numbers(2, size[0], 2, dtype=dtype)
    x, residuals, rank, values = L.lstsq(a, b, driver=driver)
    close(a.mH @ (a @ x), a.mH @ b)
    assert rank.tolist() == ([] if driver == "gels" else [3, 3])
    if driver in ("gelsd", "gelss"):
        close(values, L.svdvals(a))
    else:
        assert values.shape == (0,)
    if size[0] > size[1] and driver not in (None, "gelsy"):
        close(residuals, (a @ x - b).abs().square().sum(-2))
    else:
        assert residuals.shape == (0,)


def test_least_squares_of_lower_rank():
    a = torch.ones(4, 2, dtype=torch.float64)
    x, _, rank, _ = L.lstsq(a, torch.arange(4.0, dtype=torch.float64), driver="gelsd")
    assert rank.item() == 1
    close(x, torch.full((2,), 0.75, dtype=torch.float64))


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: L.cholesky(-torch.eye(2)), L.LinAlgError, "linalg.cholesky: The factorization could not"),
        (lambda: L.cholesky(-torch.eye(2)[None]), L.LinAlgError, r"\(Batch element 0\): .* minor of order 1"),
        (lambda: L.cholesky_ex(-torch.eye(2), check_errors=True), L.LinAlgError, "leading minor of order 1"),
        (lambda: L.inv(torch.zeros(2, 2)), L.LinAlgError, "linalg.inv: The diagonal element 1 is zero, the inv"),
        (lambda: L.inv(torch.zeros(3, 2, 2)), L.LinAlgError, r"\(Batch element 0\): The diagonal element 1"),
        (lambda: L.solve(torch.zeros(2, 2), torch.ones(2)), L.LinAlgError, "torch.linalg.solve: The solver failed"),
        (lambda: L.lu_factor(torch.zeros(2, 2)), RuntimeError, r"torch.linalg.lu_factor: U\[1,1\] is zero and"),
        (lambda: L.lu_factor(torch.eye(2), pivot=False), RuntimeError, "LU without pivoting is not implemented"),
        (lambda: L.svd(torch.full((2, 2), math.nan)), L.LinAlgError, "linalg.svd: .* contained non-finite"),
        (lambda: L.eig(torch.full((2, 2), math.inf)), RuntimeError, "torch.linalg.eig: input tensor should not"),
        (lambda: L.cholesky(torch.ones(2, 3)), RuntimeError, "A must be batches of square matrices"),
        (lambda: L.eigh(torch.ones(2)), RuntimeError, "linalg.eigh: The input tensor A must have at least 2"),
        (lambda: L.eigh(torch.eye(2), UPLO="x"), RuntimeError, "Expected UPLO argument to be 'L' or 'U', but got x"),
        (lambda: L.qr(torch.eye(2), mode="x"), RuntimeError, "qr received unrecognized mode 'x' but expected one of"),
        (lambda: L.det(torch.ones(2, 2, dtype=torch.int64)), NotImplementedError, "Expected a floating .* Got Long"),
        (lambda: L.inv(torch.eye(2).half()), NotImplementedError, "Low precision dtypes not supported. Got Half"),
        (lambda: L.cholesky(torch.eye(2).half()), NotImplementedError, "\"cholesky_cpu\" not implemented for 'Half'"),
        (lambda: L.solve(torch.eye(2), torch.ones(3, 3)), RuntimeError, r"equation AX = B \(2x2 and 3x3\)"),
        (lambda: L.svd(torch.eye(2), driver="gesvd"), RuntimeError, "`driver=` is only supported on CUDA"),
        (lambda: torch.orgqr(torch.ones(2, 3), torch.ones(2)), RuntimeError, r"input.shape\[-2\] must be greater than"),
        (lambda: L.lstsq(torch.eye(2), torch.ones(3, 1)), RuntimeError, r"input.size\(-2\) should match"),
        (lambda: L.lstsq(torch.eye(2), torch.ones(2, 1), driver="x"), RuntimeError, r"`driver` should be one of"),
    ],
)  # fmt: skip
def test_errors(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_what_is_no_error_says_so_in_info():
    singular = torch.tensor([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]])
    assert L.inv_ex(singular).info.tolist() == [2, 0]
    assert L.solve_ex(singular, torch.ones(2, 2)).info.tolist() == [2, 0]
    assert L.cholesky_ex(torch.tensor([[1.0, 0.0], [0.0, -1.0]])).info.item() == 2
    assert L.eigh(torch.full((2, 2), math.nan)).eigenvalues.isnan().all()


def test_targets():
    a = regular(3, 3)
    out = torch.empty(0, dtype=torch.float64)
    assert L.inv(a, out=out) is out
    close(out @ a, torch.eye(3, dtype=torch.float64))
    parts = tuple(torch.empty(0, dtype=torch.float64) for _ in range(2))
    q, r = L.qr(a, out=parts)
    close(q @ r, a)
    assert q is parts[0]
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype"):
        L.inv(a, out=torch.empty(3, 3))


@pytest.mark.parametrize("dtype", DTYPES)
def test_exponentials_beyond_all_numbers_end(dtype):
    largest = torch.finfo(dtype).max
    for a in (torch.full((3, 3), largest, dtype=dtype), torch.full((2, 2), float("inf"), dtype=dtype)):
        assert not torch.linalg.matrix_exp(a).isfinite().any()


LEAST_SQUARES = [(5, 3), (3, 5), (4, 4), (40, 17), (17, 40), (1, 3), (3, 1)]


@pytest.mark.parametrize("driver", ["gels", "gelsy", "gelsd"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex128])
@pytest.mark.parametrize(("m", "n"), LEAST_SQUARES)
def test_least_squares_of_full_rank_are_those_of_the_pseudoinverse(m, n, dtype, driver):
    torch.manual_seed(m)
    a, b = torch.randn(2, m, n, dtype=dtype), torch.randn(2, m, 2, dtype=dtype)
    found = torch.linalg.lstsq(a, b, driver=driver)
    wanted = torch.from_numpy(np.linalg.pinv(a.numpy()) @ b.numpy())
    torch.testing.assert_close(found.solution, wanted, rtol=1e-3, atol=1e-3 if dtype == torch.float32 else 1e-9)
    if driver != "gels":
        assert found.rank.tolist() == [min(m, n)] * 2
    assert found.singular_values.numel() == (2 * min(m, n) if driver == "gelsd" else 0)


@pytest.mark.parametrize("rcond", [None, 1e-3, 0.5])
def test_small_singular_values_do_not_count(rcond):
    """One matrix of a stack is singular, one nearly so, and one is not."""
    torch.manual_seed(0)
    u, v = torch.linalg.qr(torch.randn(3, 6, 4, dtype=torch.float64))[0], torch.linalg.qr(torch.randn(4, 4).double())[0]
    values = torch.tensor([[3.0, 2, 1, 0], [3, 2, 1, 1e-5], [3, 2.5, 2, 1.75]], dtype=torch.float64)
    a, b = (u * values.unsqueeze(1)) @ v.mT, torch.randn(3, 6, 2, dtype=torch.float64)
    found = torch.linalg.lstsq(a, b, rcond)
    counts = values > values[:, :1] * (1e-12 if rcond is None else rcond)
    assert found.rank.tolist() == counts.sum(1).tolist()
    inverse = (v * torch.where(counts, 1 / values, 0.0).unsqueeze(1)) @ u.mT
    torch.testing.assert_close(found.solution, inverse @ b)
    for i in range(3):
        torch.testing.assert_close(torch.linalg.lstsq(a[i], b[i], rcond).solution, found.solution[i])
