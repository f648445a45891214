"""Conversions between dense tensors and the sparse layouts, all of them differentiable."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.autograd import Function
from ferrotorch.sparse._doors import build, values_of
from ferrotorch.sparse._handles import (
    Compressed,
    Coo,
    compressed_of,
    coo_of,
    flattened,
    handle_of,
    tensor_of,
    unflattened,
)
from ferrotorch.sparse._names import INDEX_NAMES, layout_name


def coalesce(x: Tensor) -> Tensor:
    """The same tensor with sorted coordinates that are all distinct: values at one place are summed.

    Raises:
        RuntimeError: the tensor is not in coordinates.
    """
    handle = coo_of(x)
    if handle is None:
        raise RuntimeError(f"coalesce expected sparse coordinate tensor layout but got {layout_name(x.layout)}")
    return x if handle.coalesced else merged(values_of(x), handle)


def merged(values: Tensor, handle: Coo) -> Tensor:
    """The tensor of values at a handle's coordinates, coalesced."""
    flat = handle.flat()
    if handle.nnz < 2 or bool((flat[1:] > flat[:-1]).all()):
        return build(values, Coo(handle.indices, handle.values, handle.size, True))
    places, inverse = torch.unique(flat, return_inverse=True)
    indices = unflattened(places, handle.size[: handle.sparse_dim])
    return build(summed(values, inverse, places.numel()), Coo(indices, handle.values, handle.size, True))


def once_a_place(values: Tensor, handle: Coo) -> Tensor:
    """A gradient by each of a handle's values as one by the tensor, in which values at one place would be summed.

    The tensor depends on their sum, so that the gradients of all of them are the same.
    """
    places, inverse = torch.unique(handle.flat(), return_inverse=True)
    if places.numel() == handle.nnz:
        return build(values, handle)
    order = torch.arange(handle.nnz, device=inverse.device)
    first = torch.full_like(places, handle.nnz).scatter_reduce(0, inverse, order, "amin")
    indices = unflattened(places, handle.size[: handle.sparse_dim])
    return build(values[first], Coo(indices, handle.values, handle.size, True))


def summed(values: Tensor, groups: Tensor, count: int) -> Tensor:
    """Sums (count, ...) of the values (nnz, ...) of each group; of booleans, whether any is true."""
    if values.dtype == torch.bool:
        return summed(values.to(torch.int64), groups, count) > 0
    return values.new_zeros((count, *values.shape[1:])).index_add(0, groups, values)


def coordinates(handle: Compressed) -> tuple[Coo, Callable[[Tensor], Tensor]]:
    """The places of the elements of compressed rows or columns, in the order in which they are stored.

    Returns:
        A handle in coordinates, and what makes the values of ``handle`` of its values.
    """
    batch = tuple(handle.compressed.shape[:-1])
    count, nnz = math.prod(batch), handle.nnz
    device = handle.plain.device
    steps = (handle.compressed[..., 1:] - handle.compressed[..., :-1]).reshape(-1).to(torch.int64)
    groups = handle.compressed.size(-1) - 1
    group = torch.repeat_interleave(torch.arange(groups, device=device).repeat(count), steps)
    plain = handle.plain.reshape(-1).to(torch.int64)
    rows, columns = (group, plain) if handle.by_rows else (plain, group)
    number = torch.arange(count, device=device).repeat_interleave(nnz)
    parts = [*unflattened(number, batch), rows, columns]
    start = len(batch) + 1
    if handle.is_blocked:
        high, wide = handle.block
        within = unflattened(torch.arange(high * wide, device=device), (high, wide))
        parts = [part.repeat_interleave(high * wide) for part in parts]
        parts[-2] = parts[-2] * high + within[0].repeat(count * nnz)
        parts[-1] = parts[-1] * wide + within[1].repeat(count * nnz)
        start += 2
    shape = handle.values.shape
    values = handle.values.reshape(math.prod(shape[:start]), *shape[start:])
    coalesced = handle.layout == torch.sparse_csr
    return Coo(torch.stack(parts), values, handle.size, coalesced), lambda values: values.reshape(shape)


