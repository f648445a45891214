"""Who counts collective operations, and under which names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["COUNTED", "counted_as", "tell", "watchers"]

P = ParamSpec("P")
R = TypeVar("R")

# What is called with the name of each operation that begins, as `torch.ops` has it: ``"c10d.allreduce_"``.
watchers: list[Callable[[str], None]] = []
# How many functions are under way that count as one operation each, whatever they are made of.
_inside = 0

_NAMES = {
    "all_reduce": "allreduce_", "all_reduce_coalesced": "allreduce_coalesced_", "all_gather": "allgather_",
    "all_gather_into_tensor": "_allgather_base_", "all_to_all": "alltoall_", "all_to_all_single": "alltoall_base_",
    "broadcast": "broadcast_", "gather": "gather_", "reduce": "reduce_", "reduce_scatter": "reduce_scatter_",
    "reduce_scatter_tensor": "_reduce_scatter_base_", "scatter": "scatter_",
}  # fmt: skip

# What operations are counted as that are no ops to be called.
COUNTED = frozenset(["_dtensor.shard_dim_alltoall", *(f"c10d.{name}" for name in _NAMES.values())])


def tell(name: str) -> None:
    """Tell who counts that a function of `torch.distributed` begins."""
    if not _inside:
        for each in watchers:
            each(f"c10d.{_NAMES[name]}")


def counted_as(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator of functions that count as one operation of this name."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> R:
            global _inside
            if not watchers:
                return function(*args, **kwargs)
            if not _inside:
                for each in watchers:
                    each(name)
            _inside += 1
            try:
                return function(*args, **kwargs)
            finally:
                _inside -= 1

        return call

    return decorate
