"""Vectors and matrices as Cholesky factors."""

from __future__ import annotations

import math
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._size import Size
from ferrotorch.distributions import constraints
from ferrotorch.distributions.transforms.base import Parameterless, Transform, require_dims
from ferrotorch.distributions.utils import tril_matrix_to_vec, vec_to_tril_matrix
from ferrotorch.nn import functional as F

__all__ = ["CorrCholeskyTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform"]


class CorrCholeskyTransform(Transform):
    """Vectors ``(..., D (D - 1) / 2)`` as Cholesky factors ``(..., D, D)`` of correlation matrices.

    Each row is a point of the unit sphere, from partial correlations ``tanh(x)`` (Stan reference manual, "Cholesky
    factors of correlation matrices"; Lewandowski, Kurowicka & Joe, 2009).
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        x = torch.tanh(x)
        eps = torch.finfo(x.dtype).eps
        r = vec_to_tril_matrix(x.clamp(min=-1 + eps, max=1 - eps), diag=-1)
        # What is left of the row's unit length before each element.
        left = (1 - r**2).sqrt().cumprod(-1)
        r = r + torch.eye(r.shape[-1], dtype=r.dtype, device=r.device)
        return r * F.pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        left = F.pad((1 - torch.cumsum(y * y, dim=-1))[..., :-1], [1, 0], value=1)
        r = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(left, diag=-1).sqrt()
        return (r.log1p() - r.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log |det(dy / dx)|``, summed over the dimensions of an event."""
        left = 1 - (y * y).cumsum(dim=-1)
        stick = 0.5 * tril_matrix_to_vec(left, diag=-2).log().sum(-1)
        tanh = -2 * (x + F.softplus(-2 * x) - math.log(2.0)).sum(dim=-1)
        return stick + tanh

    def forward_shape(self, shape: Any) -> Any:
        """The shape of the output for an input of shape ``shape``."""
        require_dims(shape, 1)
        size = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if size * (size - 1) // 2 != shape[-1]:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return Size((*shape[:-1], size, size))

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of the input that gives an output of shape ``shape``."""
        require_dims(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


class LowerCholeskyTransform(Parameterless):
    """Square matrices as lower triangular ones with a positive diagonal: exp of the diagonal, zeros above it."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky
    # What the argument has above the diagonal is lost.
    bijective = False

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Parameterless):
    """Square matrices as positive-definite ones: the product of a triangular matrix and its transpose."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite
    # What the argument has above the diagonal is lost.
    bijective = False

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(torch.linalg.cholesky(y))
