"""Sparse tensors of random sizes to measure code with."""

from __future__ import annotations

import math
from typing import Any

import ferrotorch as torch
from ferrotorch.utils.benchmark._fuzzer import FuzzedTensor, Params

__all__ = ["FuzzedSparseTensor"]


class FuzzedSparseTensor(FuzzedTensor):
    """A tensor of coordinates and values that is made for each set of parameters.

    The parameters ``density``, ``coalesced`` and ``sparse_dim`` say how many values there are for the sum of the sizes,
    whether each coordinate is there once, and how many dimensions are sparse.

    Args:
        name: its name among the tensors of the set.
        size: numbers, or names of parameters.
        min_elements: parameters that give fewer are drawn anew.
        max_elements: parameters that give more are.
        dim_parameter: the parameter that says how many of the sizes count.
        sparse_dim: whether the parameter ``sparse_dim`` counts; all dimensions are sparse otherwise.
        nnz: not used.
        density: the name of that parameter.
        coalesced: the name of that parameter.
        dtype: that of the tensor.
        cuda: on a GPU of that kind.
    """

    def __init__(
        self,
        name: str,
        size: tuple[str | int, ...],
        min_elements: int | None = None,
        max_elements: int | None = None,
        dim_parameter: str | None = None,
        sparse_dim: str | None = None,
        nnz: str | None = None,
        density: str | None = None,
        coalesced: str | None = None,
        dtype: torch.dtype = torch.float32,
        cuda: bool = False,
    ) -> None:
        super().__init__(
            name, size, min_elements=min_elements, max_elements=max_elements, dim_parameter=dim_parameter, dtype=dtype,
            cuda=cuda,
        )  # fmt: skip
        self._density = density
        self._coalesced = coalesced
        self._sparse_dim = sparse_dim

    @staticmethod
    def sparse_tensor_constructor(
        size: Any, dtype: torch.dtype, sparse_dim: int, nnz: int, is_coalesced: bool
    ) -> torch.Tensor:
        """``nnz`` values at random coordinates; each of these twice unless it is to be coalesced."""
        if isinstance(size, (int, float)):
            size = [size] * sparse_dim
        if nnz != 0 and all(n <= 0 for n in size[:sparse_dim]):
            raise AssertionError("invalid arguments")
        shape = [nnz, *size[sparse_dim:]]
        values = FuzzedTensor.default_tensor_constructor(tuple(shape), dtype)
        indices = torch.rand(sparse_dim, nnz, device="cpu")
        indices = indices.mul_(torch.tensor(size[:sparse_dim]).unsqueeze(1).to(indices)).to(torch.long)
        if is_coalesced:
            return torch.sparse_coo_tensor(indices, values, torch.Size(size)).coalesce()
        values, indices = torch.cat([values, torch.randn_like(values)], 0), torch.cat([indices, indices], 1)
        return torch.sparse_coo_tensor(indices, values, torch.Size(size))

    def _make_tensor(self, params: Params, state: Any) -> tuple[torch.Tensor, dict[str, Any]]:
        size, _, _ = self._shapes(params)
        density = params["density"]
        nnz = math.ceil(sum(size) * density)
        if nnz > sum(size):
            raise AssertionError("nnz cannot exceed total number of elements")
        sparse_dim = min(params["sparse_dim"] if self._sparse_dim else len(size), len(size))
        tensor = self.sparse_tensor_constructor(size, self._dtype, sparse_dim, nnz, params["coalesced"])
        tensor = tensor.cuda() if self._cuda else tensor
        return tensor, {
            "numel": tensor.numel(),
            "shape": tensor.size(),
            "is_coalesced": tensor.is_coalesced(),
            "density": density,
            "sparsity": 1.0 - density,
            "sparse_dim": tensor.sparse_dim(),
            "dense_dim": tensor.dense_dim(),
            "is_hybrid": tensor.sparse_dim() < len(size),
            "dtype": str(self._dtype),
        }
