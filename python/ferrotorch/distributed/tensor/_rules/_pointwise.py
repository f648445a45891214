"""Functions of single elements: inputs are cut alike, and so is the result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.distributed.tensor import _dispatch
from ferrotorch.distributed.tensor._dispatch import RULES, computed, inputs_of, is_spread, local_of
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, Placements
from ferrotorch.distributed.tensor._redistribute import redistribute
from ferrotorch.distributed.tensor.placement_types import Placement, Replicate, Shard
from ferrotorch.utils._pytree import tree_leaves, tree_map

__all__ = ["pointwise"]

Tensor = torch.Tensor

# Of the ops that are declared to broadcast, those that do so along leading dimensions only.
_OF_MATRICES = ("cholesky_solve", "solve_triangular")
# Written in Python, or declared otherwise.
_OTHERS = (
    "relu6", "selu", "celu", "silu", "mish", "hardswish", "hardsigmoid", "logsigmoid", "softsign", "tanhshrink", "gelu",
    "elu", "leaky_relu", "softplus", "hardtanh", "softshrink", "hardshrink", "threshold", "selu_", "celu_", "elu_",
    "leaky_relu_", "hardtanh_", "threshold_", "masked_fill", "masked_fill_", "fill_", "zero_", "type_as", "float",
    "double", "half", "bfloat16", "int", "long", "bool", "short", "char", "byte", "cfloat", "cdouble", "to", "type",
    "clone", "contiguous", "detach", "conj", "resolve_conj", "resolve_neg", "real", "imag", "fill", "cpu", "detach_",
    "view_as_self", "alias", "nan_to_num",
)  # fmt: skip
# Python's operators by what they compute.
_OPERATORS = {
    "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge", "__neg__": "neg",
    "__invert__": "bitwise_not", "__abs__": "abs", "__pos__": "positive", "__rsub__": "rsub", "__rtruediv__": "rdiv",
    "__rdiv__": "rdiv", "__rpow__": "rpow", "__and__": "and", "__or__": "or", "__xor__": "xor", "__add__": "add",
    "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul", "__truediv__": "div", "__pow__": "pow",
    "__mod__": "remainder", "__floordiv__": "floor_divide", "__rfloordiv__": "floor_divide", "__iadd__": "add_",
    "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_", "__ipow__": "pow_",
}  # fmt: skip
# f(x + y) is f(x) + f(y): a summand stays one. Of the second line if all tensors are summands, of the third if one is.
_LINEAR = frozenset(["neg", "negative", "clone", "contiguous", "detach", "to", "float", "double", "type_as"])
_SUMS = frozenset(["add", "sub", "subtract", "add_", "sub_", "__add__", "__sub__", "__radd__"])
_SCALED = frozenset(["mul", "multiply", "div", "divide", "true_divide", "mul_", "div_", "__mul__", "__truediv__"])


def _keeps_summands(name: str, things: Sequence[Any], mesh_dim: int) -> bool:
    """Is the result the sum of what is computed from summands along a dimension of the mesh?"""
    operands: list[Any] = [thing for thing in things if isinstance(thing, int | float | complex | Tensor)]
    summands = [is_spread(each) and each.placements[mesh_dim].is_partial() for each in operands]
    if name in _LINEAR:
        return bool(summands) and summands[0]
    if name in _SUMS:
        return len(operands) == 2 and all(summands) and operands[0].placements == operands[1].placements
    if name in _SCALED:
        return len(operands) == 2 and summands[0] and not isinstance(operands[1], Tensor)
    return False


def _candidate(tensor: Any, mesh_dim: int, shape: Sequence[int]) -> Shard | None:
    """How the result would be cut if it were cut as one of the inputs is."""
    placement = tensor.placements[mesh_dim]
    if not isinstance(placement, Shard):
        return None
    dim = placement.dim + len(shape) - tensor.ndim
    return _shard(placement, dim) if tensor.shape[placement.dim] == shape[dim] else None


def _shard(like: Shard, dim: int) -> Shard:
    return dataclasses.replace(like, dim=dim)


def _chosen(name: str, spread: Sequence[Any], things: Sequence[Any], shape: Sequence[int]) -> Placements:
    """How the result lies: cut as the largest of the inputs that are cut."""
    placements: list[Placement] = []
    for mesh_dim in range(spread[0].device_mesh.ndim):
        if _keeps_summands(name, things, mesh_dim):
            placements.append(spread[0].placements[mesh_dim])
            continue
        ordered = sorted(spread, key=lambda each: -each.numel())
        candidates = [_candidate(each, mesh_dim, shape) for each in ordered]
        placements.append(next((each for each in candidates if each is not None), Replicate()))
    return tuple(placements)


def _wanted(tensor: Any, result: Placements, shape: Sequence[int]) -> Placements:
    """How an input has to lie for a result that lies so."""
    wanted: list[Placement] = []
    for placement in result:
        if not isinstance(placement, Shard):
            wanted.append(placement)
            continue
        dim = placement.dim - (len(shape) - tensor.ndim)
        is_cut = dim >= 0 and tensor.shape[dim] == shape[placement.dim]
        wanted.append(_shard(placement, dim) if is_cut else Replicate())
    return tuple(wanted)


def pointwise(func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The rule of functions of single elements."""
    spread = inputs_of(name, (args, kwargs))
    target = kwargs.get("out") if is_spread(kwargs.get("out")) else None
    if target is None and _dispatch._is_in_place(name):
        target = args[0]
    things = tree_leaves((args, {key: value for key, value in kwargs.items() if key != "out"}))
    tensors = [thing for thing in things if isinstance(thing, Tensor)]
    shape = torch.broadcast_shapes(*(tuple(each.shape) for each in tensors))
    result = _chosen(name, spread, things, shape)
    if target is not None and is_spread(target):
        result = _of_target(name, target, result, things)
    locals_ = {id(each): local_of(each, _wanted(each, result, shape), result) for each in spread if each is not target}
    given, named = tree_map(lambda leaf: locals_.get(id(leaf), leaf), (args, kwargs))
    if target is not None:
        with _C.DisableTorchFunctionSubclass():
            func(*given, **named)
        return target
    outcome = func(*given, **named)
    return tree_map(lambda leaf: computed(leaf, spread[0]._spec, result, shape), outcome)


