"""Singular values of matrices whose values are equal, or grow smaller over many orders of magnitude."""

import ferrotorch as torch
import numpy as np
import pytest

DTYPES = ["float32", "float64", "complex64", "complex128"]


def _matrix(kind: str, n: int, dtype: str) -> np.ndarray:
    rng = np.random.default_rng(n)
    a = rng.normal(size=(n, n)) + (1j * rng.normal(size=(n, n)) if dtype.startswith("complex") else 0)
    if kind == "graded":
        a = a * np.logspace(0, -12, n)[:, None]
    elif kind == "repeated":
        q = np.linalg.qr(a)[0]
        a = q @ np.diag(rng.integers(0, 3, n).astype(float)) @ q.conj().T
    else:
        a = a[:, : n // 4] @ a[:, : n // 4].conj().T
    return a.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["graded", "repeated", "of low rank"])
@pytest.mark.parametrize("n", [33, 130, 257])
def test_singular_values_of_clusters_and_graded_matrices(dtype, kind, n):
    a = _matrix(kind, n, dtype)
    expected = np.linalg.svd(a.astype("complex128"), compute_uv=False)
    tolerance = 60 * n * np.finfo(dtype).eps * expected[0]
    assert np.abs(torch.linalg.svdvals(torch.from_numpy(a)).numpy() - expected).max() < tolerance
    u, s, vh = (x.numpy() for x in torch.linalg.svd(torch.from_numpy(a)))
    assert np.abs(s - expected).max() < tolerance
    assert np.abs(u * s @ vh - a).max() < tolerance
    for q in (u, vh):
        assert np.abs(q @ q.conj().T - np.eye(n)).max() < 60 * n * np.finfo(dtype).eps
