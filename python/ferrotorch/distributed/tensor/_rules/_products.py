"""Products of matrices.

A product is cut by rows of the first factor, by columns of the second, or along the dimension that is summed over,
which leaves summands. For each dimension of the mesh that way is taken which moves the fewest elements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.distributed.tensor._dispatch import RULES, by_copies, computed, inputs_of, is_spread, local_of
from ferrotorch.distributed.tensor._dtensor_spec import Placements
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard

__all__: list[str] = []

Tensor = torch.Tensor
Function = Callable[..., Any]


class _Way(NamedTuple):
    """How the two factors have to lie along a dimension of the mesh, and how the product does."""

    first: Placement
    second: Placement
    product: Placement


def _cost(source: Placement, target: Placement, size: int) -> float:
    """Elements that a change moves; taking one's part of a copy costs next to nothing, but more than nothing."""
    if source == target:
        return 0.0
    if source.is_replicate():
        return 1e-3 * size
    if source.is_partial():
        return 1e30 if target.is_partial() else size * (1.0 if target.is_shard() else 2.0)
    return 1e30 if target.is_partial() else size * (0.5 if target.is_shard() else 1.0)


def _placements(first: Any, second: Any, ways: Sequence[_Way]) -> tuple[Placements, Placements, Placements]:
    """The cheapest way for each dimension of the mesh."""
    chosen = []
    for mesh_dim in range(first.device_mesh.ndim):
        here = first.placements[mesh_dim], second.placements[mesh_dim]

        def cost(way: _Way, here: tuple[Placement, Placement] = here) -> float:
            return _cost(here[0], way.first, first.numel()) + _cost(here[1], way.second, second.numel())

        chosen.append(min(ways, key=cost))
    return tuple(way.first for way in chosen), tuple(way.second for way in chosen), tuple(way.product for way in chosen)


def _ways(a: Sequence[int], b: Sequence[int]) -> list[_Way]:
    """The ways to multiply matrices, or batches of them, of these shapes."""
    ndim = max(len(a), len(b))
    same = Replicate()
    ways = [_Way(same, same, same), _Way(Partial(), same, Partial()), _Way(same, Partial(), Partial())]
    is_matrix = len(a) > 1, len(b) > 1
    if is_matrix[0]:
        ways.append(_Way(Shard(len(a) - 2), same, Shard(ndim - 2)))
    if is_matrix[1]:
        ways.append(_Way(same, Shard(len(b) - 1), Shard(ndim - 2 + is_matrix[0])))
    ways.append(_Way(Shard(len(a) - 1), Shard(max(len(b) - 2, 0)), Partial()))
    for dim in range(ndim - 2):
        mine, its = dim - (ndim - len(a)), dim - (ndim - len(b))
        is_mine = mine >= 0 and a[mine] != 1
        is_its = its >= 0 and b[its] != 1
        ways.append(_Way(Shard(mine) if is_mine else same, Shard(its) if is_its else same, Shard(dim)))
    return ways


def _matmul(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    first, second = args[:2]
    if name == "__rmatmul__":
        first, second = second, first
    if len(args) > 2 or kwargs or not (is_spread(first) and is_spread(second)):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (first, second))
    a, b = first.shape, second.shape
    if a[-1] != b[max(len(b) - 2, 0)]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({list(a)} and {list(b)})")
    ones, others, product = _placements(first, second, _ways(a, b))
    batch = torch.broadcast_shapes(tuple(a[:-2]), tuple(b[:-2]))
    shape = [*batch, *(a[-2:-1] if len(a) > 1 else ()), *(b[-1:] if len(b) > 1 else ())]
    local = torch.matmul(local_of(first, ones, product), local_of(second, others, product))
    return computed(local, first._spec, product, shape)


def _linear(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    given = {**dict(zip(("input", "weight", "bias"), args, strict=False)), **kwargs}
    input, weight, bias = given["input"], given["weight"], given.get("bias")
    if not (is_spread(input) and is_spread(weight)):
        inputs_of(name, (args, kwargs))
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    same, last = Replicate(), input.ndim - 1
    ways = [
        _Way(same, same, same),
        _Way(Partial(), same, Partial()),
        _Way(same, Shard(0), Shard(last)),
        _Way(Shard(last), Shard(1), Partial()),
        *(_Way(Shard(dim), same, Shard(dim)) for dim in range(last)),
    ]
    ones, others, product = _placements(input, weight, ways)
    added = None
    if bias is not None:
        # A summand is added to by one process.
        lies = tuple(Shard(0) if each == Shard(last) and its == Shard(0) else each if each.is_partial() else same
                     for each, its in zip(product, others, strict=True))  # fmt: skip
        added = local_of(bias, lies, product)
    local = func(local_of(input, ones, product), local_of(weight, others, product), added)
    return computed(local, input._spec, product, [*input.shape[:-1], weight.shape[0]])


def _added(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``addmm`` and its like: a product, and something added."""
    input, first, second = args[:3]
    beta, alpha = kwargs.get("beta", 1), kwargs.get("alpha", 1)
    product = _matmul(torch.matmul, "matmul", (first, second), {})
    return input * beta + product * alpha if (beta, alpha) != (1, 1) else input + product


RULES.update(dict.fromkeys(["matmul", "mm", "bmm", "mv", "dot", "__matmul__", "__rmatmul__"], _matmul))
RULES["linear"] = _linear
RULES.update(dict.fromkeys(["addmm", "baddbmm", "addmv"], _added))
