"""Reductions of sparse tensors, and softmax along the elements that are stored."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.autograd import Function
from ferrotorch.sparse import _conversion
from ferrotorch.sparse._doors import build, values_of
from ferrotorch.sparse._errors import unsupported
from ferrotorch.sparse._handles import Coo, compressed_of, coo_of, flattened


def wrapped_dim(dim: int, count: int) -> int:
    """A dimension counted from the start.

    Raises:
        IndexError: there is no such dimension.
    """
    if not -count <= dim < count:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim})")
    return dim % count


def _dims(dim: Any, count: int) -> list[int]:
    given = range(count) if dim is None else [dim] if isinstance(dim, int) else dim
    return sorted({wrapped_dim(d, count) for d in given}) or list(range(count))


class FullSum(Function):
    """The sum of all elements, whose gradient is dense: zeros count as well."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, dtype: Any) -> Tensor:
        """The sum, of dtype ``dtype`` where one is given."""
        ctx.size, ctx.dtype = tuple(x.shape), x.dtype
        return values_of(x).sum(dtype=dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient for each element."""
        return grad.to(ctx.dtype).expand(ctx.size), None


def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over all dimensions, dense, or over some: sparse as long as a sparse dimension is left.

    Args:
        input: the tensor.
        dim: one dimension or several.
        keepdim: do reduced dimensions stay, with size 1?
        dtype: of the result; int64 by default where the elements are integers or truth values.
    """
    handle = coo_of(input)
    if handle is None:
        return _sum_of_compressed(input, dim, keepdim, dtype)
    if dim is None:
        return FullSum.apply(input, dtype)
    dims = _dims(dim, input.dim())
    if len([d for d in dims if d < handle.sparse_dim]) < handle.sparse_dim:
        return _sum_along(input, handle, dims, keepdim, dtype)
    dense = [d - handle.sparse_dim + 1 for d in dims if d >= handle.sparse_dim]
    total = values_of(input).sum([0, *dense], keepdim=keepdim, dtype=dtype)
    return total.reshape([1] * handle.sparse_dim + list(total.shape[1:])) if keepdim else total


def _sum_along(input: Tensor, handle: Coo, dims: list[int], keepdim: bool, dtype: Any) -> Tensor:
    """The sum over some dimensions, in coordinates."""
    values = values_of(input)
    dense = [d - handle.sparse_dim + 1 for d in dims if d >= handle.sparse_dim]
    if dense:
        values = values.sum(dense, keepdim=keepdim, dtype=dtype)
    left = [d for d in range(handle.sparse_dim) if d not in dims]
    if dtype is None and not values.is_floating_point() and not values.is_complex():
        dtype = torch.int64
    values = values if dtype is None else values.to(dtype)
    kept = range(handle.sparse_dim) if keepdim else left
    rows = [torch.zeros_like(handle.indices[d]) if d in dims else handle.indices[d] for d in kept]
    sizes = tuple(1 if d in dims else handle.size[d] for d in kept)
    summed = Coo(torch.stack(rows), values.detach(), (*sizes, *values.shape[1:]), False)
    return _conversion.merged(values, summed)


def _sum_of_compressed(input: Tensor, dim: Any, keepdim: bool, dtype: Any) -> Tensor:
    handle = compressed_of(input)
    if handle is None:
        raise RuntimeError("coalesce expected sparse coordinate tensor layout but got Strided")
    if dim is None:
        return FullSum.apply(input, dtype)
    if not keepdim:
        raise RuntimeError("reduction operations on CSR tensors with keepdim=False is unsupported")
    entries = _conversion.to_sparse_coo(input)
    places = coo_of(entries)
    assert places is not None
    total = _sum_along(entries, places, _dims(dim, input.dim()), True, dtype)
    return _conversion.as_compressed(total, handle)


def sum_coalesced(input: Tensor, dim: Any = None, dtype: Any = None) -> Tensor:
    """``torch.sparse.sum``: the sum over all dimensions or some, in the dtype of the tensor if sparse."""
    if dim is None:
        return values_of(_conversion.coalesce(input)).sum(dtype=dtype)
    if coo_of(input) is None:
        raise unsupported("_indices", input)
    total = sum(input, dim, dtype=dtype)
    return total if dtype is not None or coo_of(total) is None else total.to(input.dtype)


def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None, *, ord: Any = None
) -> Tensor:
    """The norm of all elements.

    Raises:
        RuntimeError: a norm along some dimensions is asked for.
    """
    if keepdim:
        raise RuntimeError("norm_sparse currently does not support keepdim=True")
    if dim is not None and len(_dims(dim, input.dim())) != input.dim():
        raise RuntimeError("norm_sparse currently only supports full reductions, so 'dim' must be empty")
    x = _conversion.coalesce(input) if coo_of(input) is not None else input
    return torch.norm(values_of(x).reshape(-1), p=p if ord is None else ord, dtype=dtype)


def vector_norm(x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """``torch.linalg.vector_norm`` of all elements."""
    return norm(x, ord, dim, keepdim, dtype)


def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Is an element other than zero?"""
    if dim is not None:
        raise unsupported("any.out", input)
    x = _conversion.coalesce(input) if coo_of(input) is not None else input
    return values_of(x).any()


def _groups(handle: Coo, dim: int) -> tuple[Tensor, int]:
    """Which line along a sparse dimension each entry is on, and the number of lines that have any."""
    others = [d for d in range(handle.sparse_dim) if d != dim]
    if not others:
        return handle.indices.new_zeros(handle.nnz), 1
    sizes = tuple(handle.size[d] for d in others)
    flat = flattened(handle.indices[torch.tensor(others, device=handle.indices.device)], sizes)
    places, inverse = torch.unique(flat, return_inverse=True)
    return inverse, places.numel()


def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """Logarithms of `softmax`."""
    return _along(input, dim, dtype, is_log=True)


def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """``exp(x)`` divided by its sum along a dimension, over what is stored: other elements count as minus infinity.

    Args:
        input: a tensor in coordinates.
        dim: the dimension.
        dtype: converts the elements first.

    Raises:
        NotImplementedError: another layout.
    """
    return _along(input, dim, dtype, is_log=False)


def _along(input: Tensor, dim: int, dtype: Any, *, is_log: bool) -> Tensor:
    if coo_of(input) is None:
        raise unsupported("_sparse_log_softmax" if is_log else "_sparse_softmax", input)
    x = _conversion.coalesce(input if dtype is None else input.to(dtype))
    handle = coo_of(x)
    assert handle is not None
    dim = wrapped_dim(dim, x.dim())
    values = values_of(x)
    if dim >= handle.sparse_dim:
        function = torch.log_softmax if is_log else torch.softmax
        return build(function(values, dim - handle.sparse_dim + 1), handle)
    groups, count = _groups(handle, dim)
    index = groups.reshape(-1, *[1] * (values.dim() - 1)).expand_as(values)
    lowest = values.detach().new_full((count, *values.shape[1:]), -torch.inf)
    largest = lowest.scatter_reduce(0, index, values.detach(), "amax")
    shifted = values - largest[groups]
    powers = shifted.exp()
    totals = _conversion.summed(powers, groups, count)[groups]
    return build(shifted - totals.log() if is_log else powers / totals, handle)
