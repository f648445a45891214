"""Ops that move indices about: transposition, selection, joining."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors
from ferrotorch.sparse import _conversion
from ferrotorch.sparse._doors import build, values_of
from ferrotorch.sparse._errors import unsupported
from ferrotorch.sparse._handles import Compressed, Coo, compressed_of, coo_of, handle_of, tensor_of
from ferrotorch.sparse._reductions import wrapped_dim


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged: both sparse, or both dense.

    Compressed rows become compressed columns.
    """
    handle = handle_of(input)
    a, b = wrapped_dim(dim0, input.dim()), wrapped_dim(dim1, input.dim())
    if isinstance(handle, Compressed):
        return _transposed_compressed(input, handle, a, b)
    order = list(range(input.dim()))
    order[a], order[b] = order[b], order[a]
    return permute(input, order)


_FLIPPED = {"csr": "sparse_csc", "csc": "sparse_csr", "bsr": "sparse_bsc", "bsc": "sparse_bsr"}


def _transposed_compressed(input: Tensor, handle: Compressed, a: int, b: int) -> Tensor:
    start = handle.batch_dim
    if a == b:
        return input
    if {a, b} != {start, start + 1}:
        raise RuntimeError("transpose(): only the two sparse dimensions of a compressed tensor can be exchanged")
    size = list(handle.size)
    size[a], size[b] = size[b], size[a]
    values = values_of(input)
    if handle.is_blocked:
        values = values.transpose(start + 1, start + 2)
    layout = getattr(torch, _FLIPPED[str(handle.layout)[-3:]])
    return build(values, Compressed(layout, handle.compressed, handle.plain, values.detach(), tuple(size)))


def t(input: Tensor) -> Tensor:
    """A matrix transposed; a vector as it is.

    Raises:
        RuntimeError: more than two dimensions.
    """
    if input.dim() > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 sparse and 0 dense dimensions, but got {input.dim()}D tensor"
        )
    return input if input.dim() < 2 else transpose(input, 0, 1)


def matrix_transpose(input: Tensor) -> Tensor:
    """The last two dimensions exchanged."""
    return transpose(input, -2, -1)


def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """The dimensions in another order, in which the sparse ones stay before the dense ones."""
    handle = coo_of(input)
    if handle is None:
        raise unsupported("permute", input)
    given = dims if dims is not None else order[0] if len(order) == 1 and not isinstance(order[0], int) else order
    return _permuted(input, handle, [wrapped_dim(d, input.dim()) for d in given])