def to_sparse_coo(x: Tensor) -> Tensor:
    """A tensor of any layout in coordinates."""
    handle = compressed_of(x)
    if handle is None:
        return x if coo_of(x) is not None else to_sparse(x)
    places, _ = coordinates(handle)
    values = values_of(x).reshape(places.values.shape)
    if handle.is_blocked:
        order = torch.argsort(places.flat())
        return build(values[order], Coo(places.indices[:, order], places.values, handle.size, True))
    return build(values, places)


def to_sparse(
    self: Tensor, sparse_dim: int | None = None, *, layout: Any = None, blocksize: Any = None, dense_dim: Any = None
) -> Tensor:
    """The tensor in a sparse layout, coordinates by default: its elements that are not zero.

    Args:
        sparse_dim: number of leading dimensions that have coordinates; a slice along the others is stored if any of it
            is not zero. By default all.
        layout: ``torch.sparse_coo``, ``sparse_csr``, ``sparse_csc``, ``sparse_bsr`` or ``sparse_bsc``.
        blocksize: rows and columns of the blocks of the last two.
        dense_dim: number of dimensions of each value, for the compressed layouts.

    Raises:
        RuntimeError: dimensions or blocks that do not fit.
    """
    handle = handle_of(self)
    if layout is not None and layout in INDEX_NAMES:
        return to_compressed(self, layout, blocksize, dense_dim)
    if blocksize is not None:
        raise RuntimeError(
            f"dense_to_sparse: conversion from {layout_name(self.layout)} to Sparse with blocksize argument given is "
            "not supported"
        )
    if handle is not None:
        if sparse_dim is not None and sparse_dim != handle.sparse_dim:
            name = layout_name(handle.layout)
            raise RuntimeError(
                f"to_sparse: conversion from {name} to Sparse with sparse_dim argument !=self.sparse_dim() is not "
                "supported"
            )
        return to_sparse_coo(self)
    count = self.dim() if sparse_dim is None else sparse_dim
    if not 0 <= count <= self.dim():
        raise RuntimeError(
            f"dense_to_sparse: sparse_dim argument must be in [0,{self.dim()}] range, but {count} is given"
        )
    if count == 0 and self.dim() > 0:
        raise RuntimeError("dense_to_sparse: sparse_dim argument must be in >0 when self.dim()>0")
    return _from_dense(self, count)


def _from_dense(x: Tensor, sparse_dim: int) -> Tensor:
    size = tuple(x.shape)
    if sparse_dim == 0:
        nnz = int(bool((x.detach() != 0).any()))
        indices = torch.zeros((0, nnz), dtype=torch.int64, device=x.device)
        values = x.unsqueeze(0)[:nnz]
        return build(values, Coo(indices, values.detach(), size, True))
    is_stored = x.detach() != 0
    if sparse_dim < x.dim():
        is_stored = is_stored.flatten(sparse_dim).any(-1)
    indices = is_stored.nonzero().t().contiguous()
    values = x[tuple(indices)]
    return build(values, Coo(indices, values.detach(), size, True))


def _require_matrix(name: str, x: Tensor, layout: Any) -> None:
    handle = coo_of(x)
    if handle is not None and handle.sparse_dim != 2:
        raise RuntimeError(
            f"coo_to_{name}: conversion from Sparse to {layout_name(layout)} for input tensors with sparse_dim()!=2 is "
            "not supported"
        )


