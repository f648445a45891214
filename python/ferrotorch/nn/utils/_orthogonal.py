"""The parametrization that keeps a matrix orthogonal."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module

MAPS = ("matrix_exp", "cayley", "householder")


def _is_orthogonal(matrix: Tensor) -> bool:
    rows, columns = matrix.shape[-2:]
    identity = torch.eye(columns, dtype=matrix.dtype, device=matrix.device)
    return torch.allclose(matrix.mH @ matrix, identity.expand_as(matrix.mH @ matrix), atol=10 * rows * _eps(matrix))


def _eps(matrix: Tensor) -> float:
    return torch.finfo(matrix.dtype).eps


def _make_orthogonal(matrix: Tensor) -> Tensor:
    """The orthogonal factor of a QR decomposition whose other factor has a positive diagonal."""
    packed, tau = torch.geqrf(matrix)
    signs = packed.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
    return torch.linalg.householder_product(packed, tau) * signs


class _Orthogonal(Module):
    """An orthogonal matrix, or one with orthonormal rows or columns, made of any matrix.

    The lower triangle of the matrix is all that counts. It gives a skew-Hermitian matrix, of which the matrix
    exponential or the Cayley transform is orthogonal, or the Householder vectors of a product of reflections. With
    ``base`` the result is multiplied with that matrix (Lezcano-Casado, "Trivializations for Gradient-Based Optimization
    on Manifolds", 2019).
    """

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        self.has_base = use_trivialization
        self.register_buffer("base", None)

    def forward(self, weight: Tensor) -> Tensor:
        """The orthogonal matrix."""
        is_wide = weight.shape[-2] < weight.shape[-1]
        matrix = weight.mT if is_wide else weight
        made = self._reflections(matrix) if self.orthogonal_map == "householder" else self._rotation(matrix)
        if self.has_base:
            assert self.base is not None
            made = self.base @ made
        return made.mT if is_wide else made

    def _reflections(self, matrix: Tensor) -> Tensor:
        vectors = matrix.tril(diagonal=-1)
        tau = 2.0 / (1.0 + (vectors * vectors).sum(-2))
        product = torch.linalg.householder_product(vectors, tau)
        # The diagonal holds the signs of the columns, which are not trained.
        return product * matrix.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)

    def _rotation(self, matrix: Tensor) -> Tensor:
        rows, columns = matrix.shape[-2:]
        lower = matrix.tril()
        if rows != columns:
            lower = torch.cat([lower, lower.new_zeros(*lower.shape[:-1], rows - columns)], -1)
        skew = lower - lower.mH
        if self.orthogonal_map == "matrix_exp":
            made = torch.matrix_exp(skew)
        else:
            identity = torch.eye(rows, dtype=skew.dtype, device=skew.device)
            made = torch.linalg.solve(identity - skew / 2, identity + skew / 2)
        return made if rows == columns else made[..., :columns]

    def right_inverse(self, value: Tensor) -> Tensor:
        """A matrix of which this parametrization makes ``value``, or what is orthogonal near it.

        Raises:
            ValueError: another shape.
            NotImplementedError: without a base, for the exponential and the Cayley transform.
        """
        if value.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {value.shape}."
            )
        is_wide = value.shape[-2] < value.shape[-1]
        matrix = value.mT if is_wide else value
        if self.has_base:
            self.base = self._completed(matrix)
            # The skew-Hermitian matrix of this is zero, and the vectors of its reflections, of which the signs are -1.
            start = torch.zeros_like(value)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return start
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                "use_trivialization=False."
            )
        packed, tau = torch.geqrf(matrix)
        diagonal = packed.diagonal(dim1=-2, dim2=-1)
        # Where there was nothing to reflect, the sign turns.
        diagonal.copy_(torch.where(tau == 0, -diagonal.sign(), diagonal.sign()))
        return packed.mT if is_wide else packed

    def _completed(self, matrix: Tensor) -> Tensor:
        """A square orthogonal matrix that begins with the columns given, made orthogonal where they are not."""
        rows, columns = matrix.shape[-2:]
        if rows == columns:
            return matrix.clone() if _is_orthogonal(matrix) else _make_orthogonal(matrix)
        others = torch.randn(*matrix.shape[:-1], rows - columns, dtype=matrix.dtype, device=matrix.device)
        return _make_orthogonal(torch.cat([matrix, others], -1))


def orthogonal_parametrization(weight: Any, orthogonal_map: str | None, use_trivialization: bool) -> Module:
    """The parametrization of a weight; by default the exponential for square and complex matrices.

    Raises:
        ValueError: no matrix, or no such map.
    """
    if weight.dim() < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions.")
    if orthogonal_map is None:
        is_square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if is_square or weight.is_complex() else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    return _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
