"""What distributions with a covariance matrix have in common."""

from __future__ import annotations

from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.distribution import Distribution
from ferrotorch.distributions.utils import lazy_property


def times_vector(matrix: Tensor, vector: Tensor) -> Tensor:
    """Products of matrices and vectors, both in batches that broadcast."""
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def half_log_det(scale_tril: Tensor) -> Tensor:
    """Half the logarithm of the determinant of ``L L^T``."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def mahalanobis(scale_tril: Tensor, x: Tensor) -> Tensor:
    """``x^T M^-1 x`` with ``M = L L^T``, for batches that broadcast."""
    if scale_tril.dim() == 2:
        # One matrix for all: the vectors are columns of one right side.
        columns = x.reshape(-1, x.shape[-1]).mT
        return torch.linalg.solve_triangular(scale_tril, columns, upper=False).pow(2).sum(-2).reshape(x.shape[:-1])
    return torch.linalg.solve_triangular(scale_tril, x.unsqueeze(-1), upper=False).pow(2).sum((-2, -1))


def trace_of_quotient(scale_tril: Tensor, other: Tensor) -> Tensor:
    """The trace of ``M^-1 N`` with ``M = L L^T`` and ``N = other other^T``."""
    return torch.linalg.solve_triangular(scale_tril, other, upper=False).pow(2).sum((-2, -1))


def precision_to_scale_tril(precision: Tensor) -> Tensor:
    """The Cholesky factor of the inverse: that of the matrix turned around, turned back and inverted."""
    turned = torch.linalg.cholesky(precision.flip(-2, -1)).flip(-2, -1).mT
    identity = torch.eye(precision.shape[-1], dtype=precision.dtype, device=precision.device)
    return torch.linalg.solve_triangular(turned, identity, upper=False)


def add_identity(matrix: Tensor) -> Tensor:
    """``1 + M``."""
    return matrix + torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)


class OfMatrix(Distribution):
    """A covariance matrix, its inverse or its Cholesky factor, of which one is given and the others computed."""

    _MATRICES: ClassVar[Any] = {
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    _unbroadcasted_scale_tril: Tensor
    _not_one: type[Exception] = ValueError

    @classmethod
    def _given(cls, **matrices: Tensor | None) -> tuple[str, Tensor]:
        """The name of the one that is given, and the matrix.

        Raises:
            ValueError: it has fewer than two dimensions.
            ValueError, AssertionError of a `Wishart`: none or several are given.
        """
        given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
        if len(given) != 1:
            raise cls._not_one(f"Exactly one of {' or '.join(matrices)} may be specified.")
        name, matrix = given[0]
        if matrix.dim() < 2:
            raise ValueError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")
        return name, matrix

    def _set_scale_tril(self, name: str, matrix: Tensor) -> None:
        """Keep the Cholesky factor, not repeated along the batch."""
        if name == "covariance_matrix":
            matrix = torch.linalg.cholesky(matrix)
        elif name == "precision_matrix":
            matrix = precision_to_scale_tril(matrix)
        self._unbroadcasted_scale_tril = matrix

    def _full(self, matrix: Tensor) -> Tensor:
        return matrix.expand(*self.batch_shape, *matrix.shape[-2:])

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance matrix."""
        return self._full(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance matrix."""
        return self._full(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance matrix."""
        return self._full(torch.cholesky_inverse(self._unbroadcasted_scale_tril))
