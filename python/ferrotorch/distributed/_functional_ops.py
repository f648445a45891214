"""The ops by which `torch.ops` has the collectives that return new tensors: groups are told by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch.distributed import _functional_collectives as functional
from ferrotorch.distributed._queries import group_named
from ferrotorch.library import Library

__all__: list[str] = []


def _tensor(function: Callable[..., Any]) -> Callable[..., Any]:
    """An op whose last argument is the name of the group, of a function whose last argument is the group."""
    return lambda *args: function(*args[:-1], group_named(args[-1]))


# By names of ops: what they take and return, and what they call.
_OPS: dict[str, tuple[str, Callable[..., Any]]] = {
    "all_reduce": ("(Tensor input, str reduce_op, str group_name) -> Tensor", _tensor(functional.all_reduce)),
    "all_reduce_coalesced": (
        "(Tensor[] inputs, str reduce_op, str group_name) -> Tensor[]",
        _tensor(functional.all_reduce_coalesced),
    ),
    "all_gather_into_tensor": (
        "(Tensor input, int group_size, str group_name) -> Tensor",
        lambda input, size, name: functional.all_gather_tensor(input, 0, group_named(name)),
    ),
    "all_gather_into_tensor_coalesced": (
        "(Tensor[] inputs, int group_size, str group_name) -> Tensor[]",
        lambda inputs, size, name: functional.all_gather_into_tensor_coalesced(inputs, group_named(name)),
    ),
    "reduce_scatter_tensor": (
        "(Tensor input, str reduce_op, int group_size, str group_name) -> Tensor",
        lambda input, op, size, name: functional.reduce_scatter_tensor(input, op, 0, group_named(name)),
    ),
    "reduce_scatter_tensor_coalesced": (
        "(Tensor[] inputs, str reduce_op, int group_size, str group_name) -> Tensor[]",
        lambda inputs, op, size, name: functional.reduce_scatter_tensor_coalesced(
            inputs, op, [0] * len(inputs), group_named(name)
        ),
    ),
    "all_to_all_single": (
        "(Tensor input, SymInt[] output_split_sizes, SymInt[] input_split_sizes, str group_name) -> Tensor",
        _tensor(functional.all_to_all_single),
    ),
    "broadcast": ("(Tensor input, int src, str group_name) -> Tensor", _tensor(functional.broadcast)),
    "wait_tensor": ("(Tensor tensor) -> Tensor", functional.wait_tensor),
    # Results here are tensors like any other: none is wrapped.
    "_wrap_tensor_autograd": ("(Tensor input) -> Tensor", functional.wait_tensor),
}

# The name of the ops in PyTorch, and the one under which `CommDebugMode` counts them.
_libraries = [Library(name, "FRAGMENT") for name in ("_c10d_functional", "c10d_functional")]
for _library in _libraries:
    for _name, (_schema, _function) in _OPS.items():
        _library.define(_name + _schema)
        _library.impl(_name, _function, "CompositeExplicitAutograd")
