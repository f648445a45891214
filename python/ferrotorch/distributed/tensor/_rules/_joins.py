"""Several tensors put together: they lie alike, and not cut along the dimension along which they are joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch.distributed.tensor._dispatch import RULES, computed, inputs_of, local_of
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard

__all__: list[str] = []


def _join(func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tensors = list(args[0] if args else kwargs["tensors"])
    spread = inputs_of(name, tensors)
    first, stacks = spread[0], name == "stack"
    dim = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis", 0))
    dim = dim % (first.ndim + stacks)
    wanted: list[Placement] = []
    result: list[Placement] = []
    for mesh_dim, placement in enumerate(first.placements):
        is_common = all(each.placements[mesh_dim] == placement for each in spread) and len(spread) == len(tensors)
        if isinstance(placement, Shard) and (stacks or placement.dim != dim):
            wanted.append(placement)
            result.append(Shard(placement.dim + (stacks and placement.dim >= dim)))
        elif isinstance(placement, Partial) and is_common:
            wanted.append(placement)
            result.append(placement)
        else:
            wanted.append(Replicate())
            result.append(Replicate())
    shape = list(first.shape)
    if stacks:
        shape.insert(dim, len(tensors))
    else:
        shape[dim] = sum(each.shape[dim] for each in tensors)
    locals_ = [local_of(each, tuple(wanted), tuple(result)) for each in tensors]
    return computed(func(locals_, dim), first._spec, tuple(result), shape)


RULES.update(dict.fromkeys(["cat", "concat", "concatenate", "stack"], _join))
