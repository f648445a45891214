"""A loop over the slices of tensors that carries values along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.utils import _pytree as pytree

__all__ = ["scan"]


def scan(
    combine_fn: Callable[[Any, Any], tuple[Any, Any]], init: Any, xs: Any, *, dim: int = 0, reverse: bool = False
) -> tuple[Any, Any]:
    """``carry, y = combine_fn(carry, x)`` for each slice ``x`` of ``xs``, beginning with ``init``.

    Args:
        combine_fn: gives the next carry, built as ``init`` is, and what is kept of the step.
        init: tensors, one or nested in lists, tuples and dictionaries.
        xs: tensors with dimension ``dim`` of one length.
        dim: the dimension whose slices are taken.
        reverse: begin with the last slice; what is kept of it comes last in any case.

    Returns:
        The last carry, and what was kept, stacked along dimension 0.

    Raises:
        RuntimeError: no tensors; lengths that differ; a carry that is built otherwise.
    """
    leaves, spec = pytree.tree_flatten(xs)
    carry_spec = pytree.tree_flatten(init)[1]
    length = _length("scan()", leaves, dim)
    carry = init
    kept: list[Any] = []
    for i in reversed(range(length)) if reverse else range(length):
        carry, y = combine_fn(carry, pytree.tree_unflatten([leaf.select(dim, i) for leaf in leaves], spec))
        if pytree.tree_flatten(carry)[1] != carry_spec:
            raise RuntimeError("scan(): combine_fn has to give a carry that is built as init is")
        kept.append(y)
    if reverse:
        kept.reverse()
    return carry, _stacked(kept)


def _length(name: str, leaves: list[Any], dim: int) -> int:
    """The length of a dimension that all tensors share."""
    if not leaves or not all(isinstance(leaf, _C.Tensor) for leaf in leaves):
        raise RuntimeError(f"{name}: Expected xs to be tensors, one at least")
    lengths = {leaf.shape[dim] for leaf in leaves}
    if len(lengths) != 1 or 0 in lengths:
        raise RuntimeError(f"{name}: Expected tensors of one length, not 0, along dim {dim}, but got {sorted(lengths)}")
    return int(lengths.pop())


def _stacked(kept: list[Any]) -> Any:
    """Nested tensors of several steps as nested tensors with one more dimension."""
    columns = zip(*(pytree.tree_flatten(y)[0] for y in kept), strict=True)
    return pytree.tree_unflatten([torch.stack(column) for column in columns], pytree.tree_flatten(kept[0])[1])
