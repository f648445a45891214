"""Collectives that return a new tensor instead of writing into one; what they return is complete."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import distributed
from ferrotorch._C import Tensor
from ferrotorch.autograd import Function

__all__ = [
    "all_gather_tensor",
    "all_reduce",
    "all_to_all_single",
    "all_to_all_single_autograd",
    "broadcast",
    "wait_tensor",
]


def wait_tensor(tensor: Tensor) -> Tensor:
    """The tensor itself: operations here are complete when they return."""
    return tensor


def all_reduce(self: Tensor, reduceOp: str, group: Any = None, tag: str = "") -> Tensor:
    """What the tensors of all processes make together; ``reduceOp`` is ``"sum"``, ``"avg"``, ``"max"`` or the like."""
    result = self.clone()
    distributed.all_reduce(result, op=getattr(distributed.ReduceOp, reduceOp.upper()), group=group)
    return result


def broadcast(self: Tensor, src: int, group: Any = None, tag: str = "") -> Tensor:
    """The tensor of the process ``src``."""
    result = self.clone()
    distributed.broadcast(result, src, group=group)
    return result


def all_gather_tensor(self: Tensor, gather_dim: int, group: Any = None, tag: str = "") -> Tensor:
    """The tensors of all processes, joined along a dimension."""
    parts = [torch.empty_like(self) for _ in range(distributed.get_world_size(group))]
    distributed.all_gather(parts, self.contiguous(), group=group)
    return torch.cat(parts, gather_dim)


def all_to_all_single(
    self: Tensor,
    output_split_sizes: list[int] | None,
    input_split_sizes: list[int] | None,
    group: Any = None,
    tag: str = "",
) -> Tensor:
    """Send a part of the tensor to every process; what comes from each, joined.

    Args:
        self: the tensor, cut along its first dimension.
        output_split_sizes: how much comes from each process; equal parts by default.
        input_split_sizes: how much goes to each; equal parts by default.
        group: the processes; by default all.
        tag: accepted for compatibility.
    """
    rows = self.shape[0] if output_split_sizes is None else sum(output_split_sizes)
    result = self.new_empty((rows, *self.shape[1:]))
    distributed.all_to_all_single(result, self.contiguous(), output_split_sizes, input_split_sizes, group=group)
    return result


class _AllToAll(Function):
    """Sends gradients back the way that values came."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, outputs: Any, inputs: Any, group: Any) -> Tensor:
        ctx.way_back = (inputs, outputs, group)
        return all_to_all_single(tensor, outputs, inputs, group)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return all_to_all_single(grads[0], *ctx.way_back), None, None, None


def all_to_all_single_autograd(
    self: Tensor,
    output_split_sizes: list[int] | None,
    input_split_sizes: list[int] | None,
    group: Any = None,
    tag: str = "",
) -> Tensor:
    """As :func:`all_to_all_single`, with a derivative."""
    result: Tensor = _AllToAll.apply(self, output_split_sizes, input_split_sizes, group)
    return result
