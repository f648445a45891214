"""Layers: look-ups in tables, normalisations, attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.tensor._dispatch import RULES, by_copies, computed, inputs_of, is_spread, local_of
from ferrotorch.distributed.tensor._dtensor_spec import Placements
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard

__all__: list[str] = []

Tensor = torch.Tensor
Function = Callable[..., Any]


def _arguments(names: Sequence[str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a call by their names."""
    return {**dict(zip(names, args, strict=False)), **kwargs}


def _embedding(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A table that is cut by rows gives summands: each process looks up what it has."""
    given = _arguments(("input", "weight", "padding_idx"), args, kwargs)
    input, weight = given.pop("input"), given.pop("weight")
    if not (is_spread(input) and is_spread(weight)) or given.get("max_norm") is not None:
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    numbers: list[Placement] = []
    rows: list[Placement] = []
    result: list[Placement] = []
    for mine, its in zip(input.placements, weight.placements, strict=True):
        if its == Shard(0):
            ways: tuple[Placement, Placement, Placement] = (Replicate(), its, Partial())
        elif its == Shard(1):
            ways = (Replicate(), its, Shard(input.ndim))
        else:
            ways = (mine, Replicate(), mine) if isinstance(mine, Shard) else (Replicate(),) * 3
        for row, way in zip((numbers, rows, result), ways, strict=True):
            row.append(way)
    lies = tuple(result)
    places, table = local_of(input, tuple(numbers)), local_of(weight, tuple(rows), lies)
    is_cut = Shard(0) in rows
    local = _looked_up(places, table, weight, tuple(rows), given) if is_cut else func(places, table, **given)
    return computed(local, weight._spec, lies, [*input.shape, weight.shape[1]])


def _looked_up(places: Tensor, table: Tensor, weight: Any, rows: Placements, options: dict[str, Any]) -> Tensor:
    """The rows that this process has, and zeros for the others."""
    spec = weight._spec.with_placements(rows)
    begin, length = 0, weight.shape[0]
    for mesh_dim in spec.order():
        if rows[mesh_dim] == Shard(0):
            size, rank = spec.mesh.size(mesh_dim), spec.coordinate()[mesh_dim]
            length, offset = Shard.local_shard_size_and_offset(length, size, rank)
            begin += offset
    is_absent = (places < begin) | (places >= begin + length)
    padding = options.get("padding_idx")
    own: dict[str, Any] = {key: value for key, value in options.items() if key != "padding_idx"}
    if padding is not None:
        padding %= weight.shape[0]
        if begin <= padding < begin + length:
            own["padding_idx"] = padding - begin
    if not length:
        # The table takes part in the graph, as in all other processes: backward passes have to be alike.
        return table.new_zeros((*places.shape, table.shape[1])) + table.sum()
    found = torch.nn.functional.embedding((places - begin).masked_fill(is_absent, 0), table, **own)
    return found.masked_fill(is_absent.unsqueeze(-1), 0)


def _normalised(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Layers that normalise over the last dimensions, which must not be cut."""
    given = _arguments(
        ("input", "normalized_shape", "weight", "bias" if name == "layer_norm" else "eps", "eps"), args, kwargs
    )
    input = given.pop("input")
    if not is_spread(input):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    first = input.ndim - len(given["normalized_shape"])
    lies: Placements = tuple(
        each if isinstance(each, Shard) and each.dim < first else Replicate() for each in input.placements
    )
    copies: Placements = (Replicate(),) * len(lies)
    for key in ("weight", "bias"):
        if is_spread(given.get(key)):
            given[key] = local_of(given[key], copies, lies)
    return computed(func(local_of(input, lies, lies), **given), input._spec, lies, input.shape)


def _attention(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Attention of batches and heads that are cut alike; sequences and features are not."""
    given = _arguments(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), args, kwargs)
    query, key, value = (given.pop(each) for each in ("query", "key", "value"))
    mask = given.get("attn_mask")
    if not all(map(is_spread, (query, key, value))) or is_spread(mask) or given.get("dropout_p"):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (query, key, value))
    lies: Placements = tuple(
        each
        if isinstance(each, Shard)
        and each.dim < query.ndim - 2
        and {one.shape[each.dim] for one in (query, key, value)} == {query.shape[each.dim]}
        else Replicate()
        for each in query.placements
    )
    if mask is not None and any(each.is_shard() for each in lies) and mask.dim() > 2:
        return by_copies(func, name, args, kwargs)
    locals_ = [local_of(each, lies, lies) for each in (query, key, value)]
    shape = [*query.shape[:-1], value.shape[-1]]
    return computed(func(*locals_, **given), query._spec, lies, shape)


RULES["embedding"] = _embedding
RULES.update(dict.fromkeys(["layer_norm", "rms_norm"], _normalised))
RULES["scaled_dot_product_attention"] = _attention
