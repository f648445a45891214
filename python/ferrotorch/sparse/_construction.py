"""Sparse tensors made of their parts."""

from __future__ import annotations

import math
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse import _conversion, _invariants
from ferrotorch.sparse._doors import build
from ferrotorch.sparse._handles import Compressed, Coo, Handle, handle_of, tensor_of
from ferrotorch.sparse._names import INDEX_NAMES, layout_name

__all__ = [
    "sparse_bsc_tensor",
    "sparse_bsr_tensor",
    "sparse_compressed_tensor",
    "sparse_coo_tensor",
    "sparse_csc_tensor",
    "sparse_csr_tensor",
]


def _is_size(x: Any) -> bool:
    return isinstance(x, list | tuple) and all(isinstance(n, int) for n in x)


def sparse_coo_tensor(
    indices: Any = None,
    values: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> Tensor:
    """A tensor of values (nnz, ...) at coordinates (sparse_dim, nnz), zero elsewhere; values at one place are summed.

    Args:
        indices: coordinates, a column for each value. With a ``size`` alone the tensor is empty.
        values: the values; they may have dimensions of their own, the last ones of the tensor.
        size: sizes; by default the smallest that the indices fit in.
        dtype, device: those of ``values`` by default.
        requires_grad: is the tensor a leaf that is differentiated by? If ``values`` requires gradients the result is
            differentiable anyway.
        check_invariants: are the indices to be checked? By default as `check_sparse_tensor_invariants` says.
        is_coalesced: are the coordinates known to be sorted and distinct?

    Raises:
        RuntimeError: shapes that do not fit together.
    """
    if values is None:
        shape = indices if size is None else size
        if not _is_size(shape):
            raise TypeError("sparse_coo_tensor(): argument 'size' must be tuple of ints")
        return empty(tuple(shape), torch.sparse_coo, dtype, device).requires_grad_(requires_grad)
    data = _values(values, dtype, device)
    places = _indices(indices, data.device)
    if places.dtype.is_floating_point or places.dtype != torch.int64:
        places = places.to(torch.int64)
    data = data.reshape(1) if data.dim() == 0 and places.dim() == 2 and places.size(1) == 1 else data
    if (places.dim() < 2 and isinstance(indices, Tensor)) or places.dim() not in (1, 2):
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(places.shape)}")
    places = places if places.dim() == 2 else places.unsqueeze(1).expand(-1, len(data) if data.dim() else 1)
    nnz = data.size(0) if data.dim() else 1
    dense = tuple(data.shape[1:])
    sparse_dim = places.size(0)
    if size is None:
        _require_nnz(places, nnz)
        extents = (places.amax(1) + 1).tolist() if places.numel() else [0] * sparse_dim
        size = (*extents, *dense)
    size = tuple(int(n) for n in size)
    if len(size) != sparse_dim + len(dense):
        raise RuntimeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(size)}, sparse_dim = "
            f"{sparse_dim}, dense_dim = {len(dense)}"
        )
    _require_nnz(places, nnz)
    if size[sparse_dim:] != dense:
        raise RuntimeError(f"values has incorrect size, expected {[nnz, *size[sparse_dim:]]}, got {[nnz, *dense]}")
    if math.prod(size) >= 2**63:
        raise RuntimeError("numel: integer multiplication overflow")
    coalesced = bool(is_coalesced) if is_coalesced is not None else nnz < 2
    return _finished(Coo(places.detach(), data.detach(), size, coalesced), data, requires_grad, check_invariants)


def _require_nnz(indices: Tensor, nnz: int) -> None:
    if indices.size(1) != nnz:
        raise RuntimeError(
            "indices and values must have same nnz, but got nnz from indices: "
            f"{indices.size(1)}, nnz from values: {nnz}"
        )


def _values(values: Any, dtype: Any, device: Any) -> Tensor:
    data = values if isinstance(values, Tensor) else torch.tensor(values, dtype=dtype, device=device)
    return data if dtype is None and device is None else data.to(dtype=dtype, device=device)


def _indices(indices: Any, device: Any) -> Tensor:
    made = indices if isinstance(indices, Tensor) else torch.tensor(indices, dtype=_index_dtype(indices))
    return made.to(device)


def _index_dtype(indices: Any) -> Any:
    """Lists are of int64, empty ones too; whatever else they hold decides for itself."""
    items = indices
    while isinstance(items, list | tuple) and len(items) > 0:
        items = items[0]
    return torch.int64 if isinstance(items, list | tuple) else None


def _finished(handle: Handle, values: Tensor, requires_grad: bool, check_invariants: bool | None) -> Tensor:
    checks = _invariants.check_sparse_tensor_invariants.is_enabled() if check_invariants is None else check_invariants
    if checks:
        _invariants.check(handle)
    # A leaf starts a graph of its own.
    return tensor_of(handle).requires_grad_() if requires_grad else build(values, handle)


