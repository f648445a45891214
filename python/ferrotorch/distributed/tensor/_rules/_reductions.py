"""Reductions: a dimension that is cut and reduced leaves each process a summand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.tensor._dispatch import RULES, by_copies, computed, inputs_of, is_spread, local_of
from ferrotorch.distributed.tensor._dtensor_spec import Placements
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard, _NormPartial

__all__: list[str] = []

Tensor = torch.Tensor
Function = Callable[..., Any]


def dims_of(given: Any, ndim: int) -> list[int]:
    """The dimensions that an argument names, counted from the front; all for None or none."""
    if given is None or (isinstance(given, list | tuple) and not given):
        return list(range(ndim))
    named = given if isinstance(given, list | tuple) else [given]
    return [dim % ndim if ndim else 0 for dim in named]


def _result_dim(dim: int, dims: Sequence[int], keepdim: bool) -> int:
    return dim if keepdim else dim - sum(each < dim for each in dims)


def _result_shape(shape: Sequence[int], dims: Sequence[int], keepdim: bool) -> list[int]:
    if keepdim:
        return [1 if dim in dims else length for dim, length in enumerate(shape)]
    return [length for dim, length in enumerate(shape) if dim not in dims]


def _lying(
    input: Any, dims: Sequence[int], keepdim: bool, summand: Placement | None, is_linear: bool
) -> tuple[Placements, Placements]:
    """How the input has to lie, and the result does; ``summand``: what a cut dimension that is reduced leaves."""
    wanted: list[Placement] = []
    result: list[Placement] = []
    for placement in input.placements:
        if isinstance(placement, Shard) and placement.dim not in dims:
            wanted.append(placement)
            result.append(Shard(_result_dim(placement.dim, dims, keepdim)))
        elif isinstance(placement, Shard) and summand is not None:
            wanted.append(placement)
            result.append(summand)
        elif isinstance(placement, Partial) and (is_linear or placement == summand):
            wanted.append(placement)
            result.append(placement)
        else:
            wanted.append(Replicate())
            result.append(Replicate())
    return tuple(wanted), tuple(result)


def _dim_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, bool]:
    """The dimensions and ``keepdim`` of a call ``f(input, dim, keepdim)``."""
    dim = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis"))
    keepdim = args[2] if len(args) > 2 else kwargs.get("keepdim", kwargs.get("keepdims", False))
    return dim, bool(keepdim)


def _sum(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Sums and means. A mean is a sum, divided by the number of elements of the whole."""
    if kwargs.get("out") is not None or not is_spread(args[0]):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    input = args[0]
    dim, keepdim = _dim_arguments(args, kwargs)
    dims = dims_of(dim, input.ndim)
    wanted, result = _lying(input, dims, keepdim, Partial(), is_linear=True)
    local = local_of(input, wanted, result)
    dtype = kwargs.get("dtype")
    shape = _result_shape(input.shape, dims, keepdim)
    if name != "mean":
        return computed(torch.sum(local, dims, keepdim, dtype=dtype), input._spec, result, shape)
    if not (local.is_floating_point() or local.is_complex()) and dtype is None:
        return by_copies(func, name, args, kwargs)
    total = torch.sum(local, dims, keepdim, dtype=dtype)
    return computed(total / prod(input.shape[each] for each in dims), input._spec, result, shape)


_SUMMANDS = {
    "amax": Partial("max"), "amin": Partial("min"), "max": Partial("max"), "min": Partial("min"),
    "prod": Partial("product"),
}  # fmt: skip


def _extreme(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Largest and smallest values, products: of tensors that need no gradient each process has a part of the answer."""
    input = args[0]
    dim, keepdim = _dim_arguments(args, kwargs)
    if not is_spread(input) or isinstance(dim, Tensor) or "other" in kwargs or (name == "prod" and dim is not None):
        return RULES["maximum" if name == "max" else "minimum"](func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    dims = dims_of(dim, input.ndim)
    has_indices = name in ("max", "min") and dim is not None
    is_plain = not (has_indices or (input.requires_grad and torch.is_grad_enabled())) and _all_have_some(input)
    wanted, result = _lying(input, dims, keepdim, _SUMMANDS[name] if is_plain else None, is_linear=False)
    local = func(local_of(input, wanted, result), *args[1:], **kwargs)
    return _all_computed(local, input, result, _result_shape(input.shape, dims, keepdim))


def _all_have_some(input: Any) -> bool:
    """Has every process an element?"""
    counts = [1] * input.ndim
    for mesh_dim, placement in enumerate(input.placements):
        if isinstance(placement, Shard):
            counts[placement.dim] *= input.device_mesh.size(mesh_dim)
    return all(
        Shard.local_shard_size_and_offset(length, count, count - 1)[0] > 0
        for length, count in zip(input.shape, counts, strict=True)
    )


def _all_computed(local: Any, input: Any, result: Placements, shape: Sequence[int]) -> Any:
    if isinstance(local, Tensor):
        return computed(local, input._spec, result, shape)
    made = [computed(each, input._spec, result, shape) for each in local]
    return type(local)(made)


def _reduction(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Any other reduction: what is reduced must not be cut."""
    if not is_spread(args[0]) or isinstance(kwargs.get("out"), Tensor):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    input = args[0]
    dim, _ = _dim_arguments(args, kwargs)
    keepdim = bool(kwargs.get("keepdim", False))
    dims = dims_of(None if isinstance(dim, bool) else dim, input.ndim)
    wanted, result = _lying(input, dims, keepdim, None, is_linear=False)
    local = func(local_of(input, wanted, result), *args[1:], **kwargs)
    return _all_computed(local, input, result, _result_shape(input.shape, dims, keepdim))


def _norm(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The norm of all elements: each process has that of its part, unless a gradient is needed."""
    input, power = args[0], (args[1] if len(args) > 1 else kwargs.get("p", kwargs.get("ord", 2.0)))
    power = 2.0 if power in (None, "fro") else power
    has_dim = len(args) > 2 or kwargs.get("dim") is not None
    needs_grad = is_spread(input) and input.requires_grad and torch.is_grad_enabled()
    if has_dim or needs_grad or not isinstance(power, int | float) or power <= 0 or not _all_have_some(input):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    dims = list(range(input.ndim))
    wanted, result = _lying(input, dims, False, _NormPartial(norm_type=float(power)), is_linear=False)
    local = func(local_of(input, wanted, result), *args[1:], **kwargs)
    shape = [1] * input.ndim if kwargs.get("keepdim") else []
    return computed(local, input._spec, result, shape)


RULES.update(dict.fromkeys(["sum", "mean"], _sum))
RULES.update(dict.fromkeys(["amax", "amin", "max", "min", "prod"], _extreme))
RULES.update(dict.fromkeys(["argmax", "argmin", "var", "std", "logsumexp", "any", "all"], _reduction))
RULES.update(dict.fromkeys(["norm", "vector_norm"], _norm))
