"""Views: a dimension that is cut stays cut where it can be found in the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.tensor._dispatch import RULES, by_copies, computed, inputs_of, is_spread, local_of
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, Placements
from ferrotorch.distributed.tensor.placement_types import Placement, Replicate, Shard, _StridedShard

__all__: list[str] = []

Tensor = torch.Tensor
Function = Callable[..., Any]
# The dimension of the result that a dimension of the input becomes; None where it does not stay whole.
Mapping = dict[int, int]


def _placed(input: Any, mapping: Mapping) -> tuple[Placements, Placements]:
    """How the input has to lie, and the result does, where dimensions become others."""
    wanted: list[Placement] = []
    result: list[Placement] = []
    for placement in input.placements:
        if not isinstance(placement, Shard):
            wanted.append(placement)
            result.append(placement)
        elif placement.dim in mapping:
            wanted.append(placement)
            dim = mapping[placement.dim]
            is_strided = isinstance(placement, _StridedShard)
            result.append(_StridedShard(dim, placement.split_factor) if is_strided else Shard(dim))  # type: ignore[attr-defined]
        else:
            wanted.append(Replicate())
            result.append(Replicate())
    return tuple(wanted), tuple(result)


def _mapped(func: Callable[[Tensor], Any], input: Any, mapping: Mapping, shape: Sequence[int]) -> Any:
    """The result of a view of this process's part."""
    wanted, result = _placed(input, mapping)
    return computed(func(local_of(input, wanted, result)), input._spec, result, shape)


def _permuted(input: Any, dims: Sequence[int]) -> Any:
    mapping = {dim: place for place, dim in enumerate(dims)}
    return _mapped(lambda local: local.permute(dims), input, mapping, [input.shape[dim] for dim in dims])


