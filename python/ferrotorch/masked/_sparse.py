"""Reductions of sparse tensors with a mask: what the mask names counts, as zero where nothing is stored."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.masked._filling import filled, highest, lowest
from ferrotorch.sparse import _conversion
from ferrotorch.sparse._doors import at_pattern, build, values_of
from ferrotorch.sparse._handles import Coo, compressed_of, coo_of, flattened, unflattened
from ferrotorch.sparse._reductions import wrapped_dim

# What changes nothing in a reduction.
_IDENTITIES: dict[str, Callable[[Any], Any]] = {
    "sum": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "amax": lowest,
    "amin": highest,
}


def reduced(name: str, input: Tensor, dim: Any, keepdim: bool, mask: Tensor | None) -> Tensor:
    """The reduction of a sparse tensor over all dimensions or some, in the layout of the tensor.

    Args:
        name: ``sum``, ``prod``, ``amax``, ``amin`` or, of compressed rows, ``mean``.
        input: a tensor in coordinates or compressed rows.
        dim: one dimension, several, or all.
        keepdim: do reduced dimensions stay, with size 1? They must where rows are compressed.
        mask: which elements count, of any layout; those that are stored by default, where that makes no difference.

    Raises:
        ValueError: another layout; a reduction that needs a mask.
        RuntimeError: compressed rows without ``keepdim``.
    """
    _require_layout(name, input)
    if mask is None and name != "sum":
        raise ValueError(f"masked {name} expects explicit mask for {str(input.layout).split('.')[-1]} tensor input")
    rows = compressed_of(input)
    if rows is None:
        return _reduced(name, input, dim, keepdim, mask)
    if not keepdim:
        raise RuntimeError("reduction operations on CSR tensors with keepdim=False is unsupported")
    places = _conversion.to_sparse_coo(input)
    return _conversion.as_compressed(_reduced(name, places, dim, True, mask, keeps_zeros=True), rows)


def _require_layout(name: str, input: Tensor) -> None:
    if input.layout not in (torch.sparse_coo, torch.sparse_csr):
        raise ValueError(f"_input_mask expects strided or sparse COO or sparse CSR tensor but got {input.layout}")
    if name == "mean" and input.layout is torch.sparse_coo:
        raise ValueError("masked mean expects strided or sparse_csr tensor (got torch.sparse_coo tensor)")


def _reduced(
    name: str, input: Tensor, dim: Any, keepdim: bool, mask: Tensor | None, *, keeps_zeros: bool = False
) -> Tensor:
    """The reduction in coordinates; one over everything stores no zero unless ``keeps_zeros``."""
    x = _conversion.coalesce(input) if mask is None else _selected(name, input, mask)
    handle = coo_of(x)
    assert handle is not None
    values, count = values_of(x), x.dim()
    given = range(count) if dim is None or dim == () else [dim] if isinstance(dim, int) else dim
    dims = sorted({wrapped_dim(d, max(count, 1)) for d in given}) if count else []
    if name in ("sum", "prod") and not (values.is_floating_point() or values.is_complex()):
        values = values.to(torch.int64)
    for d in reversed([d - handle.sparse_dim + 1 for d in dims if d >= handle.sparse_dim]):
        values = getattr(torch, name)(values, d, keepdim=keepdim)
    if len(dims) == count and not keeps_zeros:
        return _one(name, values, torch.Size([1] * count if keepdim else ()))
    return _grouped(name, values, handle, dims, keepdim)


def _one(name: str, values: Tensor, size: torch.Size) -> Tensor:
    """The reduction of all values as a sparse tensor of one element."""
    flat = values.reshape(-1)
    if flat.numel() == 0 and name in _IDENTITIES:
        flat = flat.new_full((1,), _IDENTITIES[name](flat.dtype))
    return _conversion.to_sparse(getattr(torch, name)(flat, 0).reshape(size))


def _grouped(name: str, values: Tensor, handle: Coo, dims: list[int], keepdim: bool) -> Tensor:
    """The reduction of values at a handle's places over its sparse dimensions among ``dims``."""
    kept = [d for d in range(handle.sparse_dim) if keepdim or d not in dims]
    sizes = tuple(1 if d in dims else handle.size[d] for d in kept)
    rows = [torch.zeros_like(handle.indices[d]) if d in dims else handle.indices[d] for d in kept]
    indices = torch.stack(rows) if rows else handle.indices[:0]
    places, groups = torch.unique(flattened(indices, sizes), return_inverse=True)
    result = _of_groups(name, values, groups, places.numel())
    pattern = Coo(unflattened(places, sizes), result.detach(), (*sizes, *result.shape[1:]), False)
    return build(result, pattern)


