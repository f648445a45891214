"""Batches in parts: cutting arguments, and joining what the parts give."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch.utils._pytree import tree_flatten, tree_unflatten

__all__ = ["TensorChunkSpec", "merge_chunks", "split_args_kwargs_into_chunks"]

Tensor = torch.Tensor


class TensorChunkSpec:
    """A tensor is cut along a dimension."""

    def __init__(self, split_dim: int) -> None:
        self.split_dim = split_dim

    def __repr__(self) -> str:
        return f"TensorChunkSpec({self.split_dim})"

    @staticmethod
    def from_tuple(chunk_dims: tuple[int, ...]) -> tuple[TensorChunkSpec, ...]:
        """A specification for each of several tensors."""
        return tuple(TensorChunkSpec(dim) for dim in chunk_dims)

    @staticmethod
    def from_dict(chunk_dims: dict[str, int]) -> dict[str, TensorChunkSpec]:
        """A specification for each of several named tensors."""
        return {name: TensorChunkSpec(dim) for name, dim in chunk_dims.items()}


class _Replicate:
    """A value that all parts of a batch share."""


def _cut(value: Any, spec: Any, chunks: int) -> list[Any]:
    """The parts of one argument: of tensors along the first dimension by default; other values are shared.

    Raises:
        RuntimeError: the batch has fewer rows than there are to be parts.
    """
    leaves, tree = tree_flatten(value)
    columns = []
    for leaf in leaves:
        if not isinstance(leaf, Tensor) or isinstance(spec, _Replicate) or not leaf.dim():
            columns.append([leaf] * chunks)
            continue
        dim = spec.split_dim if isinstance(spec, TensorChunkSpec) else 0
        if leaf.shape[dim] < chunks:
            raise RuntimeError(
                f"a tensor of shape {list(leaf.shape)} cannot be cut into {chunks} micro-batches along dimension {dim}"
            )
        columns.append(list(leaf.tensor_split(chunks, dim)))
    return [tree_unflatten([column[number] for column in columns], tree) for number in range(chunks)]


def split_args_kwargs_into_chunks(
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    chunks: int,
    args_chunk_spec: tuple[Any, ...] | None = None,
    kwargs_chunk_spec: dict[str, Any] | None = None,
) -> tuple[list[tuple[Any, ...]], list[dict[str, Any]]]:
    """The arguments of a call, for each of ``chunks`` parts of a batch.

    Args:
        args: Arguments.
        kwargs: Arguments by name.
        chunks: The number of parts.
        args_chunk_spec: By which dimension each argument is cut; by default the first.
        kwargs_chunk_spec: The same by name.
    """
    kwargs = kwargs or {}
    specs = args_chunk_spec or (None,) * len(args)
    if len(specs) != len(args):
        raise ValueError(f"args_chunk_spec has {len(specs)} entries for {len(args)} arguments")
    rows = [_cut(value, spec, chunks) for value, spec in zip(args, specs, strict=True)]
    named = {key: _cut(value, (kwargs_chunk_spec or {}).get(key), chunks) for key, value in kwargs.items()}
    of_args = [tuple(row[number] for row in rows) for number in range(chunks)]
    return of_args, [{key: row[number] for key, row in named.items()} for number in range(chunks)]


def merge_chunks(chunks: list[Any], chunk_spec: Any = None) -> Any:
    """What the parts of a batch gave, joined: tensors along the first dimension by default.

    Args:
        chunks: A value for each part.
        chunk_spec: By which dimension tensors are joined: a `TensorChunkSpec`, or one for each output.
    """
    if not chunks:
        return None
    leaves = [tree_flatten(chunk)[0] for chunk in chunks]
    tree = tree_flatten(chunks[0])[1]
    specs = tree_flatten(chunk_spec)[0] if chunk_spec is not None else [None] * len(leaves[0])
    joined = []
    for spec, column in zip(specs, zip(*leaves, strict=True), strict=True):
        if isinstance(column[0], Tensor):
            dim = spec.split_dim if isinstance(spec, TensorChunkSpec) else 0
            joined.append(torch.cat(list(column), dim) if column[0].dim() else torch.stack(list(column)))
        else:
            joined.append(column[0])
    return tree_unflatten(joined, tree)