def _permuted(input: Tensor, handle: Coo, order: list[int]) -> Tensor:
    if sorted(order) != list(range(input.dim())):
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.dim()} is not equal to len(dims) = {len(order)}"
            if len(order) != input.dim()
            else "permute(): duplicate dims are not allowed."
        )
    sparse, dense = order[: handle.sparse_dim], order[handle.sparse_dim :]
    if any(d >= handle.sparse_dim for d in sparse):
        raise RuntimeError(
            "transpose: transposed dimensions must be both sparse or both dense. Got sparse_dim: "
            f"{handle.sparse_dim} and dims: {order}"
        )
    if order == list(range(input.dim())):
        return input
    values = values_of(input)
    if dense != sorted(dense):
        values = values.permute(0, *[d - handle.sparse_dim + 1 for d in dense])
    size = tuple(handle.size[d] for d in order)
    indices = handle.indices[torch.tensor(sparse, device=handle.indices.device)] if sparse else handle.indices
    is_kept = sparse == sorted(sparse)
    return build(values, Coo(indices, values.detach(), size, handle.coalesced and (is_kept or handle.nnz < 2)))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A new dimension of size 1: sparse up to the end of the sparse ones, dense after it."""
    handle = coo_of(input)
    if handle is None:
        raise RuntimeError("Sparse CSR tensors do not have strides")
    dim = wrapped_dim(dim, input.dim() + 1)
    size = (*handle.size[:dim], 1, *handle.size[dim:])
    values = values_of(input)
    if dim > handle.sparse_dim:
        values = values.unsqueeze(dim - handle.sparse_dim + 1)
        return build(values, Coo(handle.indices, values.detach(), size, handle.coalesced))
    zeros = handle.indices.new_zeros((1, handle.nnz))
    indices = torch.cat([handle.indices[:dim], zeros, handle.indices[dim:]])
    return build(values, Coo(indices, values.detach(), size, False))


def select(input: Tensor, dim: int, index: Any) -> Tensor:
    """One slice along a dimension; dense where no sparse dimension is left.

    Raises:
        IndexError: there is no such dimension or slice.
        RuntimeError: a row or column of blocks, or of a batch of compressed tensors.
    """
    own = compressed_of(input)
    if own is not None:
        place = wrapped_dim(dim, input.dim()) - own.batch_dim
        # PyTorch has columns of compressed columns of blocks, and no others of blocks.
        if own.is_blocked and place >= 0 and (own.by_rows or place != 1):
            raise RuntimeError("select(): no view exists for the given input, consider using torch.select_copy.")
        return _selected_of_compressed(input, own, dim, int(index))
    handle = coo_of(input)
    assert handle is not None
    if input.dim() == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = wrapped_dim(dim, input.dim()), int(index)
    extent = handle.size[dim]
    if not -extent <= index < extent:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(handle.size)} at dimension {dim}"
        )
    index %= extent
    size = (*handle.size[:dim], *handle.size[dim + 1 :])
    if dim >= handle.sparse_dim:
        values = values_of(input).select(dim - handle.sparse_dim + 1, index)
        return build(values, Coo(handle.indices, values.detach(), size, handle.coalesced))
    is_there = handle.indices[dim] == index
    values = values_of(input)[is_there]
    if handle.sparse_dim == 1:
        return values.sum(0, dtype=values.dtype)
    indices = torch.cat([handle.indices[:dim], handle.indices[dim + 1 :]])[:, is_there]
    return build(values, Coo(indices, values.detach(), size, handle.coalesced))


def select_copy(input: Tensor, dim: int, index: Any) -> Tensor:
    """`select`, of blocks too."""
    own = compressed_of(input)
    return select(input, dim, index) if own is None else _selected_of_compressed(input, own, dim, int(index))


def _selected_of_compressed(input: Tensor, handle: Compressed, dim: int, index: int) -> Tensor:
    dim = wrapped_dim(dim, input.dim())
    extent = handle.size[dim]
    if not -extent <= index < extent:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(handle.size)} at dimension {dim}"
        )
    if dim < handle.batch_dim:
        values = values_of(input).select(dim, index)
        size = (*handle.size[:dim], *handle.size[dim + 1 :])
        compressed, plain = handle.compressed.select(dim, index), handle.plain.select(dim, index)
        return build(values, Compressed(handle.layout, compressed, plain, values.detach(), size))
    if handle.batch_dim:
        raise RuntimeError(
            "select(): selecting sparse dimensions is not supported for batched sparse compressed tensors."
        )
    selected = select(_conversion.to_sparse_coo(input), dim, index)
    found = coo_of(selected)
    if found is None or handle.is_blocked or found.coalesced:
        return selected
    # The entries of a row or column are stored in their order.
    return build(values_of(selected), Coo(found.indices, found.values, found.size, True))


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along a dimension that ``index`` names, in its order.

    Raises:
        IndexError: an index out of range.
    """
    handle = coo_of(input)
    if handle is None:
        raise unsupported("index_select", input)
    dim = wrapped_dim(dim, input.dim())
    extent = handle.size[dim]
    index = index.reshape(-1).to(torch.int64)
    wrong = index[(index < -extent) | (index >= extent)]
    if wrong.numel():
        raise IndexError(
            f"index_select(): index contains {int(wrong[0])} that is out of range for tensor of size "
            f"{list(handle.size)} at dimension {dim}"
        )
    index = torch.where(index < 0, index + extent, index)
    size = (*handle.size[:dim], index.numel(), *handle.size[dim + 1 :])
    if dim >= handle.sparse_dim:
        values = values_of(input).index_select(dim - handle.sparse_dim + 1, index)
        return build(values, Coo(handle.indices, values.detach(), size, handle.coalesced))
    entries, places = _meetings(handle.indices[dim], index, extent)
    indices = handle.indices[:, entries].clone()
    indices[dim] = places
    values = values_of(input)[entries]
    selected = Coo(indices, values.detach(), size, False)
    order = torch.argsort(selected.flat(), stable=True) if dim == 0 else None
    if order is None:
        return build(values, selected)
    values = values[order]
    return build(values, Coo(indices[:, order], values.detach(), size, handle.coalesced))