def _unpacked(given: tuple[Any, ...]) -> list[Any]:
    """The numbers of a call ``f(1, 2)`` or ``f((1, 2))``."""
    return list(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else list(given)


def _permute(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input = args[0]
    dims = _unpacked(args[1:]) or list(kwargs["dims"])
    return _permuted(input, [dim % input.ndim for dim in dims])


def _transpose(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input, rest = args[0], list(args[1:])
    first, second = rest if len(rest) == 2 else (kwargs.get("dim0"), kwargs.get("dim1"))
    dims = list(range(input.ndim))
    dims[first], dims[second] = dims[second], dims[first]  # type: ignore[index]
    return _permuted(input, dims)


def _reversed(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input = args[0]
    if name in ("mT", "mH"):
        dims = [*range(input.ndim - 2), input.ndim - 1, input.ndim - 2]
    else:
        dims = list(range(input.ndim))[::-1]
    turned = _permuted(input, dims)
    return turned.conj() if name in ("H", "mH") and input.is_complex() else turned


def _unsqueeze(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input, dim = args[0], (args[1] if len(args) > 1 else kwargs["dim"])
    dim %= input.ndim + 1
    shape = [*input.shape[:dim], 1, *input.shape[dim:]]
    mapping = {each: each + (each >= dim) for each in range(input.ndim)}
    return _mapped(lambda local: local.unsqueeze(dim), input, mapping, shape)


def _squeeze(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input = args[0]
    given = args[1:] or tuple(kwargs.values())
    named = range(input.ndim) if not given else [dim % input.ndim for dim in _unpacked(given)]
    gone = [dim for dim in named if input.shape[dim] == 1]
    kept = [dim for dim in range(input.ndim) if dim not in gone]
    mapping = {dim: place for place, dim in enumerate(kept)}
    return _mapped(lambda local: local.squeeze(gone), input, mapping, [input.shape[dim] for dim in kept])


def _expand(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input = args[0]
    sizes = list(args[1].shape) if name == "expand_as" else _unpacked(args[1:]) or list(kwargs["size"])
    added = len(sizes) - input.ndim
    shape = [input.shape[dim - added] if dim >= added and length == -1 else length for dim, length in enumerate(sizes)]
    mapping = {dim: dim + added for dim in range(input.ndim) if input.shape[dim] == shape[dim + added]}
    wanted, result = _placed(input, mapping)
    own = DTensorSpec(input.device_mesh, result, torch.Size(shape)).local_shape()
    return computed(local_of(input, wanted, result).expand(own), input._spec, result, shape)


def _groups(before: Sequence[int], after: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Dimensions of two shapes of equally many elements, in groups that hold the same elements."""
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(before) or j < len(after):
        left, right = [], []
        sizes = [1, 1]
        while True:
            if i < len(before) and (sizes[0] <= sizes[1] or j >= len(after)):
                sizes[0] *= before[i]
                left.append(i)
                i += 1
            elif j < len(after):
                sizes[1] *= after[j]
                right.append(j)
                j += 1
            if sizes[0] == sizes[1] and (left or right):
                break
            if i >= len(before) and j >= len(after):
                break
        groups.append((left, right))
    return groups


def _reshaped(input: Any, shape: Sequence[int]) -> Any:
    """A view of another shape: of dimensions that are joined or divided, the first may be cut, if it is so evenly."""
    mapping: Mapping = {}
    counts: dict[int, int] = {}
    for mesh_dim, placement in enumerate(input.placements):
        if isinstance(placement, Shard):
            counts[placement.dim] = counts.get(placement.dim, 1) * input.device_mesh.size(mesh_dim)
    for left, right in _groups(input.shape, shape):
        long_left = [dim for dim in left if input.shape[dim] != 1]
        long_right = [dim for dim in right if shape[dim] != 1]
        if not long_left or not long_right:
            continue
        count = counts.get(long_left[0], 1)
        is_even = input.shape[long_left[0]] % count == 0 and shape[long_right[0]] % count == 0
        if is_even or (len(long_left) == 1 and len(long_right) == 1):
            mapping[long_left[0]] = long_right[0]
    wanted, result = _placed(input, mapping)
    own = DTensorSpec(input.device_mesh, result, torch.Size(shape)).local_shape()
    return computed(local_of(input, wanted, result).reshape(own), input._spec, result, shape)


def _view(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input = args[0]
    if name in ("view_as", "reshape_as"):
        return _reshaped(input, list(args[1].shape))
    sizes = _unpacked(args[1:]) or list(kwargs.get("shape", kwargs.get("size", ())))
    if sizes and isinstance(sizes[0], torch.dtype):
        return by_copies(func, name, args, kwargs)
    if -1 in sizes:
        sizes[sizes.index(-1)] = input.numel() // max(prod(each for each in sizes if each != -1), 1)
    if prod(sizes) != input.numel():
        raise RuntimeError(f"shape '{sizes}' is invalid for input of size {input.numel()}")
    return _reshaped(input, sizes)


def _flatten(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input, rest = args[0], list(args[1:])
    start = rest[0] if rest else kwargs.get("start_dim", 0)
    end = rest[1] if len(rest) > 1 else kwargs.get("end_dim", -1)
    start, end = start % input.ndim, end % input.ndim
    shape = list(input.shape)
    return _reshaped(input, [*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]])


def _unflatten(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    input, rest = args[0], list(args[1:])
    dim = (rest[0] if rest else kwargs["dim"]) % input.ndim
    sizes = list(rest[1] if len(rest) > 1 else kwargs["sizes"])
    if -1 in sizes:
        sizes[sizes.index(-1)] = input.shape[dim] // prod(each for each in sizes if each != -1)
    return _reshaped(input, [*input.shape[:dim], *sizes, *input.shape[dim + 1 :]])


def _along(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Functions that take elements along one dimension, which must not be cut: parts, sums from the front, orders."""
    input = args[0]
    if not is_spread(input) or isinstance(kwargs.get("out"), Tensor):
        return by_copies(func, name, args, kwargs)
    inputs_of(name, (args, kwargs))
    place, default = _DIM_OF[name]
    dim = args[place] if len(args) > place else kwargs.get("dim", default)
    if dim is None:
        return by_copies(func, name, args, kwargs)
    dim %= max(input.ndim, 1)
    removes = name in ("select", "unbind")
    mapping = {each: each - (removes and each > dim) for each in range(input.ndim) if each != dim}
    wanted, result = _placed(input, mapping)
    if name not in _LINEAR:
        wanted, result = (
            tuple(Replicate() if each.is_partial() else each for each in each_of) for each_of in (wanted, result)
        )
    outcome = func(local_of(input, wanted, result), *args[1:], **kwargs)
    return _parts(outcome, input, result, dim, removes)


def _parts(outcome: Any, input: Any, result: Placements, dim: int, removes: bool) -> Any:
    """The whole of each part: as long along the dimension as the part of this process, for that is not cut."""

    def whole(local: Tensor) -> Any:
        shape = list(input.shape)
        if removes:
            del shape[dim]
        elif shape:
            shape[dim] = local.shape[dim]
        return computed(local, input._spec, result, shape)

    if isinstance(outcome, Tensor):
        return whole(outcome)
    made = [whole(each) for each in outcome]
    return tuple(made) if type(outcome) is tuple else made if type(outcome) is list else type(outcome)(made)


# The place of the dimension among the arguments, and its default.
_DIM_OF: dict[str, tuple[int, int | None]] = {
    "chunk": (2, 0), "split": (2, 0), "split_with_sizes": (2, 0), "tensor_split": (2, 0), "unbind": (1, 0),
    "narrow": (1, None), "select": (1, None), "softmax": (1, None), "log_softmax": (1, None), "cumsum": (1, None),
    "cumprod": (1, None), "logcumsumexp": (1, None), "sort": (1, -1), "argsort": (1, -1), "topk": (2, -1),
    "glu": (1, -1), "softmin": (1, None), "cummax": (1, None), "cummin": (1, None), "kthvalue": (2, -1),
    "repeat_interleave": (2, None), "msort": (9, 0),
}  # fmt: skip
_LINEAR = frozenset(["chunk", "split", "split_with_sizes", "tensor_split", "unbind", "narrow", "select", "cumsum"])


def _getitem(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Indexing by numbers, slices, None and Ellipsis: dimensions that are taken whole may be cut."""
    input, index = args
    items = list(index) if isinstance(index, tuple) else [index]
    if not is_spread(input) or not all(each is None or each is ... or type(each) in (int, slice) for each in items):
        return by_copies(func, name, args, kwargs)
    named = sum(each is not None and each is not ... for each in items)
    rest = [slice(None)] * (input.ndim - named)
    at = items.index(...) if ... in items else len(items)
    items[at : at + (... in items)] = rest
    mapping: Mapping = {}
    shape: list[int] = []
    dim = 0
    for item in items:
        if item is None:
            shape.append(1)
            continue
        if isinstance(item, slice):
            taken = range(*item.indices(input.shape[dim]))
            if taken == range(input.shape[dim]):
                mapping[dim] = len(shape)
            shape.append(len(taken))
        dim += 1
    return _mapped(lambda local: local[tuple(items)], input, mapping, shape)


RULES.update({"permute": _permute, "unsqueeze": _unsqueeze, "squeeze": _squeeze, "__getitem__": _getitem})
RULES.update(dict.fromkeys(["transpose", "swapaxes", "swapdims"], _transpose))
RULES.update(dict.fromkeys(["t", "T", "mT", "H", "mH"], _reversed))
RULES.update(dict.fromkeys(["expand", "expand_as", "broadcast_to"], _expand))
RULES.update(dict.fromkeys(["view", "reshape", "view_as", "reshape_as"], _view))
RULES.update({"flatten": _flatten, "unflatten": _unflatten})
RULES.update(dict.fromkeys(_DIM_OF, _along))
