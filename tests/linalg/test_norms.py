"""Norms of vectors and matrices by their formulas."""

import math

import ferrotorch as torch
import pytest

A = torch.tensor([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])
VECTOR = {0: 6.0, 1: 21.0, 2: math.sqrt(91), 3: 441 ** (1 / 3), math.inf: 6.0, -math.inf: 1.0, 0.5: 3.0}
VECTOR[0.5] = sum(math.sqrt(n) for n in range(1, 7)) ** 2
MATRIX = {"fro": math.sqrt(91), 1: 9.0, -1: 5.0, math.inf: 15.0, -math.inf: 6.0}


@pytest.mark.parametrize(("order", "want"), VECTOR.items())
def test_vector_norm(order: float, want: float, device: str) -> None:
    x = A.to(device)
    assert torch.linalg.vector_norm(x, order).item() == pytest.approx(want, rel=1e-6)
    assert torch.norm(x, order).item() == pytest.approx(want, rel=1e-6)
    assert torch.linalg.vector_norm(x.t(), order, dim=(0, 1), keepdim=True).shape == (1, 1)


@pytest.mark.parametrize(("order", "want"), MATRIX.items())
def test_matrix_norm(order: object, want: float, device: str) -> None:
    x = torch.stack([A, 2 * A]).to(device)
    for norm in (torch.linalg.matrix_norm, lambda x, ord, **k: torch.linalg.norm(x, ord, (-2, -1), **k)):
        assert norm(x, ord=order).tolist() == pytest.approx([want, 2 * want], rel=1e-6)
        assert norm(x, ord=order, keepdim=True).shape == (2, 1, 1)
    moved = torch.linalg.matrix_norm(x.movedim(1, 0), order, dim=(0, 2))
    assert moved.tolist() == pytest.approx([want, 2 * want], rel=1e-6)


def test_the_real_dtype_of_complex_numbers() -> None:
    z = torch.complex(A, torch.ones_like(A))
    norms = [torch.linalg.vector_norm(z), torch.linalg.matrix_norm(z), torch.linalg.norm(z, 1)]
    assert [x.dtype for x in norms] == [torch.float32] * 3
    assert norms[0].item() == pytest.approx(math.sqrt(97), rel=1e-6)
    wide = torch.linalg.vector_norm(z, dtype=torch.complex128)
    assert wide.dtype is torch.float64


def test_out_of_another_dtype_is_refused() -> None:
    out = torch.empty(())
    assert torch.linalg.vector_norm(A, out=out) is out
    assert out.item() == pytest.approx(math.sqrt(91))
    with pytest.raises(RuntimeError, match=r"dtype|scalar type"):
        torch.linalg.vector_norm(A, out=torch.empty((), dtype=torch.float64))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: torch.linalg.vector_norm(A.int()), NotImplementedError, "Got Int"),
        (lambda: torch.linalg.vector_norm(A, dtype=torch.float16), RuntimeError, "without narrowing"),
        (lambda: torch.linalg.vector_norm(A, dtype=torch.complex64), RuntimeError, "should be real"),
        (lambda: torch.linalg.vector_norm(A, 2j), RuntimeError, "non-complex"),
        (lambda: torch.linalg.vector_norm(torch.ones(2, 0), math.inf), RuntimeError, "identity"),
        (lambda: torch.linalg.vector_norm(torch.ones(2, 0), -1, dim=1), RuntimeError, "dimension 1"),
        (lambda: torch.linalg.matrix_norm(A[0]), RuntimeError, "at least 2 dimensions"),
        (lambda: torch.linalg.matrix_norm(A, 3), RuntimeError, "Order 3 not supported"),
        (lambda: torch.linalg.matrix_norm(A, 3.0), RuntimeError, "Order 3 not supported"),
        (lambda: torch.linalg.matrix_norm(A, 0.5), RuntimeError, r"Order 0\.5 not supported"),
        (lambda: torch.linalg.matrix_norm(A, torch.tensor(3)), RuntimeError, "Order 3 not supported"),
        (lambda: torch.linalg.matrix_norm(A, 1 + 2j), RuntimeError, "matrix_norm: Expected a non-complex scalar"),
        (lambda: torch.linalg.norm(A[:, 0], torch.tensor(1j)), RuntimeError, "Expected a non-complex scalar"),
        (lambda: torch.linalg.matrix_norm(A, None), TypeError, "must be Number, not NoneType"),
        (lambda: torch.linalg.matrix_norm(A, torch.ones(1)), TypeError, "must be Number, not Tensor"),
        (lambda: torch.linalg.cond(A, 1j), ValueError, "linalg.cond: Expected a non-complex scalar"),
        (lambda: torch.linalg.cond(A, 3.0), ValueError, "invalid norm type: 3$"),
        (lambda: torch.linalg.matrix_norm(A, "frob"), RuntimeError, "Order frob not supported"),
        (lambda: torch.linalg.matrix_norm(A, dim=(0, -2)), RuntimeError, "must be different"),
        (lambda: torch.linalg.matrix_norm(A.half(), 2), NotImplementedError, "Low precision"),
        (lambda: torch.linalg.norm(torch.ones(2, 2, 2), 2), RuntimeError, "1D or 2D"),
        (lambda: torch.linalg.norm(A, 2, dim=(0, 1, 2)), RuntimeError, "length 1 or 2"),
        (lambda: torch.linalg.cond(A, 3), ValueError, "invalid norm type"),
        (lambda: torch.linalg.cond(A, 1), RuntimeError, "square"),
    ],
)
def test_what_is_refused(call: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_norms_of_slices() -> None:
    v = torch.arange(1.0, 13).reshape(3, 2, 2)
    assert torch.norm_except_dim(v, 2, 1).flatten().tolist() == pytest.approx([math.sqrt(s) for s in (247.0, 403.0)])
    assert torch.norm_except_dim(v, 1, -1).item() == 78


@pytest.mark.parametrize("order", [1, -1, 2, float("inf")])
def test_an_order_may_be_a_tensor_of_one_number(order):
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    for norm in (torch.linalg.matrix_norm, torch.linalg.norm, torch.linalg.cond):
        torch.testing.assert_close(norm(x, torch.tensor(order)), norm(x, order))