def sparse_compressed_tensor(
    compressed_indices: Any,
    plain_indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
) -> Tensor:
    """A tensor with compressed rows (``sparse_csr``, ``sparse_bsr``) or columns (``sparse_csc``, ``sparse_bsc``).

    Args:
        compressed_indices: (*batch, n + 1): where the entries of each row (column) start, and where the last one ends.
        plain_indices: (*batch, nnz): the column (row) of each entry.
        values: (*batch, nnz, *dense): the entries; of the blocked layouts (*batch, nnz, rows, columns, *dense).
        size: sizes; by default the smallest that the indices fit in.
        layout: one of the four layouts.

    Others as for `sparse_coo_tensor`.

    Raises:
        RuntimeError: another layout; shapes that do not fit together, where they are checked.
    """
    if layout not in INDEX_NAMES:
        named = "none" if layout is None else layout_name(layout)
        raise RuntimeError(f"sparse_compressed_tensor expected sparse compressed tensor layout but got {named}")
    data = _values(values, dtype, device)
    compressed, plain = _indices(compressed_indices, data.device), _indices(plain_indices, data.device)
    handle = Compressed(layout, compressed.detach(), plain.detach(), data.detach(), ())
    handle.size = _inferred_size(handle) if size is None else tuple(int(n) for n in size)
    return _finished(handle, data, requires_grad, check_invariants)


def _inferred_size(h: Compressed) -> tuple[int, ...]:
    groups = h.compressed.size(-1) - 1
    members = int(h.plain.max()) + 1 if h.plain.numel() else 0
    rows, columns = (groups, members) if h.by_rows else (members, groups)
    batch = h.compressed.shape[:-1]
    dense = h.values.shape[h.values.dim() - h.dense_dim :] if h.dense_dim else ()
    return (*batch, rows * h.block[0], columns * h.block[1], *dense)


def sparse_csr_tensor(crow_indices: Any, col_indices: Any, values: Any, size: Any = None, **options: Any) -> Tensor:
    """A matrix with compressed rows; see `sparse_compressed_tensor`."""
    return _of_layout("sparse_csr_tensor", torch.sparse_csr, crow_indices, col_indices, values, size, options)


def sparse_csc_tensor(ccol_indices: Any, row_indices: Any, values: Any, size: Any = None, **options: Any) -> Tensor:
    """A matrix with compressed columns; see `sparse_compressed_tensor`."""
    return _of_layout("sparse_csc_tensor", torch.sparse_csc, ccol_indices, row_indices, values, size, options)


def sparse_bsr_tensor(crow_indices: Any, col_indices: Any, values: Any, size: Any = None, **options: Any) -> Tensor:
    """A matrix of blocks with compressed rows; see `sparse_compressed_tensor`."""
    return _of_layout("sparse_bsr_tensor", torch.sparse_bsr, crow_indices, col_indices, values, size, options)


def sparse_bsc_tensor(ccol_indices: Any, row_indices: Any, values: Any, size: Any = None, **options: Any) -> Tensor:
    """A matrix of blocks with compressed columns; see `sparse_compressed_tensor`."""
    return _of_layout("sparse_bsc_tensor", torch.sparse_bsc, ccol_indices, row_indices, values, size, options)


def _of_layout(
    name: str, layout: Any, compressed: Any, plain: Any, values: Any, size: Any, options: dict[str, Any]
) -> Tensor:
    given = options.pop("layout", layout)
    if given != layout:
        raise RuntimeError(f"{layout_name(layout)} layout expected in {name}, but got {layout_name(given)}")
    return sparse_compressed_tensor(compressed, plain, values, size, layout=layout, **options)


def empty(
    size: tuple[int, ...],
    layout: Any,
    dtype: Any = None,
    device: Any = None,
    dense_dim: int = 0,
    index_dtype: Any = None,
) -> Tensor:
    """A tensor of a layout in which nothing is stored.

    Raises:
        RuntimeError: too many elements, too few dimensions, or a layout of blocks, whose size is not known.
    """
    if layout in (torch.sparse_bsr, torch.sparse_bsc):
        raise RuntimeError(
            "empty_sparse_compressed expected sparse compressed (non-block) tensor layout but got "
            + layout_name(layout)
        )
    if math.prod(size) >= 2**63:
        raise RuntimeError("numel: integer multiplication overflow")
    options: dict[str, Any] = {"dtype": torch.int64 if index_dtype is None else index_dtype, "device": device}
    if layout == torch.sparse_coo:
        sparse_dim = len(size) - dense_dim
        values = torch.empty((0, *size[sparse_dim:]), dtype=dtype, device=device)
        return tensor_of(Coo(torch.empty((sparse_dim, 0), **options), values, size, True))
    if len(size) < 2:
        raise RuntimeError(
            "torch.empty: Only batched sparse compressed (non-block) tensors are supported, but got size "
            + str(list(size))
        )
    groups = size[-2 - dense_dim] if layout == torch.sparse_csr else size[-1 - dense_dim]
    batch = size[: len(size) - 2 - dense_dim]
    compressed = torch.zeros((*batch, groups + 1), **options)
    plain = torch.empty((*batch, 0), **options)
    values = torch.empty((*batch, 0, *size[len(size) - dense_dim :]), dtype=dtype, device=device)
    return tensor_of(Compressed(layout, compressed, plain, values, size))


