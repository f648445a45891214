"""Derivatives of linear algebra: first and second, backward and forward, and what has none."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import gradcheck, gradgradcheck
from matrices import numbers

L = torch.linalg


def hermitian(x):
    return (x + x.mH) / 2


def positive(x):
    return x @ x.mH + torch.eye(x.shape[-1], dtype=x.dtype)


def apart(x):
    """Well separated singular values and eigenvalues."""
    n = min(x.shape[-2:])
    return 0.3 * x + torch.eye(*x.shape[-2:], dtype=x.dtype) * torch.cat(
        [torch.arange(1.0, n + 1), torch.zeros(x.shape[-1] - n)]
    ).to(x.dtype)


# Vectors count up to a phase: the squares of their moduli are functions of the matrix.
def squares(v):
    return v.abs().square()


SQUARE = {
    "cholesky": lambda x: L.cholesky(positive(x)),
    "cholesky_upper": lambda x: L.cholesky(positive(x), upper=True),
    "cholesky_inverse": lambda x: torch.cholesky_inverse(apart(x).tril()),
    "cholesky_solve": lambda x: torch.cholesky_solve(x, apart(x).triu(), upper=True),
    "inv": lambda x: L.inv(apart(x)),
    "det": lambda x: L.det(x),
    "slogdet": lambda x: (lambda r: (r[0] * r[0], r[1]))(L.slogdet(apart(x))),
    "logdet": lambda x: torch.logdet(positive(x)).real,
    "solve": lambda x: L.solve(apart(x), x),
    "solve_right": lambda x: L.solve(apart(x), x, left=False),
    "solve_vector": lambda x: L.solve(apart(x), x[..., 0]),
    "solve_triangular": lambda x: L.solve_triangular(apart(x), x.mT, upper=True),
    "solve_triangular_right": lambda x: L.solve_triangular(apart(x), x.mT, upper=False, left=False),
    "solve_triangular_unit": lambda x: L.solve_triangular(x, x.mT, upper=False, unitriangular=True),
    "lu_solve": lambda x: L.lu_solve(*L.lu_factor(apart(x)), x),
    "lu_solve_adjoint": lambda x: L.lu_solve(*L.lu_factor(apart(x)), x, left=False, adjoint=True),
    "matrix_exp": lambda x: torch.matrix_exp(x),
    "eigh": lambda x: (lambda r: (r[0], squares(r[1])))(L.eigh(hermitian(apart(x)))),
    "eigvalsh": lambda x: L.eigvalsh(hermitian(apart(x))),
    "eig": lambda x: (lambda r: (r[0], squares(r[1])))(L.eig(apart(x))),
    "eigvals": lambda x: L.eigvals(apart(x)),
}
ANY = {
    "lu_factor": lambda x: L.lu_factor(apart(x))[0],
    "lu": lambda x: L.lu(apart(x))[1:],
    "svdvals": lambda x: L.svdvals(apart(x)),
    "svd": lambda x: (lambda r: (squares(r[0]), r[1], squares(r[2])))(L.svd(apart(x), full_matrices=False)),
    "svd_product": lambda x: (lambda r: r[0] @ r[2])(L.svd(apart(x), full_matrices=False)),
    "lstsq": lambda x: L.lstsq(apart(x), x.conj() * 2).solution,
    "lstsq_residuals": lambda x: L.lstsq(apart(x), x[..., :1]).solution,
}
REDUCED = {
    "qr": lambda x: L.qr(apart(x)),
    "householder": lambda x: L.householder_product(x, 0.5 * x[..., 0, :].abs().to(x.dtype)),
    "ormqr": lambda x: torch.ormqr(x, 0.5 * x[..., 0, :].abs().to(x.dtype), x),
    "ormqr_right": lambda x: torch.ormqr(x, 0.5 * x[..., 0, :].abs().to(x.dtype), x.mH, left=False, transpose=True),
}
CALLS = [
    *((name, function, (2, 3, 3)) for name, function in SQUARE.items()),
    *((name, function, size) for name, function in ANY.items() for size in ((3, 3), (4, 2), (2, 4))),
    *((name, function, size) for name, function in REDUCED.items() for size in ((3, 3), (4, 2))),
    ("qr", REDUCED["qr"], (2, 4)),
    ("qr_complete", lambda x: L.qr(apart(x), "complete"), (2, 4)),
]


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize(("name", "function", "size"), CALLS, ids=lambda x: x if isinstance(x, str) else "")
def test_derivatives(name, function, size, dtype):
    x = numbers(*size, dtype=dtype).requires_grad_()
    assert gradcheck(function, x, check_forward_ad=True, atol=1e-4)
    assert gradgradcheck(function, x, atol=1e-3)


def test_gradients_of_unused_parts():
    a = numbers(3, 3).requires_grad_()
    for function, part in (
        (L.qr, 0),
        (L.qr, 1),
        (lambda x: L.svd(x, False), 0),
        (lambda x: L.svd(x, False), 2),
        (L.lu, 1),
        (L.lu, 2),
    ):
        assert gradcheck(lambda x, f=function, p=part: f(x)[p].square(), a, atol=1e-4)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: L.qr(x, mode="r")[1], RuntimeError, "The derivative of linalg.qr depends on Q"),
        (
            lambda x: L.qr(x[:, :1], mode="complete")[1],
            RuntimeError,
            "not differentiable when mode='complete' and nrows > ncols",
        ),
        (lambda x: torch.geqrf(x)[0], NotImplementedError, "the derivative for 'geqrf' is not implemented"),
        (lambda x: L.ldl_factor_ex(x)[0], RuntimeError, "derivative for aten::linalg_ldl_factor_ex is not implemented"),
        (lambda x: L.svd(x * (1 + 2j))[0].imag, RuntimeError, "svd_backward: The singular vectors in the complex case"),
        (
            lambda x: L.eig(x * (1 + 2j))[1].imag,
            RuntimeError,
            "linalg_eig_backward: The eigenvectors in the complex case",
        ),
    ],
)
def test_what_has_no_derivative(call, kind, text):
    x = numbers(2, 2).requires_grad_()
    with pytest.raises(kind, match=text):
        call(x).sum().backward()


def test_names_of_nodes():
    a = positive(numbers(3, 3)).requires_grad_()
    names = {
        "LinalgCholeskyExBackward0": L.cholesky(a),
        "LinalgLuFactorExBackward0": L.lu_factor(a)[0],
        "LinalgLuBackward0": L.lu(a)[1],
        "LinalgQrBackward0": L.qr(a)[0],
        "LinalgEighBackward0": L.eigvalsh(a),
        "LinalgEigBackward0": L.eigvals(a),
        "LinalgSvdBackward0": L.svdvals(a),
        "LinalgSolveExBackward0": L.solve(a, a),
        "LinalgInvExBackward0": L.inv(a),
        "LinalgDetBackward0": torch.det(a),
        "LinalgSlogdetBackward0": torch.slogdet(a)[1],
        "LinalgMatrixExpBackward0": torch.matrix_exp(a),
        "LinalgSolveTriangularBackward0": L.solve_triangular(a, a, upper=True),
        "CholeskySolveBackward0": torch.cholesky_solve(a, a),
        "LinalgHouseholderProductBackward0": L.householder_product(a, a[0]),
        "LinalgLstsqBackward0": L.lstsq(a, a)[0],
    }
    assert {name: result.grad_fn.name() for name, result in names.items()} == {name: name for name in names}


def test_samples_of_vmap():
    a, b = numbers(4, 3, 3) + 3 * torch.eye(3, dtype=torch.float64), numbers(4, 3)
    for function in (L.inv, L.det, L.slogdet, L.qr, L.svdvals, torch.matrix_exp, lambda x: L.eigvalsh(x + x.mT)):
        found, expected = torch.vmap(function)(a), function(a)
        for x, y in zip(
            (found,) if isinstance(found, torch.Tensor) else found,
            (expected,) if isinstance(expected, torch.Tensor) else expected,
            strict=True,
        ):
            torch.testing.assert_close(x, y)
    torch.testing.assert_close(torch.vmap(L.solve)(a, b), L.solve(a, b))
    torch.testing.assert_close(torch.vmap(L.solve, (0, None))(a, b[0]), torch.stack([L.solve(x, b[0]) for x in a]))
    torch.testing.assert_close(
        torch.vmap(L.solve, (None, 0))(a, b.unsqueeze(-1)), torch.stack([L.solve(a, x.unsqueeze(-1)) for x in b])
    )
    factors = L.lu_factor(a)
    torch.testing.assert_close(torch.vmap(L.lu_solve, (0, 0, None))(*factors, b.mT), L.lu_solve(*factors, b.mT))
    torch.testing.assert_close(torch.vmap(lambda x, y: L.lstsq(x, y).solution)(a, b), L.lstsq(a, b).solution)


def test_shapes_without_elements():
    a = torch.empty(2, 3, 4, device="meta")
    assert [tuple(x.shape) for x in L.svd(a)] == [(2, 3, 3), (2, 3), (2, 4, 4)]
    assert L.solve(a[..., :3], a).shape == (2, 3, 4)
    assert L.eig(a[..., :3]).eigenvalues.dtype == torch.complex64
    assert L.lstsq(a, a).solution.shape == (2, 4, 4)
