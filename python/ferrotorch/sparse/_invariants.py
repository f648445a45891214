"""What must be true of the parts of sparse tensors, and whether that is checked where such tensors are made."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse._handles import Compressed, Coo, Handle
from ferrotorch.sparse._names import COMPRESSED_DIMS, INDEX_NAMES, legacy_type

P = ParamSpec("P")
R = TypeVar("R")
_is_on = False


class check_sparse_tensor_invariants:
    """Have the parts of sparse tensors checked where these are made: for good, in a block, or while a function runs.

    >>> check_sparse_tensor_invariants.enable()
    >>> with check_sparse_tensor_invariants(): ...
    >>> @check_sparse_tensor_invariants() ...

    Checks are off by default, as they take longer than making the tensor.
    """

    def __init__(self, enable: bool = True) -> None:
        self.state = enable
        self.saved_state: bool | None = None

    @staticmethod
    def is_enabled() -> bool:
        """Are the parts checked?"""
        return _is_on

    @staticmethod
    def enable() -> None:
        """Check from now on."""
        global _is_on
        _is_on = True

    @staticmethod
    def disable() -> None:
        """Do not check from now on."""
        global _is_on
        _is_on = False

    def __enter__(self) -> None:
        if self.saved_state is not None:
            raise RuntimeError(
                "This context manager instance is already activated. Use a different context manager instance for "
                "context nesting."
            )
        self.saved_state = _is_on
        _set(self.state)

    def __exit__(self, *exception: object) -> None:
        assert self.saved_state is not None
        _set(self.saved_state)
        self.saved_state = None

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            with type(self)(self.state):
                return function(*args, **kwargs)

        return checked


def _set(on: bool) -> None:
    (check_sparse_tensor_invariants.enable if on else check_sparse_tensor_invariants.disable)()


def check(handle: Handle) -> None:
    """Raise RuntimeError for parts that do not fit together."""
    if isinstance(handle, Coo):
        _check_coo(handle)
    elif isinstance(handle, Compressed):
        _check_shapes(handle)
        _check_indices(handle)


def _require(holds: Any, message: str) -> None:
    if not bool(holds):
        raise RuntimeError(message)


def _check_coo(handle: Coo) -> None:
    if handle.nnz == 0:
        return
    lowest, highest = handle.indices.amin(1).tolist(), handle.indices.amax(1).tolist()
    for dim, (low, high) in enumerate(zip(lowest, highest, strict=True)):
        _require(low >= 0, f"found negative index {low} for dim {dim}")
        size = handle.size[dim]
        _require(
            high < size, f"size is inconsistent with indices: for dim {dim}, size is {size} but found index {high}"
        )
    if handle.coalesced:
        flat = handle.flat()
        _require(
            (flat[1:] > flat[:-1]).all(),
            "cannot set is_coalesced to true if indices correspond to uncoalesced COO tensor",
        )


def _check_shapes(h: Compressed) -> None:
    compressed, plain = INDEX_NAMES[h.layout]
    blocks = 2 if h.is_blocked else 0
    _require(
        h.compressed.dim() == h.plain.dim(),
        f"{compressed} and {plain} dimensionalities must be equal but got {h.compressed.dim()} and {h.plain.dim()}, "
        "respectively",
    )
    _require(
        h.values.dim() > h.batch_dim + blocks,
        "values must have dimensionality > sum of batch and block dimensionalities "
        f"(={h.batch_dim} + {blocks}) but got {h.values.dim()}",
    )
    _require(
        len(h.size) == h.batch_dim + 2 + h.dense_dim,
        "tensor dimensionality must be sum of batch, base, and dense dimensionalities "
        f"(={h.batch_dim} + 2 + {h.dense_dim}) but got {len(h.size)}",
    )
    nnz = h.values.size(h.batch_dim)
    _require(
        h.nnz == nnz,
        f"{plain}.shape[-1] must be equal to nnz (={nnz}) as defined by values.shape[{h.batch_dim}], but got {h.nnz}",
    )
    for i, block in enumerate(h.block if h.is_blocked else ()):
        extent = h.size[h.batch_dim + i]
        _require(
            block > 0 and extent % block == 0,
            f"tensor shape[{h.batch_dim + i}] (={extent}) must be divisible with blocksize[{i}] (={block}) as defined "
            "by values shape",
        )
    groups, what = group_count(h), COMPRESSED_DIMS[h.layout][0]
    _require(
        h.compressed.size(-1) == groups + 1,
        f"{compressed}.shape[-1] must be equal to the number of {what} + 1 (={groups + 1}), but got "
        f"{h.compressed.size(-1)}",
    )
    _require(
        h.compressed.dtype == h.plain.dtype,
        f"{compressed} and {plain} must have the same dtype, bot got {legacy_type(h.compressed.dtype)} and "
        f"{legacy_type(h.plain.dtype)}, respectively",
    )


def group_count(h: Compressed) -> int:
    """Number of compressed rows or columns, of blocks where the entries are blocks."""
    return h.size[h.batch_dim + (0 if h.by_rows else 1)] // h.block[0 if h.by_rows else 1]


def member_count(h: Compressed) -> int:
    """How many places a compressed row or column has."""
    return h.size[h.batch_dim + (1 if h.by_rows else 0)] // h.block[1 if h.by_rows else 0]


def _check_indices(h: Compressed) -> None:
    compressed, plain = INDEX_NAMES[h.layout]
    groups, members = COMPRESSED_DIMS[h.layout]
    count = member_count(h)
    steps: Tensor = h.compressed[..., 1:] - h.compressed[..., :-1]
    _require((h.compressed[..., 0] == 0).all(), f"`{compressed}[..., 0] == 0` is not satisfied.")
    _require((h.compressed[..., -1] == h.nnz).all(), f"`{compressed}[..., -1] == nnz` is not satisfied.")
    _require(((h.plain >= 0) & (h.plain < count)).all(), f"`0 <= {plain} < {members}` is not satisfied.")
    _require(
        ((steps >= 0) & (steps <= count)).all(),
        f"`0 <= {compressed}[..., 1:] - {compressed}[..., :-1] <= {members}` is not satisfied.",
    )
    batches = math.prod(h.compressed.shape[:-1])
    all_starts, all_rows = h.compressed.reshape(batches, h.compressed.size(-1)), h.plain.reshape(batches, h.nnz)
    for starts, row in zip(all_starts, all_rows, strict=True):
        group = torch.repeat_interleave(torch.arange(starts.numel() - 1, device=row.device), starts[1:] - starts[:-1])
        place = group * count + row
        _require(
            (place[1:] > place[:-1]).all(),
            f"`{plain}[..., {compressed}[..., i - 1]:{compressed}[..., i]] for all i = 1, ..., {groups} are sorted and "
            "distinct along the last dimension values` is not satisfied.",
        )
