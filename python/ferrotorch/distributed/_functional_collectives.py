"""Collectives that return a new tensor instead of writing into one; what they return is complete."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import distributed
from ferrotorch._C import Tensor
from ferrotorch.autograd import Function
from ferrotorch.distributed._queries import group_named, group_of_ranks
from ferrotorch.distributed._watching import counted_as

__all__ = [
    "AsyncCollectiveTensor",
    "all_gather_into_tensor_coalesced", "all_gather_tensor", "all_gather_tensor_autograd", "all_reduce",
    "all_reduce_coalesced", "all_to_all_single", "all_to_all_single_autograd", "broadcast", "permute_tensor",
    "reduce_scatter_tensor", "reduce_scatter_tensor_autograd", "reduce_scatter_tensor_coalesced", "wait_tensor",
]  # fmt: skip


class AsyncCollectiveTensor(Tensor):
    """A tensor whose operation is under way. None is: operations here are complete when they return."""

    def __new__(cls, *args: Any, **kwargs: Any) -> AsyncCollectiveTensor:
        """Raises RuntimeError: there are none to be made."""
        raise RuntimeError("AsyncCollectiveTensor: operations on processes are complete when they return")


def wait_tensor(tensor: Tensor) -> Tensor:
    """The tensor itself: operations here are complete when they return."""
    return tensor


def _group(given: Any) -> Any:
    """The processes that a call means.

    A group, its name, its ranks, lists of ranks of which one has this process; the line of a mesh with one dimension,
    or of a mesh and a dimension.
    """
    if isinstance(given, str):
        return group_named(given)
    if isinstance(given, list) and given:
        own = [each for each in given if distributed.get_rank() in each] if isinstance(given[0], list) else [given]
        return group_of_ranks(own[0] if own else given[0])
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], distributed.DeviceMesh):
        return given[0].get_group(given[1])
    return given.get_group() if isinstance(given, distributed.DeviceMesh) else given


def _op(name: Any) -> Any:
    return getattr(distributed.ReduceOp, name.upper()) if isinstance(name, str) else name


@counted_as("c10d_functional.all_reduce")
def all_reduce(self: Tensor, reduceOp: str, group: Any = None, tag: str = "") -> Tensor:
    """What the tensors of all processes make together; ``reduceOp`` is ``"sum"``, ``"avg"``, ``"max"`` or the like."""
    result = self.detach().clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(result, op=_op(reduceOp), group=_group(group))
    return result


@counted_as("c10d_functional.all_reduce_coalesced")
def all_reduce_coalesced(self: list[Tensor], reduceOp: str, group: Any = None, tag: str = "") -> list[Tensor]:
    """:func:`all_reduce` of several tensors of one dtype, in one operation."""
    results = [each.detach().clone(memory_format=torch.contiguous_format) for each in self]
    distributed.all_reduce_coalesced(results, op=_op(reduceOp), group=_group(group))
    return results


@counted_as("c10d_functional.broadcast")
def broadcast(self: Tensor, src: int, group: Any = None, tag: str = "") -> Tensor:
    """The tensor of the process ``src``."""
    result = self.detach().clone(memory_format=torch.contiguous_format)
    distributed.broadcast(result, src, group=_group(group))
    return result


@counted_as("c10d_functional.all_gather_into_tensor")
def all_gather_tensor(self: Tensor, gather_dim: int, group: Any = None, tag: str = "") -> Tensor:
    """The tensors of all processes, joined along a dimension."""
    found = _group(group)
    parts = [self.new_empty(self.shape) for _ in range(distributed.get_world_size(found))]
    distributed.all_gather(parts, self.detach().contiguous(), group=found)
    return torch.cat(parts, gather_dim)


@counted_as("c10d_functional.all_gather_into_tensor_coalesced")
def all_gather_into_tensor_coalesced(self: list[Tensor], group: Any = None, tag: str = "") -> list[Tensor]:
    """:func:`all_gather_tensor` of several tensors, along their first dimensions."""
    return [all_gather_tensor(each, 0, group) for each in self]


@counted_as("c10d_functional.reduce_scatter_tensor")
def reduce_scatter_tensor(self: Tensor, reduceOp: str, scatter_dim: int, group: Any = None, tag: str = "") -> Tensor:
    """This process's part, along a dimension, of what the tensors of all processes make together.

    Raises:
        AssertionError: the dimension cannot be cut into equal parts.
    """
    found = _group(group)
    count = distributed.get_world_size(found)
    if self.size(scatter_dim) % count:
        raise AssertionError(
            f"input dimension {scatter_dim} ({self.size(scatter_dim)} must be a multiple of group_size {count})"
        )
    parts = [part.contiguous() for part in self.detach().chunk(count, scatter_dim)]
    result = torch.empty_like(parts[0])
    distributed.reduce_scatter(result, parts, op=_op(reduceOp), group=found)
    return result


@counted_as("c10d_functional.reduce_scatter_tensor_coalesced")
def reduce_scatter_tensor_coalesced(
    inputs: list[Tensor], reduceOp: str, scatter_dim: list[int], group: Any = None, tag: str = ""
) -> list[Tensor]:
    """:func:`reduce_scatter_tensor` of several tensors, each along a dimension of its own."""
    return [reduce_scatter_tensor(each, reduceOp, dim, group) for each, dim in zip(inputs, scatter_dim, strict=True)]


def permute_tensor(self: Tensor, src_dst: list[int], group: Any = None, tag: str = "") -> Tensor:
    """Each process ``r`` sends its tensor to ``src_dst[r]``; what comes to this one.

    Raises:
        ValueError: ``src_dst`` is no permutation of the group's ranks.
    """
    found = _group(group)
    rank, count = distributed.get_rank(found), distributed.get_world_size(found)
    if sorted(src_dst) != list(range(count)):
        raise ValueError(f"permute_tensor: src_dst must be a permutation of {count} ranks, got {src_dst}")
    flat = self.detach().contiguous().view(-1)
    came, went = [0] * count, [0] * count
    went[src_dst[rank]], came[src_dst.index(rank)] = flat.numel(), flat.numel()
    return all_to_all_single(flat, came, went, found).view(self.shape)


class _AllGather(Function):
    """A gradient of the whole is the sum of all processes' for this one's part."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, dim: int, group: Any) -> Tensor:
        ctx.way_back = (dim, group)
        return all_gather_tensor(tensor, dim, group)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return reduce_scatter_tensor_autograd(grads[0], "sum", *ctx.way_back), None, None