def to_sparse_csr(self: Tensor, dense_dim: int | None = None) -> Tensor:
    """The matrix with compressed rows; the last ``dense_dim`` dimensions are those of the values."""
    return _conversion.to_compressed(self, torch.sparse_csr, None, dense_dim)


def to_sparse_csc(self: Tensor, dense_dim: int | None = None) -> Tensor:
    """The matrix with compressed columns; the last ``dense_dim`` dimensions are those of the values."""
    return _conversion.to_compressed(self, torch.sparse_csc, None, dense_dim)


def to_sparse_bsr(self: Tensor, blocksize: Any, dense_dim: int | None = None) -> Tensor:
    """The matrix in blocks of ``blocksize``, with compressed rows of blocks."""
    return _conversion.to_compressed(self, torch.sparse_bsr, blocksize, dense_dim)


def to_sparse_bsc(self: Tensor, blocksize: Any, dense_dim: int | None = None) -> Tensor:
    """The matrix in blocks of ``blocksize``, with compressed columns of blocks."""
    return _conversion.to_compressed(self, torch.sparse_bsc, blocksize, dense_dim)


_EMPTY = ("empty", "zeros")
_LIKE = ("empty_like", "zeros_like")
_FILLED = ("full", "full_like", "ones", "ones_like", "eye")


def with_layout(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function that makes tensors makes in a sparse ``layout``; ``NotImplemented`` for other functions.

    Raises:
        RuntimeError: the function makes tensors that are not zero.
    """
    name = getattr(function, "__name__", "")
    layout = kwargs.pop("layout", None)
    if name in _FILLED:
        raise RuntimeError("full(...) is not implemented for sparse layout")
    if layout is None or name not in _EMPTY + _LIKE:
        return NotImplemented
    requires_grad = kwargs.get("requires_grad", False)
    dtype, device = kwargs.get("dtype"), kwargs.get("device")
    if name in _LIKE:
        like = args[0] if args else kwargs["input"]
        if handle_of(like) is not None:
            from ferrotorch.sparse import _members

            made: Tensor = getattr(_members, name)(*args, layout=layout, **kwargs)
            return made
        size, dtype, device = tuple(like.shape), dtype or like.dtype, device or like.device
    else:
        size = _size_of(args, kwargs)
    return empty(size, layout, dtype, device).requires_grad_(requires_grad)


def _size_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, ...]:
    """The size of a call of ``zeros`` or ``empty``."""
    return tuple(args if args and isinstance(args[0], int) else args[0] if args else kwargs["size"])


def made_in(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """What ``zeros`` or ``empty`` makes of a sparse ``out``: the like of it without values. None for other functions.

    Raises:
        RuntimeError: a function that makes tensors that are not zero, or another dtype or layout than that of ``out``.
    """
    out = kwargs.get("out")
    if not isinstance(out, Tensor) or handle_of(out) is None or name not in (*_EMPTY, "full", "ones"):
        return None
    if name not in _EMPTY:
        raise RuntimeError("full(...) is not implemented for sparse layout")
    for what, own in (("dtype", out.dtype), ("layout", out.layout)):
        asked = kwargs.get(what)
        if asked is not None and asked != own:
            raise RuntimeError(f"{what} {asked} does not match {what} of out parameter ({own})")
    return empty(_size_of(args, kwargs), out.layout, out.dtype, out.device)


def _validate_sparse_coo_tensor_args(
    indices: Any, values: Any, size: Any, is_coalesced: bool | None = None, check_pinning: bool | None = None
) -> None:
    """Raise RuntimeError for parts that make no tensor in coordinates."""
    sparse_coo_tensor(indices, values, size, is_coalesced=is_coalesced, check_invariants=True)


def _validate_sparse_compressed_tensor_args(
    compressed_indices: Any, plain_indices: Any, values: Any, size: Any, layout: Any, check_pinning: bool | None = None
) -> None:
    """Raise RuntimeError for parts that make no tensor of a compressed layout."""
    sparse_compressed_tensor(compressed_indices, plain_indices, values, size, layout=layout, check_invariants=True)
