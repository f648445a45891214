"""Rank, pseudoinverse, square root, polar decomposition, condition: what singular values and eigenvalues say."""

import math

import ferrotorch as torch
import pytest

A = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64)
S = A.mT @ A
SINGULAR = torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]], dtype=torch.float64)


@pytest.mark.parametrize("matrix", [A, A.mT, SINGULAR, S, torch.complex(A, A.flip(0))], ids=str)
def test_pseudoinverse_by_its_four_equations(matrix: torch.Tensor) -> None:
    inverse = torch.linalg.pinv(matrix)
    for product in (matrix @ inverse, inverse @ matrix):
        assert torch.allclose(product, product.mH)
    assert torch.allclose(matrix @ inverse @ matrix, matrix)
    assert torch.allclose(inverse @ matrix @ inverse, inverse)
    assert torch.allclose(torch.pinverse(matrix), inverse)


def test_the_derivative_of_the_pseudoinverse() -> None:
    for matrix in (A, A.mT.contiguous(), torch.eye(3, dtype=torch.float64), torch.complex(A, A.flip(0))):
        x = matrix.clone().requires_grad_()
        assert torch.autograd.gradcheck(torch.linalg.pinv, x)
        assert torch.autograd.gradgradcheck(torch.linalg.pinv, x)
    assert torch.linalg.pinv(x).grad_fn.name() == "LinalgPinvBackward0"


def test_tolerances() -> None:
    diagonal = torch.diag(torch.tensor([4.0, 1.0, 0.1]))
    ranks = {(None, None): 3, (0.5, None): 2, (None, 0.5): 1, (2.0, 0.01): 1, (0.0, 0.2): 2}
    for (atol, rtol), rank in ranks.items():
        assert torch.linalg.matrix_rank(diagonal, atol=atol, rtol=rtol) == rank
        inverse = torch.linalg.pinv(diagonal, atol=atol, rtol=rtol)
        assert inverse.count_nonzero() == rank
    assert torch.linalg.matrix_rank(diagonal, 0.5) == 2
    assert torch.linalg.matrix_rank(diagonal, atol=torch.tensor([0.05, 0.5, 2.0])).tolist() == [3, 2, 1]
    assert torch.linalg.matrix_rank(-diagonal, hermitian=True) == 3
    assert torch.linalg.matrix_rank(torch.zeros(2, 0, 3)).tolist() == [0, 0]
    assert torch.linalg.pinv(torch.zeros(2, 0, 3)).shape == (2, 3, 0)


def test_norms_by_singular_values() -> None:
    values = torch.linalg.svdvals(A)
    assert torch.linalg.matrix_norm(A, "nuc").item() == pytest.approx(values.sum().item())
    assert torch.norm(A, "nuc").item() == pytest.approx(values.sum().item())
    assert torch.linalg.matrix_norm(A, 2).item() == pytest.approx(values[0].item())
    assert torch.linalg.norm(A, -2, keepdim=True).flatten().item() == pytest.approx(values[1].item())
    batch = torch.stack([A, 2 * A], 1)
    assert torch.allclose(torch.linalg.matrix_norm(batch, 2, (0, 2)), values[0] * torch.tensor([1.0, 2.0]).double())


def test_condition() -> None:
    values = torch.linalg.svdvals(A)
    assert torch.linalg.cond(A).item() == pytest.approx((values[0] / values[1]).item())
    assert torch.linalg.cond(A, -2).item() == pytest.approx((values[1] / values[0]).item())
    inverse = torch.linalg.inv(S)
    for order in ("fro", "nuc", 1, -1, math.inf, -math.inf):
        want = torch.linalg.matrix_norm(S, order) * torch.linalg.matrix_norm(inverse, order)
        assert torch.linalg.cond(S, order).item() == pytest.approx(want.item())
    assert torch.linalg.cond(torch.zeros(2, 2), 1) == math.inf


def test_square_root_and_polar_decomposition() -> None:
    root = torch.linalg.matrix_sqrth(S)
    assert torch.allclose(root @ root, S)
    u, h = torch.linalg.polar(A)
    assert torch.allclose(u @ h, A)
    assert torch.allclose(u.mT @ u, torch.eye(2, dtype=torch.float64))
    assert torch.allclose(h, h.mT)
    assert torch.autograd.gradcheck(lambda x: tuple(torch.linalg.polar(x)), A.clone().requires_grad_())
    with pytest.raises(RuntimeError, match="as many rows"):
        torch.linalg.polar(A.mT)


def test_old_names() -> None:
    u, s, v = torch.svd(A)
    assert torch.allclose(u @ torch.diag(s) @ v.mT, A)
    assert [x.shape for x in torch.svd(A, some=False)] == [(3, 3), (2,), (2, 2)]
    assert not torch.svd(A, compute_uv=False).U.any()
    q, r = torch.qr(A)
    assert torch.allclose(q @ r, A)
    assert torch.qr(A, some=False).Q.shape == (3, 3)
    lu, pivots, info = torch.lu(S, get_infos=True)
    assert info == 0
    assert torch.allclose(torch.lu_solve(S, lu, pivots), torch.eye(2, dtype=torch.float64))
    solved = torch.triangular_solve(A.mT, S, transpose=True)
    assert torch.allclose(S.triu().mT @ solved.solution, A.mT)
    assert torch.equal(solved.cloned_coefficient, S)
    assert torch.allclose(torch.cholesky(S, upper=True), torch.linalg.cholesky(S).mT)
    with pytest.raises(torch.linalg.LinAlgError):
        torch.linalg.inv(torch.zeros(2, 2))


def test_tensors_as_systems() -> None:
    a = (torch.eye(6, dtype=torch.float64) * 2 + 0.1).reshape(2, 3, 6)
    b = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)
    assert torch.allclose(torch.tensordot(a, torch.linalg.tensorsolve(a, b), 1), b)
    inverse = torch.linalg.tensorinv(a)
    assert inverse.shape == (6, 2, 3)
    assert torch.allclose(torch.tensordot(inverse, b, 2), torch.linalg.tensorsolve(a, b))
    assert torch.allclose(torch.linalg.matrix_power(S, -2) @ S @ S, torch.eye(2, dtype=torch.float64))
