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

__all__ = [
    "all_gather",
    "all_reduce",
    "all_to_all",
    "all_to_all_single",
    "broadcast",
    "gather",
    "reduce",
    "reduce_scatter",
    "scatter",
]

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
    def forward(
        ctx: Any, into: list[Tensor], tensor: Tensor, came: list[int], went: list[int], group: ProcessGroup
    ) -> Tensor:
        ctx.came, ctx.went, ctx.group = came, went, group
        _collectives.all_to_all_single(into[0], tensor, came, went, group)
        return into[0]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        into = [grad.new_empty((sum(ctx.went), *grad.shape[1:]))]
        return None, _AllToAll.apply(into, grad, ctx.went, ctx.came, ctx.group), None, None, None


class _ReduceScatter(Function):
    @staticmethod
    def forward(ctx: Any, into: list[Tensor], group: ProcessGroup, *tensors: Tensor) -> Tensor:
        ctx.group = group
        _collectives.reduce_scatter(into[0], [each.contiguous() for each in tensors], group=group)
        return into[0]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return None, None, *_AllGather.apply(grad.contiguous(), ctx.group)


class _Exchange(Function):
    """Each process sends a tensor to every other."""

    @staticmethod
    def forward(ctx: Any, into: list[Tensor], group: ProcessGroup, *tensors: Tensor) -> Any:
        ctx.group, ctx.shapes = group, [each.shape for each in tensors]
        _collectives.all_to_all(into, [each.contiguous() for each in tensors], group)
        return tuple(into)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        into = [grads[0].new_empty(shape) for shape in ctx.shapes]
        return None, None, *_Exchange.apply(into, ctx.group, *grads)


class _Scatter(Function):
    @staticmethod
    def forward(ctx: Any, group: ProcessGroup, source: int, *tensors: Tensor) -> Tensor:
        ctx.group, ctx.source = group, source
        result = torch.empty_like(tensors[0], memory_format=torch.contiguous_format)
        given = [each.contiguous() for each in tensors] if group.rank() == source else None
        _collectives.scatter(result, given, group=group, group_src=source)
        return result

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return None, None, *_Gather.apply(grad.contiguous(), ctx.group, ctx.source)


class _Gather(Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, group: ProcessGroup, destination: int) -> Any:
        ctx.group, ctx.destination = group, destination
        results = [torch.zeros_like(tensor, memory_format=torch.contiguous_format) for _ in range(group.size())]
        into = results if group.rank() == destination else None
        _collectives.gather(tensor.contiguous(), into, group=group, group_dst=destination)
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return _Scatter.apply(ctx.group, ctx.destination, *grads), None, None


def reduce_scatter(output: Tensor, input_list: list[Tensor], op: ReduceOp = ReduceOp.SUM, group: Any = None) -> Tensor:
    """The sum over all processes of their tensors for this one.

    Args:
        output: A tensor of the result's shape, which gets it: the result shares its memory.
        input_list: A tensor for each process.
        op: How to join: a sum.
        group: The processes; by default all.

    Raises:
        ValueError: another ``op``.
    """
    if op is not ReduceOp.SUM:
        raise ValueError(f"reduce_scatter: ReduceOp.{op.name} has no derivative here: use SUM")
    return _ReduceScatter.apply([output.detach()], _group("reduce_scatter", group), *input_list)


def all_to_all(
    output_tensor_list: list[Tensor], input_tensor_list: list[Tensor], group: Any = None
) -> tuple[Tensor, ...]:
    """What every process sends to this one.

    Args:
        output_tensor_list: Tensors of the shapes of what comes, which get it: the results share their memory.
        input_tensor_list: A tensor for each process.
        group: The processes; by default all.
    """
    into = [each.detach() for each in output_tensor_list]
    return _Exchange.apply(into, _group("all_to_all", group), *input_tensor_list)


def scatter(tensors: list[Tensor], src: int = 0, group: Any = None) -> Tensor:
    """This process's of the tensors of the process ``src``; the others give tensors of the same shapes."""
    found = _group("scatter", group)
    return _Scatter.apply(found, _collectives.root_of("scatter", found, src, None), *tensors)


def gather(tensor: Tensor, dst: int = 0, group: Any = None) -> tuple[Tensor, ...]:
    """The tensors of all processes in the process ``dst``; zeros in the others."""
    found = _group("gather", group)
    return _Gather.apply(tensor, found, _collectives.root_of("gather", found, dst, None))


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
        output: A tensor of the result's shape, which gets it: the result shares its memory.
        input: What goes.
        output_split_sizes: The lengths of the parts that come; by default equal ones.
        input_split_sizes: The lengths of the parts that go; by default equal ones.
        group: The processes; by default all.
    """
    found = _group("all_to_all_single", group)
    size = found.size()
    came = list(output_split_sizes or [output.size(0) // size] * size)
    went = list(input_split_sizes or [input.size(0) // size] * size)
    return _AllToAll.apply([output.detach()], input, came, went, found)
