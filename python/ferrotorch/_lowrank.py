"""Singular values of a matrix that is nearly of low rank, by random projections (Halko, Martinsson and Tropp, 2009)."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch import _interception, linalg
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors, require_tensors_or_none

__all__ = ["get_approximate_basis", "pca_lowrank", "svd_lowrank"]


def get_approximate_basis(A: Tensor, q: int, niter: int | None = 2, M: Tensor | None = None) -> Tensor:
    """Orthonormal columns ``Q`` ``(.., m, q)`` with ``Q Q^H (A - M)`` close to ``A - M`` (algorithm 4.4).

    Args:
        A: ``(.., m, n)``, of a float or complex dtype.
        q: number of columns.
        niter: number of iterations, 2 where it is None; each makes the share of small singular values smaller.
        M: is subtracted from ``A``; its shape is that of ``A``.
    """
    require_tensors("get_approximate_basis", A=A)
    require_tensors_or_none("get_approximate_basis", M=M)
    niter = 2 if niter is None else niter
    matrix = A if A.is_floating_point() or A.is_complex() else A.to(torch.get_default_dtype())
    matrix = matrix if M is None else matrix - M
    directions = torch.randn(matrix.shape[-1], q, dtype=matrix.dtype, device=matrix.device)
    basis = linalg.qr(matrix @ directions)[0]
    for _ in range(niter):
        across = linalg.qr(matrix.mH @ basis)[0]
        basis = linalg.qr(matrix @ across)[0]
    return basis


def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """``U`` ``(.., m, q)``, ``S`` ``(.., q)`` and ``V`` ``(.., n, q)`` with ``U diag(S) V^H`` close to ``A - M``.

    Args:
        A: ``(.., m, n)``.
        q: a little more than its rank is thought to be; 6 where it is None.
        niter: number of iterations, 2 where it is None.
        M: is subtracted from ``A``; it is broadcast to its shape.
    """
    require_tensors("svd_lowrank", A=A)
    require_tensors_or_none("svd_lowrank", M=M)
    q = 6 if q is None else q
    matrix = A if M is None else A - M.broadcast_to(A.shape)
    is_wide = matrix.shape[-2] < matrix.shape[-1]
    matrix = matrix.mH if is_wide else matrix
    basis = get_approximate_basis(matrix, q, niter)
    u, s, vh = linalg.svd(basis.mH @ matrix, full_matrices=False)
    left, right = basis @ u, vh.mH
    return (right, s, left) if is_wide else (left, s, right)


def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Principal components of the rows of ``A`` ``(.., m, n)``: the columns of ``V`` ``(.., n, q)``.

    ``U`` ``(.., m, q)`` and ``S`` ``(.., q)`` belong to it as in :func:`svd_lowrank`.

    Args:
        A: one observation a row.
        q: number of components; by default 6, or the smaller of ``m`` and ``n``.
        center: subtract the mean of each column first.
        niter: number of iterations.

    Raises:
        ValueError: ``q`` is not between 0 and the smaller of ``m`` and ``n``, ``niter`` is negative, or ``A`` is not
            of a float dtype.
    """
    require_tensors("pca_lowrank", A=A)
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if not (A.is_floating_point() or A.is_complex()):
        raise ValueError(f"input must be a floating-point or complex tensor, got {A.dtype}")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)


_interception.functions(globals(), __all__)