def _of_target(name: str, target: Any, result: Placements, things: Sequence[Any]) -> Placements:
    """A tensor that is written to stays as it lies.

    Raises:
        RuntimeError: it is a summand, and the result would have to be the whole.
    """
    if any(each.is_partial() and each != its for each, its in zip(target.placements, result, strict=True)):
        raise RuntimeError(f"torch.{name}: in-place operations that require placement changes are not supported")
    placements: Placements = target.placements
    return placements


def _is_declared(name: str) -> bool:
    for owner in (torch, Tensor, torch.special, torch.nn.functional, _C):
        op = getattr(owner, name, None)
        if isinstance(op, _C.Op):
            return bool(op._batching == "Broadcast") and name not in _OF_MATRICES
    return False


def _dropout(func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """As one process would drop: each draws for the whole, from the same state of its generator, and takes its part."""
    (input, p, training) = [*args, *(kwargs.get(key, default) for key, default in _DROPOUT[len(args) :])][:3]
    inputs_of(name, (args, kwargs))
    if not training or p == 0 or any(each.is_partial() for each in input.placements):
        return _dispatch.by_copies(func, name, args, kwargs) if training and p else input.clone()
    spec = input._spec
    whole: Tensor = func(torch.ones(tuple(input.shape), dtype=input.dtype, device=input.device), p, True)
    lies = DTensorSpec(spec.mesh, (Replicate(),) * spec.mesh.ndim, spec.shape)
    mask = redistribute(whole, lies, spec.placements)
    return input * _dispatch.wrap(mask.view_as(mask), spec)


_DROPOUT = (("input", None), ("p", 0.5), ("training", True), ("inplace", False))

_names = {name for owner in (torch, Tensor, torch.special, torch.nn.functional) for name in dir(owner)}
RULES.update(dict.fromkeys([name for name in _names if _is_declared(name)], pointwise))
RULES.update(dict.fromkeys([*_OTHERS, *_OPERATORS], pointwise))
RULES["dropout"] = _dropout