def _meetings(have: Tensor, want: Tensor, extent: int) -> tuple[Tensor, Tensor]:
    """Pairs of an entry of ``have`` and a position in ``want`` with the same number below ``extent``."""
    order = torch.argsort(want, stable=True)
    starts = torch.searchsorted(want[order], torch.arange(extent + 1, device=want.device))
    counts = (starts[1:] - starts[:-1])[have]
    entries = torch.repeat_interleave(torch.arange(have.numel(), device=have.device), counts)
    first = counts.cumsum(0) - counts
    within = torch.arange(entries.numel(), device=have.device) - first[entries]
    return entries, order[starts[have[entries]] + within]


def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The slices from ``start`` on along a dimension."""
    handle = coo_of(input)
    if handle is None:
        raise unsupported("narrow_copy", input)
    dim = wrapped_dim(dim, input.dim())
    size = (*handle.size[:dim], length, *handle.size[dim + 1 :])
    if start < 0 or start + length > handle.size[dim]:
        raise RuntimeError(
            f"Invalid range to narrow. range(start, start+length) must be a subset of range(0, {handle.size[dim]})."
        )
    values = values_of(input)
    if dim >= handle.sparse_dim:
        values = values.narrow(dim - handle.sparse_dim + 1, start, length)
        return build(values, Coo(handle.indices, values.detach(), size, handle.coalesced))
    is_there = (handle.indices[dim] >= start) & (handle.indices[dim] < start + length)
    indices = handle.indices[:, is_there].clone()
    indices[dim] -= start
    values = values[is_there]
    return build(values, Coo(indices, values.detach(), size, handle.coalesced))


def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors in coordinates joined along a dimension.

    Raises:
        RuntimeError: a tensor of another layout; sizes or dimensions that do not fit.
    """
    first = coo_of(tensors[0])
    handles = [coo_of(x) for x in tensors]
    if first is None or any(h is None for h in handles):
        raise RuntimeError("Concatenating sparse tensors, but a tensor of another layout was found among them")
    dim = wrapped_dim(dim, len(first.size))
    total, parts, moved = 0, [], []
    for i, (x, handle) in enumerate(zip(tensors, handles, strict=True)):
        assert handle is not None
        if handle.sparse_dim != first.sparse_dim or handle.dense_dim != first.dense_dim:
            raise RuntimeError(
                "All tensors must have the same sparse_dim and dense_dim as the first one, but tensor at position "
                f"{i} has {handle.sparse_dim}, {handle.dense_dim}."
            )
        if handle.size[:dim] + handle.size[dim + 1 :] != first.size[:dim] + first.size[dim + 1 :]:
            raise RuntimeError(
                f"All tensors must have the same shape: {list(first.size)} (except in the concatenating dimension), "
                f"but found shape: {list(handle.size)}"
            )
        indices = handle.indices
        if dim < first.sparse_dim and total:
            indices = indices.clone()
            indices[dim] += total
        parts.append(indices)
        moved.append((values_of(x), total, handle.size[dim]))
        total += handle.size[dim]
    values = [v if dim < first.sparse_dim else _widened(v, dim - first.sparse_dim + 1, at, total) for v, at, _ in moved]
    joined = torch.cat(values)
    size = (*first.size[:dim], total, *first.size[dim + 1 :])
    return build(joined, Coo(torch.cat(parts, 1), joined.detach(), size, False))


def _widened(values: Tensor, dim: int, start: int, total: int) -> Tensor:
    """Values with zeros around them along a dense dimension."""
    after = total - start - values.size(dim)
    padding = [0, 0] * (values.dim() - 1 - dim) + [start, after]
    return torch.nn.functional.pad(values, padding)


def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors in coordinates joined along a new dimension."""
    return cat([unsqueeze(x, dim) for x in tensors], dim)


def getitem(self: Tensor, index: Any) -> Any:
    """Slices picked by numbers, and new dimensions by None.

    Raises:
        NotImplementedError: ranges and lists of indices.
    """
    items = list(index) if isinstance(index, tuple) else [index]
    named = sum(1 for item in items if item is not None and item is not Ellipsis)
    result, dim = self, 0
    for item in items:
        if item is None:
            result, dim = unsqueeze(result, dim), dim + 1
        elif item is Ellipsis:
            dim += self.dim() - named
        elif isinstance(item, slice):
            if item != slice(None):
                raise unsupported("as_strided", self)
            dim += 1
        elif isinstance(item, int) and not isinstance(item, bool):
            result = _picked(result, dim, item)
        else:
            raise unsupported("index.Tensor", self)
    return result


def _picked(x: Tensor, dim: int, index: int) -> Tensor:
    if dim >= x.dim():
        raise IndexError(f"too many indices for tensor of dimension {x.dim()}")
    if not -x.size(dim) <= index < x.size(dim):
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {x.size(dim)}")
    return x.select(dim, index)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All slices along a dimension."""
    return tuple(select(input, dim, i) for i in range(input.size(dim)))


