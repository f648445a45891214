"""What sparse tensors consist of: lists of indices and values, without gradients."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor


class SparseTensor(Tensor):
    """The class of tensors that are stored as indices and values. It overrides nothing: see ``_opaque.py``."""

    __torch_function__: Any = _C._disabled_torch_function_impl


SparseTensor.__name__ = SparseTensor.__qualname__ = "Tensor"
SparseTensor.__module__ = "ferrotorch"


class Handle:
    """What the handles of all sparse layouts have: a size, a layout, and values (nnz, ...) that are no one's graph."""

    tensor_class = SparseTensor
    layout: Any
    size: tuple[int, ...]
    values: Tensor

    @staticmethod
    def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """See `ferrotorch._opaque.Handle`."""
        from ferrotorch.sparse import _dispatch

        return _dispatch.call(name, composed, args, kwargs)

    @staticmethod
    def sum_of_gradients(total: Tensor | None, grad: Tensor, in_place: bool) -> Tensor:
        """See `ferrotorch._opaque.sum_of_gradients`."""
        from ferrotorch.sparse import _gradients

        return _gradients.added(total, grad, in_place)

    def with_values(self, values: Tensor) -> Any:
        """The same pattern with other values, which have as many entries."""
        raise NotImplementedError

    def assign(self, other: Any) -> None:
        """Become what another handle of this kind is, which an in-place op has computed."""
        for name in self.__slots__:  # type: ignore[attr-defined]
            setattr(self, name, getattr(other, name))

    @property
    def backend(self) -> str:
        """PyTorch's name of the backend in messages, e.g. ``SparseCPU``."""
        device = self.values.device.type
        return self._prefix + ("CPU" if device == "cpu" else device.upper())

    _prefix = "Sparse"


class Coo(Handle):
    """Coordinates: ``indices`` (sparse_dim, nnz) and ``values`` (nnz, *dense sizes)."""

    __slots__ = ("coalesced", "indices", "size", "values")

    def __init__(self, indices: Tensor, values: Tensor, size: tuple[int, ...], coalesced: bool) -> None:
        self.indices, self.values, self.size, self.coalesced = indices, values, size, coalesced

    @property
    def layout(self) -> Any:
        """``torch.sparse_coo``."""
        return torch.sparse_coo

    @property
    def sparse_dim(self) -> int:
        """Number of dimensions that the indices are of."""
        return self.indices.size(0)

    @property
    def dense_dim(self) -> int:
        """Number of dimensions of each value."""
        return self.values.dim() - 1

    @property
    def nnz(self) -> int:
        """Number of entries that are stored."""
        return self.indices.size(1)

    @property
    def pattern(self) -> tuple[Tensor, ...]:
        """The tensors that say where the values belong."""
        return (self.indices,)

    def with_values(self, values: Tensor) -> Coo:
        """The same pattern with other values."""
        size = (*self.size[: self.sparse_dim], *values.shape[1:])
        return Coo(self.indices, values, size, self.coalesced)

    def flat(self) -> Tensor:
        """The indices (nnz,) of the entries in a row-major numbering of the sparse dimensions."""
        return flattened(self.indices, self.size)


def flattened(indices: Tensor, size: tuple[int, ...]) -> Tensor:
    """Coordinates (dims, nnz) as one row-major number each."""
    result = indices.new_zeros(indices.size(1)) if indices.size(0) == 0 else indices[0]
    for row, extent in zip(indices[1:], size[1:], strict=False):
        result = result * extent + row
    return result


def unflattened(flat: Tensor, size: tuple[int, ...]) -> Tensor:
    """The coordinates (dims, nnz) of row-major numbers."""
    rows: list[Tensor] = []
    for extent in reversed(size):
        rows.insert(0, flat % extent)
        flat = flat // max(extent, 1)
    return torch.stack(rows) if rows else flat.new_zeros((0, flat.numel()))


class Compressed(Handle):
    """Compressed rows or columns: starts (*batch, n + 1), other indices (*batch, nnz), values (*batch, nnz, ...)."""

    __slots__ = ("compressed", "layout", "plain", "size", "values")
    _prefix = "SparseCsr"

    def __init__(self, layout: Any, compressed: Tensor, plain: Tensor, values: Tensor, size: tuple[int, ...]) -> None:
        self.layout, self.compressed, self.plain, self.values, self.size = layout, compressed, plain, values, size

    @property
    def by_rows(self) -> bool:
        """Are rows compressed, not columns?"""
        return self.layout in (torch.sparse_csr, torch.sparse_bsr)

    @property
    def is_blocked(self) -> bool:
        """Are the entries blocks?"""
        return self.layout in (torch.sparse_bsr, torch.sparse_bsc)

    @property
    def batch_dim(self) -> int:
        """Number of leading dimensions of batches."""
        return self.compressed.dim() - 1

    @property
    def sparse_dim(self) -> int:
        """Number of dimensions that the indices are of: 2."""
        return 2

    @property
    def dense_dim(self) -> int:
        """Number of dimensions of each value or element of a block."""
        return self.values.dim() - self.batch_dim - (3 if self.is_blocked else 1)

    @property
    def nnz(self) -> int:
        """Number of entries that are stored, of each batch."""
        return self.plain.size(-1)

    @property
    def block(self) -> tuple[int, int]:
        """Sizes of a block, (1, 1) where the entries are no blocks."""
        start = self.batch_dim + 1
        return (self.values.size(start), self.values.size(start + 1)) if self.is_blocked else (1, 1)

    @property
    def pattern(self) -> tuple[Tensor, ...]:
        """The tensors that say where the values belong."""
        return (self.compressed, self.plain)

    def with_values(self, values: Tensor) -> Compressed:
        """The same pattern with other values."""
        return Compressed(self.layout, self.compressed, self.plain, values, self.size)

    def emptied(self, dtype: Any = None, device: Any = None) -> Compressed:
        """A handle of the same sizes, of blocks too, that stores nothing."""
        starts = torch.zeros_like(self.compressed, device=device)
        plain = torch.empty_like(self.plain[..., :0], device=device)
        values = torch.empty_like(self.values.narrow(self.batch_dim, 0, 0), dtype=dtype, device=device)
        return Compressed(self.layout, starts, plain, values, self.size)


def handle_of(x: Any) -> Any:
    """The handle of a sparse tensor; None for what is none."""
    handle = _C._opaque_handle(x)
    return handle if isinstance(handle, Handle) else None


def coo_of(x: Any) -> Coo | None:
    """The handle of a tensor in coordinates; None for what is none."""
    handle = _C._opaque_handle(x)
    return handle if isinstance(handle, Coo) else None


def compressed_of(x: Any) -> Compressed | None:
    """The handle of a tensor with compressed rows or columns; None for what is none."""
    handle = _C._opaque_handle(x)
    return handle if isinstance(handle, Compressed) else None


def tensor_of(handle: Handle) -> Tensor:
    """A tensor without history around a handle."""
    result: Tensor = _C._opaque_tensor(handle, list(handle.size), handle.values.dtype, handle.values.device)
    return result
