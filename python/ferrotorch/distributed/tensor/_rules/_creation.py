"""New tensors that are like another one, and values that programs ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.tensor._dispatch import RULES, computed, inputs_of, is_spread, local_of
from ferrotorch.distributed.tensor._dtensor_spec import Placements
from ferrotorch.distributed.tensor._redistribute import gradient_placements
from ferrotorch.distributed.tensor.placement_types import Partial, Replicate, Shard

__all__: list[str] = []

Tensor = torch.Tensor
Function = Callable[..., Any]


def _copies(tensor: Any) -> Placements:
    return (Replicate(),) * tensor.device_mesh.ndim


def _like(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A tensor that lies as another one does; in the place of a summand there are copies."""
    like = args[0]
    lies = tuple(Replicate() if isinstance(each, Partial) else each for each in like.placements)
    options = dict(kwargs)
    needs_grad = bool(options.pop("requires_grad", False))
    with torch.no_grad():
        made = func(local_of(like, like.placements), *args[1:], **options)
    result = computed(made, like._spec, lies, like.shape)
    return result.requires_grad_() if needs_grad else result


def _new(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A tensor of a shape of its own, the same in all processes; of the same shape, one that lies as the other does."""
    like, spec = args[0], args[0]._spec
    size = args[1] if len(args) > 1 and not isinstance(args[1], int) else args[1:]
    if name in _SIZED and len(args) > 1 and tuple(size) == tuple(like.shape) and _is_even(like):
        lies = tuple(Replicate() if isinstance(each, Partial) else each for each in like.placements)
        rest = args[2:] if not isinstance(args[1], int) else ()
        made = func(local_of(like, like.placements), spec.local_shape(), *rest, **kwargs)
        return computed(made, spec, lies, like.shape)
    return computed(func(local_of(like, like.placements), *args[1:], **kwargs), like._spec, _copies(like))


_SIZED = frozenset(["new_zeros", "new_ones", "new_empty", "new_full"])


def _is_even(tensor: Any) -> bool:
    """Have all processes equally large parts?"""
    mesh = tensor.device_mesh
    cuts = [1] * tensor.ndim
    for mesh_dim, placement in enumerate(tensor.placements):
        if isinstance(placement, Shard):
            cuts[placement.dim] *= mesh.size(mesh_dim)
    return all(length % count == 0 for length, count in zip(tensor.shape, cuts, strict=True))


def _backward(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A gradient that is given lies as that of the tensor does."""
    tensor, rest = args[0], dict(kwargs)
    # A method's keyword, or a function's.
    key = next((key for key in ("gradient", "grad_tensors") if key in rest), None)
    gradient: Any = args[1] if len(args) > 1 else None if key is None else rest.pop(key)
    if is_spread(tensor) and is_spread(gradient):
        gradient = gradient.redistribute(placements=gradient_placements(tensor.placements))
    with torch._C.DisableTorchFunctionSubclass():
        return func(tensor, gradient, *args[2:], **rest)


def _value(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What Python gets of a tensor: values of the whole, the same in all processes."""
    wholes = [local_of(each, _copies(each)) if is_spread(each) else each for each in args]
    inputs_of(name, (args, kwargs))
    return func(*wholes, **kwargs)


def _shape_of(read: Callable[..., Any]) -> Callable[..., Any]:
    """What is known of the whole without its elements."""

    def rule(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return read(*args, **kwargs)

    return rule


def _register_hook(func: Function, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A hook sees, and gives, gradients of the whole."""
    tensor, hook = args
    lies = tuple(Replicate() if isinstance(each, Partial) else each for each in tensor.placements)
    spec = tensor._spec.with_placements(lies)

    def on_part(grad: Tensor) -> Tensor | None:
        answer = hook(computed(grad.view_as(grad), spec, lies, spec.shape))
        return local_of(answer, lies) if is_spread(answer) else answer

    with torch._C.DisableTorchFunctionSubclass():
        return func(tensor, on_part)


def _iterated(tensor: Any, *rest: Any) -> Iterator[Any]:
    return iter(tensor.unbind(0))


RULES.update(dict.fromkeys(["zeros_like", "ones_like", "empty_like", "full_like"], _like))
RULES.update(dict.fromkeys(["new_zeros", "new_ones", "new_empty", "new_full", "new_tensor"], _new))
RULES.update(
    dict.fromkeys(
        ["item", "tolist", "__bool__", "__float__", "__int__", "__index__", "__complex__", "equal", "allclose",
         "is_nonzero", "numpy", "__array__", "__contains__", "__format__"],
        _value,
    )
)  # fmt: skip
RULES["numel"] = _shape_of(lambda tensor: tensor.numel())
RULES["__len__"] = _shape_of(lambda tensor: len(tensor))
RULES["__iter__"] = _shape_of(_iterated)
RULES["register_hook"] = _register_hook
RULES["backward"] = _backward
