"""Rules of users: how the inputs of an op may lie in the processes of a mesh, and how its results do then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._ops import OpOverload
from ferrotorch.distributed.tensor import _rules  # noqa: F401  (its rules first: those of users replace them)
from ferrotorch.distributed.tensor._dispatch import RULES, by_copies, computed, inputs_of, is_spread, local_of
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, Placements
from ferrotorch.distributed.tensor.placement_types import Placement, Shard
from ferrotorch.utils._pytree import tree_leaves, tree_map

__all__ = ["register_sharding"]

Tensor = torch.Tensor
# For one dimension of a mesh: how results lie if arguments lie so; None for what is no tensor.
Acceptable = tuple[Sequence[Placement | None], Sequence[Placement | None]]
# Ops that PyTorch makes of functions, by the names of these; their third argument is whether float16 becomes float32.
_SOFTMAX = {"_softmax": "softmax", "_log_softmax": "log_softmax"}


def register_sharding(op: OpOverload | list[OpOverload]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function that says how the tensors of an op, or of several, may lie in the processes of a mesh.

    The function gets the op's arguments with a specification (``mesh``, ``placements``, ``shape``, ``ndim``) in the
    place of each spread tensor, and returns a list of pairs: placements of the results, and of the arguments (None for
    what is no tensor), along *one* dimension of the mesh. For every dimension of the mesh that pair is taken for which
    the fewest elements have to move; where none of them fits, every process computes the whole.

    Args:
        op: overloads such as ``torch.ops.aten.softmax.int`` or ``torch.ops.mine.op.default``.

    Raises:
        TypeError: something else than overloads of ops.
    """
    overloads = op if isinstance(op, list) else [op]
    for each in overloads:
        if not isinstance(each, OpOverload):
            raise TypeError(
                f"register_sharding: expected an overload of an op such as torch.ops.aten.add.Tensor, got {each}"
            )

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for each in overloads:
            for key in _keys(each):
                RULES[key] = _rule(function, has_flag=str(each).split(".")[1] in _SOFTMAX)
        return function

    return register


def _keys(overload: OpOverload) -> list[str]:
    """The names that the dispatch of spread tensors has for an op: what is in ``aten`` are functions of the library."""
    namespace, name, _ = str(overload).split(".")
    return [_SOFTMAX.get(name, name)] if namespace == "aten" else [str(overload), f"{namespace}.{name}"]


def _rule(function: Callable[..., Any], *, has_flag: bool) -> Callable[..., Any]:
    def rule(func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        spec = inputs_of(name, (args, kwargs))[0]._spec
        given: Any = tree_map(lambda leaf: leaf._spec if is_spread(leaf) else leaf, (args, kwargs))
        if has_flag:
            given = ((given[0][0], kwargs["dim"] if "dim" in kwargs else args[1], False), {})
        ways = function(*given[0], **given[1])
        chosen = [_cheapest(ways, (args, kwargs), mesh_dim) for mesh_dim in range(spec.mesh.ndim)]
        if any(way is None for way in chosen):
            return by_copies(func, name, args, kwargs)
        return _on_parts(func, args, kwargs, spec, chosen)

    return rule


def _cheapest(ways: Sequence[Acceptable], things: Any, mesh_dim: int) -> Acceptable | None:
    """Of the ways in which the arguments can lie, the one for which the fewest elements move."""
    costs = [(_cost(way[1], tree_leaves(things), mesh_dim), number) for number, way in enumerate(ways)]
    possible = [(cost, number) for cost, number in costs if cost is not None]
    return ways[min(possible)[1]] if possible else None


def _cost(wanted: Sequence[Placement | None], leaves: Sequence[Any], mesh_dim: int) -> int | None:
    """How many elements move; None if a tensor cannot be cut into equal parts, or is to lie where it says nothing."""
    cost = 0
    for leaf, placement in zip(leaves, wanted, strict=False):
        if not is_spread(leaf):
            continue
        if placement is None:
            return None
        if isinstance(placement, Shard) and leaf.shape[placement.dim] % leaf.device_mesh.size() != 0:
            return None
        cost += leaf.numel() if leaf.placements[mesh_dim] != placement else 0
    return cost


def _on_parts(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], spec: DTensorSpec, chosen: Sequence[Any]
) -> Any:
    """What the op computes of the parts, and how that lies."""

    def placements(number: int, *, of_results: bool) -> Placements:
        return tuple(way[0 if of_results else 1][number] for way in chosen)

    first = placements(0, of_results=True)
    numbers = iter(range(len(tree_leaves((args, kwargs)))))

    def part(leaf: Any) -> Any:
        number = next(numbers)
        return local_of(leaf, placements(number, of_results=False), first) if is_spread(leaf) else leaf

    parts, named = tree_map(part, (args, kwargs))
    outcome = func(*parts, **named)
    if isinstance(outcome, Tensor):
        return _whole(outcome, spec, first)
    return tuple(_whole(each, spec, placements(number, of_results=True)) for number, each in enumerate(outcome))


def _whole(local: Any, spec: DTensorSpec, placements: Placements) -> Any:
    """A spread tensor of equal parts."""
    if not isinstance(local, Tensor):
        return local
    shape = list(local.shape)
    for mesh_dim, placement in enumerate(placements):
        if isinstance(placement, Shard):
            shape[placement.dim] *= spec.mesh.size(mesh_dim)
    return computed(local, spec, placements, shape)
