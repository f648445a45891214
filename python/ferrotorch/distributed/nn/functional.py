"""Collective operations that return new tensors, and have derivatives.

All processes run the backward pass, too: it consists of collective operations again. What a process computes with a
result counts for whoever contributed to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.autograd import Function
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._groups import ProcessGroup, member
from ferrotorch.distributed._reduce_op import ReduceOp

__all__ = ["all_gather", "all_reduce", "all_to_all_single", "broadcast", "reduce"]

Tensor = torch.Tensor


def _group(name: str, group: Any) -> ProcessGroup:
    found = member(name, group)
    if found is None:
        raise ValueError(f"{name}: this process is not in the group")
    return found


class _AllReduce(Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, op: ReduceOp, group: ProcessGroup) -> Tensor:
        ctx.op, ctx.group = op, group
        result = tensor.clone(memory_format=torch.contiguous_format)
        _collectives.all_reduce(result, op, group)
        return result

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return _AllReduce.apply(grad, ctx.op, ctx.group), None, None


class _AllGather(Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, group: ProcessGroup) -> Any:
        ctx.group = group
        results = [torch.empty_like(tensor, memory_format=torch.contiguous_format) for _ in range(group.size())]
        _collectives.all_gather(results, tensor, group)
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        result = torch.empty_like(grads[0], memory_format=torch.contiguous_format)
        _collectives.reduce_scatter(result, list(grads), group=ctx.group)
        return result, None


class _Broadcast(Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, source: int, group: ProcessGroup) -> Tensor:
        ctx.source, ctx.group = source, group
        result = tensor.clone(memory_format=torch.contiguous_format)
        _collectives.broadcast(result, group=group, group_src=source)
        return result

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return _Reduce.apply(grad, ctx.source, ReduceOp.SUM, ctx.group), None, None


class _Reduce(Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, destination: int, op: ReduceOp, group: ProcessGroup) -> Tensor:
        ctx.destination, ctx.group = destination, group
        result = tensor.clone(memory_format=torch.contiguous_format)
        _collectives.reduce(result, op=op, group=group, group_dst=destination)
        # Elsewhere nothing has come, and nothing depends on what was given.
        return result if group.rank() == destination else result.zero_()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return _Broadcast.apply(grad, ctx.destination, ctx.group), None, None, None


class _AllToAll(Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, came: list[int], went: list[int], group: ProcessGroup) -> Tensor:
        ctx.came, ctx.went, ctx.group = came, went, group
        result = tensor.new_empty((sum(came), *tensor.shape[1:]))
        _collectives.all_to_all_single(result, tensor, came, went, group)
        return result

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return _AllToAll.apply(grad, ctx.went, ctx.came, ctx.group), None, None, None


def all_reduce(tensor: Tensor, op: ReduceOp = ReduceOp.SUM, group: Any = None) -> Tensor:
    """The joined tensors of all processes.

    Args:
        tensor: This process's, of the same shape everywhere.
        op: How to join. Gradients go through a sum or mean.
        group: The processes; by default all.

    Raises:
        ValueError: gradients are needed, and ``op`` is another one.
    """
    if op not in (ReduceOp.SUM, ReduceOp.AVG) and tensor.requires_grad and torch.is_grad_enabled():
        raise ValueError(f"all_reduce: ReduceOp.{op.name} has no derivative here: use SUM or AVG, or detach the tensor")
    return _AllReduce.apply(tensor, op, _group("all_reduce", group))


def all_gather(tensor: Tensor, group: Any = None) -> tuple[Tensor, ...]:
    """The tensors of all processes, in the order of ranks; all of the shape of ``tensor``."""
    return _AllGather.apply(tensor, _group("all_gather", group))


def broadcast(tensor: Tensor, src: int, group: Any = None) -> Tensor:
    """The tensor of the process ``src``; the others give one of the same shape."""
    found = _group("broadcast", group)
    return _Broadcast.apply(tensor, _collectives.root_of("broadcast", found, src, None), found)


def reduce(tensor: Tensor, dst: int, op: ReduceOp = ReduceOp.SUM, group: Any = None) -> Tensor:
    """The joined tensors of all processes in the process ``dst``; zeros in the others.

    Raises:
        ValueError: gradients are needed, and ``op`` is no sum.
    """
    if op is not ReduceOp.SUM and tensor.requires_grad and torch.is_grad_enabled():
        raise ValueError(f"reduce: ReduceOp.{op.name} has no derivative here: use SUM, or detach the tensor")
    found = _group("reduce", group)
    return _Reduce.apply(tensor, _collectives.root_of("reduce", found, dst, None), op, found)


def all_to_all_single(
    output: Tensor,
    input: Tensor,
    output_split_sizes: Sequence[int] | None = None,
    input_split_sizes: Sequence[int] | None = None,
    group: Any = None,
) -> Tensor:
    """Each process's part of the inputs of all, along the first dimension.

    Args:
        output: A tensor of the result's shape; it is not written to.
        input: What goes.
        output_split_sizes: The lengths of the parts that come; by default equal ones.
        input_split_sizes: The lengths of the parts that go; by default equal ones.
        group: The processes; by default all.
    """
    found = _group("all_to_all_single", group)
    size = found.size()
    came = list(output_split_sizes or [output.size(0) // size] * size)
    went = list(input_split_sizes or [input.size(0) // size] * size)
    return _AllToAll.apply(input, came, went, found)