def to_compressed(x: Tensor, layout: Any, blocksize: Any = None, dense_dim: int | None = None) -> Tensor:
    """A tensor of any layout with compressed rows or columns.

    Raises:
        RuntimeError: sizes that do not fit; a blocked layout that is to become one without blocks.
    """
    name = str(layout).removeprefix("torch.")
    blocked = layout in (torch.sparse_bsr, torch.sparse_bsc)
    handle = compressed_of(x)
    if (
        handle is not None
        and handle.layout == layout
        and (not blocked or blocksize is None or _block_of(name, blocksize) == handle.block)
    ):
        return x
    if handle is not None and handle.is_blocked and not blocked:
        raise RuntimeError(
            f"sparse_compressed_to_{name}: expected SparseCsr or SparseCsc layout but got {layout_name(handle.layout)}"
        )
    if blocked and blocksize is None:
        raise RuntimeError(f"to_{name}: conversion to {layout_name(layout)} requires blocksize specified")
    block = _block_of(name, blocksize) if blocked else (1, 1)
    if handle is not None and blocked:
        _check_blocks_of_compressed(name, handle, layout, block)
    if handle is None and coo_of(x) is None:
        return _compressed_from_dense(x, layout, block, dense_dim or 0)
    _require_matrix(name, x, layout)
    if handle is not None and handle.batch_dim:
        return _compressed_from_dense(to_dense(x), layout, block, handle.dense_dim)
    dtype = torch.int64 if handle is None else handle.plain.dtype
    return _compressed_from_coo(coalesce(to_sparse_coo(x)), layout, block, dtype)


def _check_blocks_of_compressed(name: str, handle: Compressed, layout: Any, block: tuple[int, int]) -> None:
    """Refuse blocks of another size, and blocks of batches."""
    step = f"to_{name}" if handle.layout == layout else f"sparse_compressed_to_{name}"
    names = f"conversion from {layout_name(handle.layout)} to {layout_name(layout)}"
    if handle.is_blocked and handle.block != block:
        raise RuntimeError(
            f"{step}: {names} with blocksize changed from {list(handle.block)} to {list(block)} is not supported"
        )
    if not handle.is_blocked and handle.batch_dim:
        raise RuntimeError(f"{step}: {names} for batched inputs is not supported")


def _block_of(name: str, blocksize: Any) -> tuple[int, int]:
    """Rows and columns of a block; one number stands for both."""
    if isinstance(blocksize, int):
        return blocksize, blocksize
    block = tuple(blocksize)
    if len(block) != 2:
        raise RuntimeError(f"dense_to_{name}: blocksize needs to be a tuple of size 2, but got {len(block)}")
    return block[0], block[1]


def _starts(groups: Tensor, count: int) -> Tensor:
    """Where the entries of each of ``count`` groups start among sorted ones, and where the last one's end."""
    return torch.searchsorted(groups, torch.arange(count + 1, device=groups.device))


def _require_blocks(layout: Any, size: tuple[int, int], block: tuple[int, ...]) -> None:
    if block[0] <= 0 or block[1] <= 0 or size[0] % block[0] or size[1] % block[1]:
        name = str(layout).removeprefix("torch.")
        raise RuntimeError(
            f"dense_to_{name}: tensor sparse size ({size[0]},{size[1]}) must be divisible by given blocksize "
            f"({block[0]},{block[1]})"
        )


