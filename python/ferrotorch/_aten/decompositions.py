"""Decompositions of matrices as PyTorch's ops have them: with all that their derivatives read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C

__all__ = ["TABLE"]

Tensor = torch.Tensor
_linalg: Any = _C._linalg


def _linalg_det(A: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The determinant, with the factors of the matrix."""
    return _linalg.det(A), *_factors(A)


def _linalg_slogdet(A: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sign and logarithm of the determinant, with the factors of the matrix."""
    sign, logarithm = _linalg.slogdet(A)
    return sign, logarithm, *_factors(A)


def _factors(A: Tensor) -> tuple[Tensor, Tensor]:
    factors, pivots, _ = _linalg.lu_factor_ex(A.detach())
    return factors, pivots


def _linalg_solve_ex(
    A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A solution, with the factors of the matrix and what became of it."""
    result, info = _linalg.solve_ex(A, B, left=left, check_errors=check_errors)
    return result, *_factors(A), info


def _linalg_svd(
    A: Tensor, full_matrices: bool = False, compute_uv: bool = True, *, driver: str | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The three factors; without vectors the outer two are empty."""
    if compute_uv:
        return tuple(_linalg.svd(A, full_matrices))
    return A.new_empty(0), _linalg.svdvals(A), A.new_empty(0)


def _linalg_eigh(A: Tensor, UPLO: str = "L", compute_v: bool = True) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors; without vectors these are empty."""
    if compute_v:
        return tuple(_linalg.eigh(A, UPLO))
    return _linalg.eigvalsh(A, UPLO), A.new_empty(0)


# What a number other than zero tells, by a part of the function's name.
_FAULTS = {
    "inv": "The diagonal element {} is zero, the inversion could not be completed because the input matrix is "
    "singular.",
    "solve": "The solver failed because the input matrix is singular.",
    "cholesky": "The factorization could not be completed because the input is not positive-definite (the leading "
    "minor of order {} is not positive-definite).",
    "eig": "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated "
    "eigenvalues (error code: {}).",
    "lu_factor": "U[{0},{0}] is zero and using it on lu_solve would result in a division by zero. If you still want "
    "to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)",
}


def _linalg_check_errors(info: Tensor, api_name: str, *, is_matrix: bool) -> None:
    """Raise for the first matrix of which there is no decomposition.

    Raises:
        RuntimeError: ``torch.linalg.LinAlgError``; it tells which matrix, and where it failed.
    """
    codes = info.reshape(-1).tolist()
    place = next((i for i, code in enumerate(codes) if code), None)
    if place is None:
        return
    batch = "" if is_matrix else f"(Batch element {place}): "
    fault = next((text for part, text in _FAULTS.items() if part in api_name), "Unknown error code: {}.")
    raise torch.linalg.LinAlgError(f"{api_name}: {batch}{fault.format(abs(codes[place]))}")


TABLE: dict[str, Callable[..., Any]] = {
    "_linalg_check_errors": _linalg_check_errors,
    "_linalg_det": _linalg_det,
    "_linalg_eigh": _linalg_eigh,
    "_linalg_slogdet": _linalg_slogdet,
    "_linalg_solve_ex": _linalg_solve_ex,
    "_linalg_svd": _linalg_svd,
}
