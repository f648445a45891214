"""What a sparse tensor says of itself: layout, indices, values, and numbers of dimensions and entries."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse import _conversion
from ferrotorch.sparse._doors import build, values_of
from ferrotorch.sparse._errors import unsupported
from ferrotorch.sparse._handles import Compressed, Coo, coo_of, handle_of, tensor_of
from ferrotorch.sparse._names import INDEX_NAMES, layout_name, legacy_type


def _coo(name: str, x: Tensor) -> Coo:
    handle = coo_of(x)
    if handle is None:
        raise RuntimeError(f"{name} expected sparse coordinate tensor layout but got {layout_name(x.layout)}")
    return handle


def indices(self: Tensor) -> Tensor:
    """The coordinates (sparse_dim, nnz) of a coalesced tensor.

    Raises:
        RuntimeError: another layout; the tensor is not coalesced.
    """
    handle = _coo("indices", self)
    if not handle.coalesced:
        raise RuntimeError("Cannot get indices on an uncoalesced tensor, please call .coalesce() first")
    return handle.indices


def values(self: Tensor) -> Tensor:
    """The values of a coalesced tensor, or of one with compressed rows or columns; differentiable.

    Raises:
        RuntimeError: the tensor is dense, or not coalesced.
    """
    handle = handle_of(self)
    if handle is None:
        raise RuntimeError(f"values expected sparse tensor layout but got {layout_name(self.layout)}")
    if isinstance(handle, Coo) and not handle.coalesced:
        raise RuntimeError("Cannot get values on an uncoalesced tensor, please call .coalesce() first")
    return values_of(self)


def _indices(self: Tensor) -> Tensor:
    """The coordinates (sparse_dim, nnz) as they are, sorted or not."""
    handle = coo_of(self)
    if handle is None:
        raise unsupported("_indices", self)
    return handle.indices


def _values(self: Tensor) -> Tensor:
    """The values in the order of `_indices`, without history."""
    handle = coo_of(self)
    if handle is None:
        raise unsupported("_values", self)
    return handle.values


def is_coalesced(self: Tensor) -> bool:
    """Are the coordinates known to be sorted and distinct?"""
    return _coo("is_coalesced", self).coalesced


def _coalesced_(self: Tensor, coalesced: bool) -> Tensor:
    """Say whether the coordinates are sorted and distinct; nothing is checked."""
    _coo("_coalesced_", self).coalesced = coalesced
    return self


def _nnz(self: Tensor) -> int:
    """Number of entries that are stored."""
    handle = handle_of(self)
    if handle is None:
        raise unsupported("_nnz", self)
    return int(handle.nnz)


def _compressed_member(name: str, kind: str) -> Any:
    """A method that gets at indices of compressed rows or columns."""

    def member(self: Tensor) -> Tensor:
        handle = handle_of(self)
        if not isinstance(handle, Compressed) or name not in INDEX_NAMES[handle.layout]:
            raise RuntimeError(
                f"{name} expected sparse {kind} compressed tensor layout but got {layout_name(self.layout)}"
            )
        return handle.compressed if INDEX_NAMES[handle.layout][0] == name else handle.plain

    member.__name__ = name
    member.__doc__ = f"The ``{name}`` of a tensor with compressed {kind}s; see `torch.sparse_compressed_tensor`."
    return member


crow_indices, col_indices = _compressed_member("crow_indices", "row"), _compressed_member("col_indices", "row")
ccol_indices, row_indices = _compressed_member("ccol_indices", "column"), _compressed_member("row_indices", "column")


def sparse_dim(self: Tensor) -> int:
    """Number of dimensions that the indices are of."""
    handle = handle_of(self)
    return 0 if handle is None else handle.sparse_dim


def dense_dim(self: Tensor) -> int:
    """Number of dimensions of each value."""
    handle = handle_of(self)
    return self.dim() if handle is None else handle.dense_dim


_dimI, _dimV = sparse_dim, dense_dim


def detach(self: Tensor) -> Tensor:
    """The tensor without history; in-place changes of one are not seen in the other."""
    handle = handle_of(self)
    return tensor_of(handle.with_values(handle.values))


def type_name(self: Tensor, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
    """The legacy type name, or the tensor in another dtype."""
    if dtype is not None:
        return build(values_of(self).type(dtype), handle_of(self))
    if coo_of(self) is None:
        raise RuntimeError(f"Unimplemented backend {handle_of(self).backend}")
    place = "" if self.device.type == "cpu" else f"{self.device.type}."
    return f"torch.{place}sparse.{legacy_type(self.dtype)}Tensor"


def stride(self: Tensor, dim: int | None = None) -> Any:
    """Zeros, of a tensor in coordinates.

    Raises:
        RuntimeError: the tensor has compressed rows or columns.
    """
    if coo_of(self) is None:
        name = str(self.layout).removeprefix("torch.sparse_").upper()
        raise RuntimeError(f"Sparse {name} tensors do not have strides")
    return (0,) * self.dim() if dim is None else 0


def is_contiguous(self: Tensor, memory_format: Any = None) -> bool:
    """False: there is no order of elements in memory."""
    if coo_of(self) is None:
        raise RuntimeError("Sparse CSR tensors do not have is_contiguous")
    return False


def contiguous(self: Tensor, memory_format: Any = None) -> Tensor:
    """Not possible."""
    raise RuntimeError("unsupported memory format option Contiguous")


def storage(self: Tensor) -> Any:
    """Not possible."""
    raise NotImplementedError("Cannot access storage of SparseTensorImpl")


def data_ptr(self: Tensor) -> Any:
    """Not possible."""
    raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")


def numpy(self: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Not possible."""
    raise TypeError(f"can't convert {layout_name(self.layout)} layout tensor to numpy. Use Tensor.to_dense() first.")


