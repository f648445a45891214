"""A few extreme eigenpairs of a large symmetric matrix, which is only multiplied with: dense or sparse.

Source: Knyazev, "Toward the optimal preconditioned eigensolver: locally optimal block preconditioned conjugate gradient
method" (2001); Hetmaniuk and Lehoucq, "Basis selection in LOBPCG" (2006), for orthonormal bases.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors, require_tensors_or_none

__all__ = ["lobpcg"]

Product = Callable[[Tensor], Tensor]


def lobpcg(
    A: Tensor,
    k: int | None = None,
    B: Tensor | None = None,
    X: Tensor | None = None,
    n: int | None = None,
    iK: Tensor | None = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    tracker: Any = None,
    ortho_iparams: dict[str, int] | None = None,
    ortho_fparams: dict[str, float] | None = None,
    ortho_bparams: dict[str, bool] | None = None,
) -> tuple[Tensor, Tensor]:
    """Eigenvalues (*, k) and eigenvectors (*, m, k) of a symmetric problem ``A x = e B x``.

    Args:
        A: (*, m, m), symmetric; a sparse matrix has no batch.
        k: number of pairs; that of the columns of ``X`` or 1 by default.
        B: (*, m, m), symmetric and positive definite; the identity by default.
        X: (*, m, n): where the search starts; random by default.
        n: how many directions are searched at once; ``k`` by default.
        iK: (*, m, m): a preconditioner, an approximate inverse of ``A``.
        niter: number of steps at most; -1 for as many as it takes, by default 1000.
        tol: how small, relative to the matrix and the pair, a residual must be; the root of the dtype's precision
            by default.
        largest: the largest eigenvalues, which is the default, or the smallest ones?
        method: ``"basic"`` or ``"ortho"``. Both compute with orthonormal bases here.
        tracker: called after each step with the search, which has vectors ``X``, values ``E``, residuals ``R``, the
            basis ``S`` that they were found in, ``ivars["istep"]`` and ``ivars["iterations_left"]``; it ends when
            ``bvars["force_stop"]`` is set.
        ortho_iparams, ortho_fparams, ortho_bparams: accepted for compatibility.

    Gradients go through the eigenvalues; the eigenvectors are constants.

    Raises:
        ValueError: the matrix is small, so that ``torch.linalg.eigh`` is the right function; an unknown method.
    """
    require_tensors("lobpcg", A=A)
    require_tensors_or_none("lobpcg", B=B, X=X, iK=iK)
    if method not in (None, "basic", "ortho"):
        raise ValueError(f"lobpcg: method must be 'basic' or 'ortho', got {method!r}")
    rows = A.size(-1)
    count = k if k is not None else 1 if X is None else X.size(-1)
    width = n if n is not None else count if X is None else X.size(-1)
    if rows < 3 * width:
        raise ValueError(
            f"LPBPCG algorithm is not applicable when the number of A rows (={rows}) is smaller than 3 x the number of "
            f"requested eigenpairs (={width})"
        )
    dtype = A.dtype if A.dtype.is_floating_point else torch.get_default_dtype()
    precision = tol if tol is not None else torch.finfo(dtype).eps ** 0.5
    steps = 1000 if niter is None or niter < 0 else niter
    is_largest = True if largest is None else largest
    batch = A.shape[:-2]
    start = X if X is not None else torch.randn((*batch, rows, width), dtype=dtype, device=A.device)

    def solved(A: Tensor, B: Tensor | None, start: Tensor, iK: Tensor | None) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            search = _Search(A.detach(), B, iK, is_largest, precision, tracker)
            vectors = search.run(start.to(dtype), steps)[:, :count]
        return _values(A, B, vectors), vectors

    if not batch:
        return solved(A, B, start, iK)
    flat = [None if x is None else x.reshape(-1, *x.shape[-2:]) for x in (A, B, start, iK)]
    parts = [solved(*[None if x is None else x[i] for x in flat]) for i in range(batch.numel())]  # type: ignore[arg-type]
    values, vectors = (torch.stack(list(column)) for column in zip(*parts, strict=True))
    return values.reshape(*batch, count), vectors.reshape(*batch, rows, count)


def _values(A: Tensor, B: Tensor | None, vectors: Tensor) -> Tensor:
    """Rayleigh quotients, whose derivatives by the matrices are those of the eigenvalues."""
    values = (vectors * (A @ vectors)).sum(0)
    return values if B is None else values / (vectors * (B @ vectors)).sum(0)


class _Search:
    """The state of the iteration for one matrix: the approximate vectors, and the directions of the last step."""

    def __init__(
        self, A: Tensor, B: Tensor | None, iK: Tensor | None, largest: bool, tol: float, tracker: Any = None
    ) -> None:
        self.A, self.B, self.iK, self.tol = A, B, iK, tol
        self.descending, self.tracker = largest, tracker
        self.ivars: dict[str, int] = {}
        self.bvars = {"force_stop": False}

    def _is_stopped(self, x: Tensor, values: Tensor, basis: Tensor, step: int, steps: int) -> bool:
        """Shows a step to the tracker, which may ask for an end."""
        if self.tracker is None:
            return False
        self.X, self.E, self.S = x, values, basis
        self.R = self.A @ x - self._weighted(x) * values
        self.ivars = {"istep": step, "iterations_left": steps - step}
        self.tracker(self)
        return bool(self.bvars["force_stop"])

    def _weighted(self, x: Tensor) -> Tensor:
        return x if self.B is None else self.B @ x

    def _orthonormal(self, basis: Tensor) -> Tensor:
        """A basis of the same space that is orthonormal for B, without directions that are in it already."""
        basis = torch.linalg.qr(basis).Q
        gram = basis.mT @ self._weighted(basis)
        scales, turn = torch.linalg.eigh((gram + gram.mT) / 2)
        is_kept = scales > scales[-1] * torch.finfo(basis.dtype).eps * basis.size(0)
        return basis @ (turn[:, is_kept] / scales[is_kept].sqrt())

    def _ritz(self, basis: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """The best values in a space, and their coordinates in its basis."""
        reduced = basis.mT @ (self.A @ basis)
        values, turn = torch.linalg.eigh((reduced + reduced.mT) / 2)
        if self.descending:
            values, turn = values.flip(0), turn.flip(1)
        return values[:count], turn[:, :count]

    def _has_converged(self, residual: Tensor, x: Tensor, values: Tensor, scale: Tensor) -> bool:
        lengths = torch.linalg.vector_norm(residual, dim=0)
        bound = (scale + values.abs()) * torch.linalg.vector_norm(x, dim=0)
        return bool((lengths <= self.tol * bound).all())

    def run(self, start: Tensor, steps: int) -> Tensor:
        """The vectors (m, n) after at most so many steps, the extreme one first."""
        width = start.size(1)
        x = self._orthonormal(start)
        values, turn = self._ritz(x, width)
        x = x @ turn
        scale = torch.linalg.vector_norm(self.A @ x) / torch.linalg.vector_norm(x)
        directions = x[:, :0]
        for step in range(1, steps + 1):
            residual = self.A @ x - self._weighted(x) * values
            if self._has_converged(residual, x, values, scale):
                break
            if self.iK is not None:
                residual = self.iK @ residual
            basis = self._orthonormal(torch.cat([x, residual, directions], 1))
            values, turn = self._ritz(basis, width)
            new = basis @ turn
            # What of the new vectors is not in the space of the old ones: the conjugate directions.
            directions = new - x @ (x.mT @ self._weighted(new))
            lengths = torch.linalg.vector_norm(directions, dim=0)
            directions = directions / lengths.clamp_min(torch.finfo(x.dtype).tiny)
            x = new
            if self._is_stopped(x, values, basis, step, steps):
                break
        return x
