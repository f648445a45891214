"""Matrices of which two of four neighbours are zero, for kernels of NVIDIA's GPUs. There are none here.

The names are those that packages import; making such a tensor says what there is instead.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ferrotorch._C import Tensor

__all__ = [
    "SparseSemiStructuredTensor",
    "SparseSemiStructuredTensorCUSPARSELT",
    "SparseSemiStructuredTensorCUTLASS",
    "to_sparse_semi_structured",
]


def _refuse() -> NoReturn:
    raise NotImplementedError(
        "semi-structured sparsity needs kernels of NVIDIA's GPUs, which ferrotorch does not have: multiply by the "
        "dense matrix with its zeros, or by a tensor of torch.sparse. See docs/compatibility.md"
    )


class SparseSemiStructuredTensor(Tensor):
    """Such a matrix. Nothing is an instance; making one raises NotImplementedError."""

    def __new__(cls, *args: Any, **kwargs: Any) -> SparseSemiStructuredTensor:
        """Raises NotImplementedError."""
        _refuse()


class SparseSemiStructuredTensorCUTLASS(SparseSemiStructuredTensor):
    """One in the layout of CUTLASS."""


class SparseSemiStructuredTensorCUSPARSELT(SparseSemiStructuredTensor):
    """One in the layout of cuSPARSELt."""


def to_sparse_semi_structured(original_tensor: Tensor, transposed: bool = False) -> NoReturn:
    """Raises NotImplementedError."""
    _refuse()