def item(self: Tensor) -> Any:
    """The one element."""
    if self.numel() != 1:
        raise RuntimeError(f"a Tensor with {self.numel()} elements cannot be converted to Scalar")
    return _conversion.to_dense(self).item()


def converter(kind: type) -> Any:
    """The method behind ``int``, ``float`` or ``complex`` of a tensor.

    Raises:
        ValueError: the tensor has another number of elements than one.
    """

    def convert(self: Tensor) -> Any:
        if self.numel() != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return kind(item(self))

    convert.__name__, convert.__doc__ = f"__{kind.__name__}__", f"The one element as {kind.__name__}."
    return convert


def as_index(self: Tensor) -> int:
    """Not possible of an element that is no integer, or of several.

    Raises:
        TypeError: the tensor is no single integer.
    """
    if self.numel() != 1 or self.dtype.is_floating_point or self.dtype.is_complex or self.dtype == torch.bool:
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(item(self))


def truth(self: Tensor) -> bool:
    """The truth of the one element."""
    if self.numel() == 0:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
    if self.numel() != 1:
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    return bool(item(self))


def reshape(self: Tensor, *shape: Any) -> Tensor:
    """Not possible."""
    raise RuntimeError("reshape is not implemented for sparse tensors")


def expand(self: Tensor, *sizes: Any) -> Tensor:
    """Not possible."""
    raise RuntimeError("expand is unsupported for Sparse tensors")


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Take over what another sparse tensor stores, in this one's dtype.

    Raises:
        RuntimeError: one of the two is dense, or the sizes differ.
    """
    own, other = handle_of(self), handle_of(src)
    if _is_compressed(self) or _is_compressed(src):
        _check_copy_of_compressed(self, src)
    if own is None or other is None:
        raise RuntimeError(
            "copy_() between dense and sparse Tensors is not implemented! Found self type = "
            f"{_type_of(self)} and src type = {_type_of(src)}"
        )
    if type(own) is not type(other) or own.layout != other.layout or self.shape != src.shape:
        raise RuntimeError("copy_: only sparse tensors of one layout and size can be copied")
    own.assign(other.with_values(other.values.to(dtype=own.values.dtype, device=own.values.device, copy=True)))
    return self


def _is_compressed(x: Tensor) -> bool:
    return x.layout not in (torch.sparse_coo, torch.strided)


def _check_copy_of_compressed(self: Tensor, src: Tensor) -> None:
    if not _is_compressed(self):
        raise RuntimeError(
            f"copy_sparse_compressed_ expected sparse compressed tensor layout but got {layout_name(self.layout)}"
        )
    if self.layout != src.layout:
        raise RuntimeError(
            "torch.copy_: copy of sparse compressed tensors having different layouts is not supported. "
            f"self layout is {layout_name(self.layout)} and src layout is {layout_name(src.layout)}"
        )
    if self._nnz() != src._nnz():
        raise RuntimeError(
            "torch.copy_: only sparse compressed tensors with the same number of specified elements are supported."
        )


def _type_of(x: Tensor) -> str:
    return str(type_name(x) if coo_of(x) is not None else x.type())


def new_empty(self: Tensor, size: Any, *more: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
    """A tensor of the same layout in which nothing is stored."""
    from ferrotorch.sparse._construction import empty

    sizes = (size, *more) if isinstance(size, int) else tuple(size)
    return empty(sizes, self.layout, dtype or self.dtype, device or self.device)


def empty_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, **options: Any) -> Tensor:
    """`zeros_like` of a tensor in coordinates; one with compressed rows or columns keeps its pattern.

    Raises:
        RuntimeError: another layout than that of compressed rows or columns is asked for.
    """
    handle = handle_of(input)
    if not isinstance(handle, Compressed):
        return zeros_like(input, dtype=dtype, layout=layout, device=device, **options)
    if layout is not None and layout != handle.layout:
        raise RuntimeError(
            f"empty_like with different sparse layout is not supported (self is {layout_name(handle.layout)} but you "
            f"requested {layout_name(layout)})"
        )
    values = torch.empty_like(handle.values, dtype=dtype, device=device)
    compressed, plain = (x.to(device=values.device, copy=True) for x in handle.pattern)
    result = tensor_of(Compressed(handle.layout, compressed, plain, values, handle.size))
    return result.requires_grad_(bool(options.get("requires_grad", False)))


def zeros_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, **options: Any) -> Tensor:
    """A tensor of the same size in which nothing is stored; dense if the ``layout`` asked for is."""
    from ferrotorch.sparse._construction import empty

    dtype, device = dtype or input.dtype, device or input.device
    if layout == torch.strided:
        return torch.zeros(input.shape, dtype=dtype, device=device)
    handle = handle_of(input)
    if isinstance(handle, Compressed) and layout in (None, handle.layout):
        result = tensor_of(handle.emptied(dtype, device))
    else:
        result = empty(tuple(input.shape), layout or input.layout, dtype, device, dense_dim(input))
    return result.requires_grad_(bool(options.get("requires_grad", False)))


def like_values(name: str) -> Any:
    """A function such as ``ones_like``: the same pattern with other values, where rows or columns are compressed.

    Raises:
        NotImplementedError: the tensor is in coordinates.
    """
    function = getattr(torch, name)

    def apply(input: Tensor, *args: Any, layout: Any = None, memory_format: Any = None, **options: Any) -> Tensor:
        if coo_of(input) is not None:
            raise unsupported("normal_" if name == "randn_like" else "fill_.Scalar", input)
        return build(function(handle_of(input).values, *args, **options), handle_of(input))

    apply.__name__ = name
    return apply


def new(self: Tensor, *args: Any, device: Any = None) -> Tensor:
    """A tensor in coordinates of the same dtype: of coordinates and values (and a size), or of sizes."""
    from ferrotorch.sparse._construction import sparse_coo_tensor

    place = device or self.device
    if args and isinstance(args[0], Tensor):
        return sparse_coo_tensor(*args, dtype=self.dtype, device=place)
    size = args[0] if len(args) == 1 and not isinstance(args[0], int) else args or (0,)
    return sparse_coo_tensor(size=tuple(size), dtype=self.dtype, device=place)