class _ReduceScatter(Function):
    """The gradient of a part goes to all who contributed to it."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, op: str, dim: int, group: Any) -> Tensor:
        ctx.way_back = (dim, group)
        ctx.share = distributed.get_world_size(_group(group)) if op == "avg" else 1
        return reduce_scatter_tensor(tensor, op, dim, group)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return all_gather_tensor_autograd(grads[0] / ctx.share, *ctx.way_back), None, None, None


def all_gather_tensor_autograd(self: Tensor, gather_dim: int, group: Any = None, tag: str = "") -> Tensor:
    """As :func:`all_gather_tensor`, with a derivative."""
    result: Tensor = _AllGather.apply(self, gather_dim, group)
    return result


def reduce_scatter_tensor_autograd(
    self: Tensor, reduceOp: str, scatter_dim: int, group: Any = None, tag: str = ""
) -> Tensor:
    """As :func:`reduce_scatter_tensor`, with a derivative.

    Raises:
        ValueError: ``reduceOp`` is neither ``"sum"`` nor ``"avg"``.
    """
    if reduceOp not in ("sum", "avg"):
        raise ValueError(f"reduce_scatter_tensor_autograd: {reduceOp!r} has no derivative here: use 'sum' or 'avg'")
    result: Tensor = _ReduceScatter.apply(self, reduceOp, scatter_dim, group)
    return result


@counted_as("c10d_functional.all_to_all_single")
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
    sent = self.detach().contiguous()
    distributed.all_to_all_single(result, sent, output_split_sizes, input_split_sizes, group=_group(group))
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
