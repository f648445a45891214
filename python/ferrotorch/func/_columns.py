"""A function of vectors, at every vector of the standard basis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch
from ferrotorch import _C
from ferrotorch.utils._pytree import tree_flatten, tree_unflatten

Tensor = _C.Tensor


def over_basis(function: Callable[..., tuple[Any, Any]], like: list[Tensor], randomness: str) -> tuple[Any, Any]:
    """``function(*tensors)`` for tensors like those given that are zero but for one element, which is one.

    Returns:
        The first parts of what it returns, the tensors in them stacked along a new first dimension, an entry for each
        element of the tensors; and the second part of a call.
    """
    if randomness not in ("error", "same", "different"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
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