def coordinates_of(op: str, x: Tensor) -> Coo:
    """What a tensor of coordinates holds; of others an op has none."""
    require_tensors(op, input=x)
    handle = coo_of(x)
    if handle is None:
        raise unsupported(op, x)
    return handle


def sparse_resize_(self: Tensor, size: Any, sparse_dim: int, dense_dim: int) -> Tensor:
    """Change the sizes in place; what is stored stays.

    Raises:
        RuntimeError: a number of dimensions that does not fit what is stored.
    """
    handle = coordinates_of("sparse_resize_", self)
    if handle.nnz and (sparse_dim, dense_dim) != (handle.sparse_dim, handle.dense_dim):
        raise RuntimeError(
            f"changing the number of sparse dimensions (from {handle.sparse_dim} to {sparse_dim}) on a non-empty "
            "sparse tensor is not supported."
        )
    resized = handle if handle.nnz else coo_of(_emptied(handle, tuple(size), sparse_dim))
    assert resized is not None
    _become(self, Coo(resized.indices, resized.values, tuple(size), handle.coalesced))
    return self


def _emptied(handle: Coo, size: tuple[int, ...], sparse_dim: int) -> Tensor:
    indices = handle.indices.new_empty((sparse_dim, 0))
    return tensor_of(Coo(indices, handle.values.new_empty((0, *size[sparse_dim:])), size, True))


def sparse_resize_and_clear_(self: Tensor, size: Any, sparse_dim: int, dense_dim: int) -> Tensor:
    """Change the sizes in place, and store nothing any more."""
    handle = coordinates_of("sparse_resize_and_clear_", self)
    _become(self, coo_of(_emptied(handle, tuple(size), sparse_dim)))
    return self


def resize_as_sparse_(self: Tensor, the_template: Tensor) -> Tensor:
    """Take the sizes of another tensor, in place."""
    like = coordinates_of("resize_as_sparse_", the_template)
    return sparse_resize_(self, like.size, like.sparse_dim, like.dense_dim)


def in_place(name: str) -> Any:
    """The form of a view that changes the tensor itself, sizes and all."""
    views: dict[str, Callable[..., Tensor]] = {"t_": t, "unsqueeze_": unsqueeze}
    view = views.get(name, transpose)

    def change(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        _become(self, handle_of(view(self.detach(), *args, **kwargs)))
        return self

    change.__name__ = name
    return change


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """Not possible."""
    raise TypeError("Cannot assign to a sparse tensor")


def _become(x: Tensor, handle: Any) -> None:
    """Let a tensor have another size: it looks at what another one consists of from now on."""
    x.data = tensor_of(handle)


def replaced(out: Tensor, by: Tensor) -> Tensor:
    """``out``, which is what another tensor is from now on."""
    _become(out, handle_of(by))
    return out


def _sparse_broadcast_to(input: Tensor, size: Any) -> Tensor:
    """A tensor in coordinates repeated along new leading dimensions, and along those of size 1.

    Raises:
        RuntimeError: sizes that it cannot be broadcast to; another layout.
    """
    handle = coo_of(input)
    if handle is None:
        raise unsupported("_sparse_broadcast_to", input)
    size = tuple(size)
    new = len(size) - len(handle.size)
    pairs = list(zip(handle.size, size[max(new, 0) :], strict=False))
    if new < 0 or any(own not in (1, wanted) for own, wanted in pairs):
        raise RuntimeError(f"The sparse tensor of size {list(handle.size)} cannot be broadcast to {list(size)}")
    result = input
    for _ in range(new):
        result = unsqueeze(result, 0)
    for dim, wanted in enumerate(size):
        if result.size(dim) != wanted:
            result = index_select(result, dim, torch.zeros(wanted, dtype=torch.int64, device=input.device))
    return result
