"""A function of vectors, at every vector of the standard basis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch
from ferrotorch import _C
from ferrotorch._functorch.vmap import vmap
from ferrotorch.utils._pytree import tree_flatten, tree_map, tree_unflatten

Tensor = _C.Tensor


def over_basis(function: Callable[..., tuple[Any, Any]], like: list[Tensor], randomness: str) -> tuple[Any, Any]:
    """``function(*tensors)`` for tensors like those given that are zero but for one element, which is one.

    Returns:
        The first parts of what it returns, the tensors in them stacked along a new first dimension, an entry for each
        element of the tensors; and the second part of a call.
    """
    if randomness not in ("error", "same", "different"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    # Random numbers are drawn as by one run after the other.
    if randomness == "error" and sum(tensor.numel() for tensor in like) > 1:
        try:
            return _at_once(function, like)
        except _C._BatchingError:
            # The function looks at values, or writes to what is outside: one vector after the other.
            pass
    results, aux, spec = [], [], None
    random = ferrotorch.get_rng_state()
    for basis in _basis(like):
        with _random_as(randomness, random):
            columns, other = function(*basis)
        leaves, spec = tree_flatten(columns)
        results.append(leaves)
        aux.append(other)
    if spec is None:
        columns, other = function(*map(_C.zeros_like, like))
        leaves, spec = tree_flatten(columns)
        return tree_unflatten([leaf.new_empty((0, *leaf.shape)) for leaf in leaves], spec), other
    return tree_unflatten([_C.stack(list(column)) for column in zip(*results, strict=True)], spec), aux[0]


def _at_once(function: Callable[..., tuple[Any, Any]], like: list[Tensor]) -> tuple[Any, Any]:
    """All vectors as samples of one call."""
    (basis,) = standard_basis(like, sum(tensor.numel() for tensor in like))
    other = []

    def sample(*vectors: Tensor) -> Any:
        columns, aux = function(*vectors)
        other.append(tree_map(_first_sample, aux))
        return columns

    return vmap(sample)(*basis), other[0]


def _first_sample(leaf: Any) -> Any:
    """What is the same for all samples of the innermost `vmap`."""
    if not isinstance(leaf, Tensor):
        return leaf
    frames = _C._vmap_frames()
    return _C._remove_batch_dim(leaf, len(frames), frames[-1][0], 0)[0]


def standard_basis(like: list[Tensor], chunk_size: int) -> Iterator[list[Tensor]]:
    """The unit vectors of the space of several tensors, along a first dimension, so many at a time."""
    total = sum(tensor.numel() for tensor in like)
    for start in range(0, total, chunk_size):
        count, first, chunk = min(chunk_size, total - start), 0, []
        for tensor in like:
            n = math.prod(tensor.shape)
            places = ferrotorch.arange(start - first, start - first + count, device=tensor.device).unsqueeze(1)
            unit = places == ferrotorch.arange(n, device=tensor.device)
            chunk.append(unit.to(tensor.dtype).reshape(count, *tensor.shape))
            first += n
        yield chunk


@contextmanager
def _random_as(randomness: str, state: Tensor) -> Iterator[None]:
    """One of several runs that are to be taken for one, which began with a state of the generator."""
    if randomness == "same":
        ferrotorch.set_rng_state(state)
    yield
    if randomness == "error" and not _C.equal(ferrotorch.get_rng_state(), state):
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
            "randomness flags on vmap or perform the randomness operation out of vmap"
        )


def _basis(like: list[Tensor]) -> Iterator[list[Tensor]]:
    for i, tensor in enumerate(like):
        for j in range(tensor.numel()):
            vectors = [_C.zeros_like(other, memory_format=ferrotorch.contiguous_format) for other in like]
            vectors[i].view(-1)[j] = 1
            yield vectors
