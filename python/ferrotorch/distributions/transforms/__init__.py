"""Invertible maps between sets of values, with the logarithm of how much they stretch volume."""

from __future__ import annotations

from ferrotorch.distributions.transforms.base import Transform, _InverseTransform
from ferrotorch.distributions.transforms.cholesky import (
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
)
from ferrotorch.distributions.transforms.composition import ComposeTransform, IndependentTransform, identity_transform
from ferrotorch.distributions.transforms.elementwise import (
    AbsTransform,
    AffineTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    PowerTransform,
    SigmoidTransform,
    SoftplusTransform,
    TanhTransform,
    _clipped_sigmoid,
)
from ferrotorch.distributions.transforms.reshape import ReshapeTransform
from ferrotorch.distributions.transforms.side_by_side import CatTransform, StackTransform
from ferrotorch.distributions.transforms.simplex import SoftmaxTransform, StickBreakingTransform

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]