def _compressed_from_coo(x: Tensor, layout: Any, block: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    handle = coo_of(x)
    assert handle is not None
    _require_blocks(layout, (handle.size[0], handle.size[1]), block)
    by_rows = layout in (torch.sparse_csr, torch.sparse_bsr)
    high, wide = block
    rows, columns = handle.indices[0] // high, handle.indices[1] // wide
    group, plain = (rows, columns) if by_rows else (columns, rows)
    counts = (handle.size[0] // high, handle.size[1] // wide)
    groups, members = counts if by_rows else counts[::-1]
    values = values_of(x)
    if layout in (torch.sparse_csr, torch.sparse_csc):
        if not by_rows:
            order = torch.argsort(group * members + plain)
            group, plain, values = group[order], plain[order], values[order]
    else:
        places, inverse = torch.unique(group * members + plain, return_inverse=True)
        blocks = values.new_zeros((places.numel(), high, wide, *values.shape[1:]))
        values = blocks.index_put((inverse, handle.indices[0] % high, handle.indices[1] % wide), values)
        group, plain = places // max(members, 1), places % max(members, 1)
    starts = _starts(group, groups).to(dtype)
    return build(values, Compressed(layout, starts, plain.to(dtype), values.detach(), handle.size))


def _compressed_from_dense(x: Tensor, layout: Any, block: tuple[int, ...], dense_dim: int) -> Tensor:
    name = str(layout).removeprefix("torch.")
    batch_dim = x.dim() - 2 - dense_dim
    if batch_dim < 0:
        raise RuntimeError(
            f"to_{name}: a matrix is needed, got a tensor of {x.dim()} dimensions, {dense_dim} of them dense"
        )
    batch, (rows, columns) = tuple(x.shape[:batch_dim]), tuple(x.shape[batch_dim : batch_dim + 2])
    _require_blocks(layout, (rows, columns), block)
    high, wide = block
    dense = tuple(x.shape[batch_dim + 2 :])
    # (*batch, block rows, block columns, rows, columns of a block, *dense)
    blocks = x.reshape(*batch, rows // high, high, columns // wide, wide, *dense).transpose(
        batch_dim + 1, batch_dim + 2
    )
    if layout in (torch.sparse_csc, torch.sparse_bsc):
        blocks = blocks.transpose(batch_dim, batch_dim + 1)
    is_stored = (blocks.detach() != 0).flatten(batch_dim + 2).any(-1)
    counts = is_stored.sum((-2, -1)).reshape(-1)
    if counts.numel() > 1 and bool((counts != counts[0]).any()):
        raise RuntimeError("Expect the same number of specified elements per batch.")
    nnz = int(counts[0]) if counts.numel() else 0
    starts = torch.nn.functional.pad(is_stored.sum(-1).cumsum(-1), (1, 0))
    plain = is_stored.nonzero()[:, -1].reshape(*batch, nnz)
    inner = block if layout in (torch.sparse_bsr, torch.sparse_bsc) else ()
    values = blocks[is_stored].reshape(*batch, nnz, *inner, *dense)
    return build(values, Compressed(layout, starts, plain, values.detach(), tuple(x.shape)))


class UnmaskedToDense(Function):
    """Conversion to a dense tensor whose gradient is not restricted to what is stored."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The dense tensor."""
        ctx.handle = handle_of(x)
        return _dense(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """All of the gradient, in the layout of the tensor."""
        return grad if handle_of(grad) is not None else in_form_of(grad, ctx.handle)


def in_form_of(x: Tensor, handle: Any) -> Tensor:
    """A dense tensor in the layout of a handle, with its blocks and as many dense dimensions."""
    if isinstance(handle, Coo):
        return to_sparse(x, handle.sparse_dim)
    first = handle.batch_dim + 1
    blocksize = tuple(handle.values.shape[first : first + 2]) if handle.is_blocked else None
    return to_compressed(x, handle.layout, blocksize, handle.dense_dim)


def to_dense(self: Tensor, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
    """The tensor with all its elements.

    Args:
        dtype: not supported for sparse tensors.
        masked_grad: is the gradient restricted to the elements that are stored? True by default.

    Raises:
        RuntimeError: a ``dtype`` is given.
    """
    if dtype is not None:
        raise RuntimeError("dtype argument is not supported by sparse_to_dense")
    if masked_grad is False and self.requires_grad and torch.is_grad_enabled():
        return UnmaskedToDense.apply(self)
    return _dense(self)


def _dense(x: Tensor) -> Tensor:
    handle = coo_of(x)
    values = values_of(x)
    if handle is None:
        own = compressed_of(x)
        assert own is not None
        handle, _ = coordinates(own)
        values = values.reshape(handle.values.shape)
    if handle.sparse_dim == 0:
        return summed(values, values.new_zeros(len(values), dtype=torch.int64), 1)[0]
    sizes = handle.size[: handle.sparse_dim]
    if handle.sparse_dim == 1:
        return summed(values, handle.indices[0], sizes[0])
    return summed(values, flattened(handle.indices, sizes), math.prod(sizes)).reshape(handle.size)


def as_compressed(x: Tensor, like: Compressed) -> Tensor:
    """A tensor in coordinates in the compressed layout of a handle."""
    return to_compressed(x, like.layout, like.block if like.is_blocked else None)


def empty_like_coo(handle: Coo, size: tuple[int, ...] | None = None) -> Tensor:
    """A tensor in coordinates in which nothing is stored, with the dimensions of a handle."""
    size = handle.size if size is None else size
    values = handle.values.new_empty((0, *size[handle.sparse_dim :]))
    return tensor_of(Coo(handle.indices[:, :0], values, size, True))
