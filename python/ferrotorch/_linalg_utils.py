"""Functions of older versions that PyTorch has only to say what to call instead."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["eig", "lstsq", "matrix_rank", "solve"]

_GONE = "This function was deprecated since version 1.9 and is now removed. "


def matrix_rank(input: Any, tol: Any = None, symmetric: bool = False, *, out: Any = None) -> NoReturn:
    """Raise: :func:`~ferrotorch.linalg.matrix_rank` is the function."""
    raise RuntimeError(
        f"{_GONE}Please use the `torch.linalg.matrix_rank` function instead. "
        "The parameter 'symmetric' was renamed in `torch.linalg.matrix_rank()` to 'hermitian'."
    )


def solve(input: Any, A: Any, *, out: Any = None) -> NoReturn:
    """Raise: :func:`~ferrotorch.linalg.solve` is the function."""
    raise RuntimeError(
        f"{_GONE}`torch.solve` is deprecated in favor of `torch.linalg.solve`. "
        "`torch.linalg.solve` has its arguments reversed and does not return the LU factorization: "
        "X = torch.solve(B, A).solution should be replaced with X = torch.linalg.solve(A, B)"
    )


def lstsq(input: Any, A: Any, *, out: Any = None) -> NoReturn:
    """Raise: :func:`~ferrotorch.linalg.lstsq` is the function."""
    raise RuntimeError(
        f"{_GONE}`torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`, which has reversed arguments and "
        "does not return the QR decomposition: X, _ = torch.lstsq(B, A) should be replaced with "
        "X = torch.linalg.lstsq(A, B).solution"
    )


def eig(self: Any, eigenvectors: bool = False, *, e: Any = None, v: Any = None) -> NoReturn:
    """Raise: :func:`~ferrotorch.linalg.eig` and :func:`~ferrotorch.linalg.eigvals` are the functions."""
    raise RuntimeError(
        f"{_GONE}`torch.linalg.eig` returns complex tensors of dtype `cfloat` or `cdouble` rather than real tensors "
        "mimicking complex tensors: L, _ = torch.eig(A) should be replaced with L_complex = torch.linalg.eigvals(A)"
    )


def _symeig(input: Any, eigenvectors: bool = False, upper: bool = True, *, out: Any = None) -> NoReturn:
    """Raise: :func:`~ferrotorch.linalg.eigh` and :func:`~ferrotorch.linalg.eigvalsh` are the functions."""
    raise RuntimeError(
        f"{_GONE}The default behavior has changed from using the upper triangular portion of the matrix by default to "
        "using the lower triangular portion: L, _ = torch.symeig(A, upper=upper) should be replaced with "
        "L = torch.linalg.eigvalsh(A, UPLO='U' if upper else 'L')"
    )