def _of_groups(name: str, values: Tensor, groups: Tensor, count: int) -> Tensor:
    """The reductions (count, ...) of the values (nnz, ...) of each group; every group has one."""
    if name == "sum":
        return _conversion.summed(values, groups, count)
    if name == "mean":
        numbers = torch.bincount(groups, minlength=count).reshape(-1, *[1] * (values.dim() - 1))
        return _conversion.summed(values, groups, count) / numbers
    if values.is_complex() or values.dtype == torch.bool:
        return _by_padding(name, values, groups, count)
    index = groups.reshape(-1, *[1] * (values.dim() - 1)).expand_as(values)
    start = values.new_ones((count, *values.shape[1:]))
    return start.scatter_reduce(0, index, values, name, include_self=name == "prod")


def _by_padding(name: str, values: Tensor, groups: Tensor, count: int) -> Tensor:
    """`_of_groups` for dtypes that `scatter_reduce` does not take: groups as rows that ones fill up."""
    order = torch.argsort(groups, stable=True)
    lengths = torch.bincount(groups, minlength=count)
    starts = lengths.cumsum(0) - lengths
    columns = torch.arange(len(groups), device=groups.device) - starts[groups[order]]
    width = int(lengths.max()) if count else 0
    fill = torch.ones((count, width, *values.shape[1:]), dtype=values.dtype, device=values.device)
    rows = fill.index_put((groups[order], columns), values[order])
    return getattr(torch, name)(rows, 1)


def _selected(name: str, input: Tensor, mask: Tensor) -> Tensor:
    """The elements of a tensor in coordinates at the places of a mask, which stores zeros there as well."""
    x = _conversion.coalesce(input)
    handle = coo_of(x)
    assert handle is not None
    if handle.sparse_dim == 0:
        return x
    places, counts = _places(mask, handle)
    indices = unflattened(places, handle.size[: handle.sparse_dim])
    pattern = Coo(indices, handle.values.new_zeros((places.numel(), *handle.values.shape[1:])), handle.size, True)
    values = at_pattern(x, pattern)
    return build(values if counts is None else filled(values, counts, _IDENTITIES[name](values.dtype)), pattern)


def _places(mask: Tensor, handle: Coo) -> tuple[Tensor, Tensor | None]:
    """Where a mask is true, as row-major numbers of a handle's sparse dimensions, and which parts count there."""
    if mask.layout is not torch.strided and mask.shape == handle.size:
        own = coo_of(_conversion.coalesce(_conversion.to_sparse_coo(mask)))
        assert own is not None
        if own.sparse_dim == handle.sparse_dim and own.dense_dim == 0:
            return own.flat()[own.values.to(torch.bool)], None
    dense = mask if mask.layout is torch.strided else mask.to_dense()
    counts = dense.to(torch.bool).expand(handle.size)
    rows = counts.reshape(math.prod(handle.size[: handle.sparse_dim]), *handle.size[handle.sparse_dim :])
    if handle.dense_dim == 0:
        return rows.nonzero().squeeze(1), None
    places = rows.flatten(1).any(1).nonzero().squeeze(1)
    return places, rows[places]
