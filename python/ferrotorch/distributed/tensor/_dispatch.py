"""What a function of the library does with tensors whose parts lie in the processes of a mesh.

A function is found by its name. Rules (`_rules`) say for kinds of functions how inputs have to lie, and how the result
does then; the function itself runs on the parts. Where there is no rule every process gets the whole of the inputs, and
computes the whole of the result: that is slow, and right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import OpOverload, OpOverloadPacket
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, Placements
from ferrotorch.distributed.tensor._redistribute import redistribute, summed_in_backward
from ferrotorch.distributed.tensor.placement_types import Replicate
from ferrotorch.utils._pytree import tree_leaves, tree_map

__all__ = [
    "RULES",
    "Rule",
    "bind",
    "by_copies",
    "call",
    "computed",
    "implicit_replication",
    "inputs_of",
    "local_of",
    "name_of",
]

Tensor = torch.Tensor
Rule = Callable[[Callable[..., Any], str, tuple[Any, ...], dict[str, Any]], Any]

# By name, of ops that programs define with their namespaces; filled by the modules of rules.
RULES: dict[str, Rule] = {}


class _Class(NamedTuple):
    kind: type
    wrap: Callable[[Tensor, DTensorSpec], Any]
    unwrap: Callable[[Tensor], Tensor]


_class: list[_Class] = []


def bind(kind: type, wrap: Callable[[Tensor, DTensorSpec], Any], unwrap: Callable[[Tensor], Tensor]) -> None:
    """Make the class of tensors known."""
    _class[:] = [_Class(kind, wrap, unwrap)]


def is_spread(thing: Any) -> bool:
    """Is it a tensor whose parts lie in several processes?"""
    return isinstance(thing, _class[0].kind)


def wrap(local: Tensor, spec: DTensorSpec) -> Any:
    """A tensor of which ``local`` is this process's part."""
    return _class[0].wrap(local, spec)


# What only asks about the part of this process, or about the place of a tensor in the graph.
_NATIVE = frozenset(
    [
        "requires_grad_", "retain_grad", "register_post_accumulate_grad_hook", "is_floating_point",
        "is_complex", "is_signed", "element_size", "get_device", "is_inference", "is_conj", "is_neg", "_is_view",
        "is_same_size", "untyped_storage", "data_ptr", "_has_torch_function", "is_contiguous", "__setstate__",
        "share_memory_", "is_shared", "is_pinned", "dense_dim", "__hash__", "__dir__", "is_nonzero_",
    ]
)  # fmt: skip
# Attributes that are tensors computed from the tensor.
_COMPUTED = frozenset(["T", "mT", "H", "mH", "real", "imag"])


def name_of(func: Callable[..., Any]) -> str:
    """The name that a function, method or attribute goes by."""
    name: str = getattr(func, "__name__", type(func).__name__)
    return name


