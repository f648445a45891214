"""Which functions of linalg convert their result to the dtype of ``out``, and which refuse another dtype."""

import ferrotorch as torch
import pytest

L = torch.linalg
A, T = torch.tensor([[4.0, 1.0], [1.0, 3.0]]), torch.tensor([0.5, 0.25])

CONVERTS = {
    "householder_product": lambda out: L.householder_product(A, T, out=out),
    "orgqr": lambda out: torch.orgqr(A, T, out=out),
    "pinv": lambda out: L.pinv(A, out=out),
    "cond": lambda out: L.cond(A, out=out),
    "tensorinv": lambda out: L.tensorinv(A, ind=1, out=out),
    "tensorsolve": lambda out: L.tensorsolve(A, T, out=out),
    "cholesky_inverse": lambda out: torch.cholesky_inverse(A, out=out),
    "cholesky_solve": lambda out: torch.cholesky_solve(A, A, out=out),
}
REFUSES = {
    "inv": lambda out: L.inv(A, out=out),
    "det": lambda out: L.det(A, out=out),
    "cholesky": lambda out: L.cholesky(A, out=out),
    "solve": lambda out: L.solve(A, T, out=out),
    "eigvalsh": lambda out: L.eigvalsh(A, out=out),
    "svdvals": lambda out: L.svdvals(A, out=out),
    "multi_dot": lambda out: L.multi_dot([A, A], out=out),
    "ormqr": lambda out: torch.ormqr(A, T, A, out=out),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex64, torch.float16], ids=str)
@pytest.mark.parametrize("name", CONVERTS)
def test_results_are_converted(name, dtype):
    expected = CONVERTS[name](torch.empty(0))
    out = torch.empty(0, dtype=dtype)
    assert CONVERTS[name](out) is out
    torch.testing.assert_close(out, expected.to(dtype))


@pytest.mark.parametrize("name", CONVERTS)
def test_integers_do_not_hold_results(name):
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type Long"):
        CONVERTS[name](torch.empty(0, dtype=torch.int64))


@pytest.mark.parametrize("name", REFUSES)
def test_another_dtype_is_refused(name):
    with pytest.raises(RuntimeError, match="scalar type"):
        REFUSES[name](torch.empty(0, dtype=torch.float64))


@pytest.mark.parametrize("name", [*CONVERTS, *REFUSES])
def test_a_wrong_size_warns_in_words_that_programs_filter(name):
    call = {**CONVERTS, **REFUSES}[name]
    with pytest.warns(UserWarning, match="^An output with one or more elements was resized since it had shape"):
        call(torch.empty(7))


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128], ids=str)
def test_eigenvalues_are_converted_to_either_precision(dtype):
    values, vectors = torch.empty(0, dtype=dtype), torch.empty(0, dtype=dtype)
    torch.testing.assert_close(L.eigvals(A, out=values), L.eigvals(A).to(dtype))
    L.eig(A.double(), out=(values, vectors))
    torch.testing.assert_close(values, L.eigvals(A.double()).to(dtype))
    torch.testing.assert_close(A.to(dtype) @ vectors, vectors * values)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64], ids=str)
def test_real_tensors_do_not_hold_eigenvalues(dtype):
    words = "Expected eigenvalues to be safely castable from ComplexFloat dtype, but got eigenvalues with dtype"
    with pytest.raises(RuntimeError, match=words):
        L.eigvals(A, out=torch.empty(2, dtype=dtype))
    with pytest.raises(RuntimeError, match="torch.linalg.eig: " + words):
        L.eig(A, out=(torch.empty(2, dtype=dtype), torch.empty(2, 2, dtype=dtype)))