def call(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a function, at least one of whose arguments is spread over processes."""
    from ferrotorch.distributed.tensor import _rules  # noqa: F401  (fills the table)

    name = name_of(func)
    if name in ("__get__", "__set__", "__delete__"):
        return _attribute(func, name, args)
    if _replicates[0]:
        args, kwargs = _with_copies((args, kwargs))
    rule = RULES.get(str(func) if isinstance(func, OpOverload | OpOverloadPacket) else name)
    if rule is not None:
        return rule(func, name, args, kwargs)
    if name in _NATIVE:
        return _natively(func, args, kwargs)
    return by_copies(func, name, args, kwargs)


def _natively(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with _C.DisableTorchFunctionSubclass():
        return func(*args, **kwargs)


def _attribute(func: Any, access: str, args: tuple[Any, ...]) -> Any:
    """An attribute that is read, written or deleted."""
    attribute, tensor = func.__self__, args[0]
    name: str = getattr(attribute.fget if isinstance(attribute, property) else attribute, "__name__", "")
    if access == "__get__" and name in _COMPUTED:
        return call(_named_getter(name), (tensor,), {})
    value = _natively(func, args, {})
    if access != "__get__":
        if name == "data" and is_spread(args[1]):
            tensor._spec = args[1]._spec
        return value
    if name in ("grad", "data") and isinstance(value, Tensor) and not is_spread(value):
        return wrap(value, tensor._spec)
    return value


def _named_getter(name: str) -> Callable[[Tensor], Tensor]:
    def get(tensor: Tensor) -> Tensor:
        result: Tensor = getattr(tensor, name)
        return result

    get.__name__ = name
    return get


_replicates = [False]


@contextmanager
def implicit_replication() -> Iterator[None]:
    """In this context plain tensors that meet spread ones are copies of one tensor in all processes."""
    before, _replicates[0] = _replicates[0], True
    try:
        yield
    finally:
        _replicates[0] = before


def _with_copies(things: Any) -> Any:
    """Arguments with copies of one tensor in all processes in the place of plain tensors."""
    spec = next(leaf for leaf in tree_leaves(things) if is_spread(leaf))._spec
    copies: Placements = (Replicate(),) * spec.mesh.ndim

    def spread(leaf: Any) -> Any:
        is_plain = isinstance(leaf, Tensor) and not is_spread(leaf) and leaf.dim() > 0
        return computed(leaf.view_as(leaf), spec, copies) if is_plain else leaf

    return tree_map(spread, things)


def inputs_of(name: str, things: Any) -> list[Any]:
    """The spread tensors among arguments.

    Raises:
        RuntimeError: they are on several meshes, or meet plain tensors of more than one element.
    """
    leaves: list[Any] = [leaf for leaf in tree_leaves(things) if isinstance(leaf, Tensor)]
    spread = [leaf for leaf in leaves if is_spread(leaf)]
    for leaf in leaves:
        if not is_spread(leaf) and leaf.dim() > 0:
            raise RuntimeError(
                f"torch.{name}: got mixed torch.Tensor and DTensor, need to convert all torch.Tensor to DTensor before "
                "calling distributed operators! Use distribute_tensor, DTensor.from_local or implicit_replication()"
            )
    for leaf in spread[1:]:
        if leaf.device_mesh != spread[0].device_mesh:
            raise RuntimeError(
                f"torch.{name}: tensors are on different meshes, {spread[0].device_mesh} and {leaf.device_mesh}"
            )
    return spread


def local_of(tensor: Any, placements: Placements, result: Placements | None = None) -> Any:
    """A tensor's part with other placements, for a function whose result lies as ``result`` says.

    Where the result differs between processes and the input does not, each computes a summand of the input's gradient.
    """
    if not is_spread(tensor):
        return tensor
    local = redistribute(_class[0].unwrap(tensor), tensor._spec, placements)
    if result is None:
        return local
    differing = [
        mesh_dim
        for mesh_dim, (mine, its) in enumerate(zip(placements, result, strict=True))
        if mine.is_replicate() and not its.is_replicate()
    ]
    return summed_in_backward(local, tensor._spec.with_placements(placements), differing)


def computed(local: Any, spec: DTensorSpec, placements: Placements, shape: Sequence[int] | None = None) -> Any:
    """The result of which ``local`` is this process's part; of copies the shape need not be given."""
    if not isinstance(local, Tensor):
        return local
    return wrap(local, DTensorSpec(spec.mesh, placements, torch.Size(local.shape if shape is None else shape)))


def by_copies(func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute the whole in every process; what is written to in place gets its part of that."""
    spread = inputs_of(name, (args, kwargs))
    spec = spread[0]._spec
    copies: Placements = (Replicate(),) * spec.mesh.ndim
    wholes = {id(each): local_of(each, copies) for each in spread}
    writes = _is_in_place(name)
    if writes and is_spread(args[0]):
        wholes[id(args[0])] = wholes[id(args[0])].clone()
    given, named = tree_map(lambda leaf: wholes.get(id(leaf), leaf), (args, kwargs))
    outcome = func(*given, **named)
    if writes and is_spread(args[0]):
        target = args[0]
        part = redistribute(wholes[id(target)], spec.with_placements(copies), target.placements)
        # What begins the values of a leaf is no step of its graph.
        begins = str(getattr(func, "__module__", "")).endswith(".nn.init")
        with torch.set_grad_enabled(torch.is_grad_enabled() and not begins):
            _natively(Tensor.copy_, (target, part), {})
        return target
    return tree_map(lambda leaf: computed(leaf, spec, copies), outcome)


def _is_in_place(name: str) -> bool:
    return (
        (name.endswith("_") and not name.endswith("__"))
        or name in ("__setitem__",)
        or (
            name.startswith("__i")
            and name.endswith("__")
            and name not in ("__index__", "__invert__", "__int__", "__iter__")
        )
    )
