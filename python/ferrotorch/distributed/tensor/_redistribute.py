"""From one way to lie in the processes of a mesh to another one.

Gradients follow one convention: that of a part is a part, that of a copy is the whole gradient in every process, and
that of a summand is that of the sum, so again the whole one. Hence the way back of every change is a change, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.autograd import Function
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed._watching import counted_as
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, Placements
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard, _NormPartial

__all__ = ["gradient_placements", "redistribute", "summed_in_backward"]

Tensor = torch.Tensor
_OPS = {
    "sum": ReduceOp.SUM, "avg": ReduceOp.AVG, "max": ReduceOp.MAX, "min": ReduceOp.MIN, "product": ReduceOp.PRODUCT,
}  # fmt: skip


def gradient_placements(placements: Sequence[Placement]) -> Placements:
    """How the gradient of a tensor lies."""
    return tuple(Replicate() if isinstance(each, Partial) else each for each in placements)


def redistribute(local: Tensor, spec: DTensorSpec, placements: Placements, backward_dtype: Any = None) -> Tensor:
    """This process's part of a tensor that lies as ``spec`` says, as it is with other placements; differentiable.

    Gradients are sent in ``backward_dtype``, by default in their own.

    Raises:
        RuntimeError: a gradient is needed of what processes make by another operation than a sum or mean.
    """
    if spec.placements == placements:
        return local
    if not (torch.is_grad_enabled() and local.requires_grad):
        return _moved(local, spec, placements)
    for source, target in zip(spec.placements, placements, strict=True):
        if isinstance(source, Partial) and source != target and source.reduce_op not in ("sum", "avg"):
            raise RuntimeError(f"redistribute: {source!r} to {target!r} has no derivative: detach the tensor")
    return _Redistribute.apply(local, spec, placements, backward_dtype)


class _Redistribute(Function):
    @staticmethod
    def forward(ctx: Any, local: Tensor, spec: DTensorSpec, placements: Placements, backward_dtype: Any) -> Tensor:
        ctx.spec, ctx.placements, ctx.dtypes = spec, placements, (backward_dtype, local.dtype)
        moved = _moved(local, spec, placements)
        return moved.view_as(moved) if moved is local else moved

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        spec, placements = ctx.spec, ctx.placements
        lies = spec.with_placements(gradient_placements(placements))
        sent, own = ctx.dtypes
        back = redistribute(grad if sent is None else grad.to(sent), lies, gradient_placements(spec.placements))
        for mesh_dim, (source, target) in enumerate(zip(spec.placements, placements, strict=True)):
            # A mean gives each of its terms a share of the gradient.
            size = spec.mesh.size(mesh_dim)
            if source.is_partial("avg") and not target.is_partial("avg"):
                back = back / size
            elif target.is_partial("avg") and not source.is_partial("avg"):
                back = back * size
        return back.to(own), None, None, None


def _moved(local: Tensor, spec: DTensorSpec, placements: Placements) -> Tensor:
    """One dimension of the mesh after the other; those that cut the same dimension of the tensor are joined first."""
    for mesh_dim in reversed(spec.order()):
        if _must_be_joined(spec, placements, mesh_dim):
            local, spec = _step(local, spec, mesh_dim, Replicate())
    for mesh_dim, target in enumerate(placements):
        if not isinstance(target, Shard):
            local, spec = _step(local, spec, mesh_dim, target)
    for mesh_dim in spec.with_placements(placements).order():
        local, spec = _step(local, spec, mesh_dim, placements[mesh_dim])
    return local


def _must_be_joined(spec: DTensorSpec, placements: Placements, mesh_dim: int) -> bool:
    """Does another dimension of the mesh, before or after, cut the same dimension of the tensor, and not stay so?"""
    ends = (spec.placements[mesh_dim], placements[mesh_dim])
    return any(_is_contended(spec.placements, placements, each.dim) for each in ends if isinstance(each, Shard))


def _is_contended(before: Placements, after: Placements, dim: int) -> bool:
    """Do several dimensions of the mesh cut a dimension of the tensor, not all of them both before and after?"""
    cutting = [pair for pair in zip(before, after, strict=True) if pair[0].is_shard(dim) or pair[1].is_shard(dim)]
    return len(cutting) > 1 and any(source != target for source, target in cutting)


def _step(local: Tensor, spec: DTensorSpec, mesh_dim: int, target: Placement) -> tuple[Tensor, DTensorSpec]:
    """Change the placement along one dimension of the mesh."""
    source = spec.placements[mesh_dim]
    if source == target:
        return local, spec
    changed = list(spec.placements)
    changed[mesh_dim] = target
    after = spec.with_placements(changed)
    if isinstance(source, Shard):
        if isinstance(target, Shard):
            return _exchanged(local, spec, after, mesh_dim), after
        local = _gathered(local, spec, mesh_dim)
    elif isinstance(source, Partial):
        if isinstance(target, Shard) and not isinstance(source, _NormPartial):
            return _reduced_and_scattered(local, spec, after, mesh_dim), after
        local = _reduced(local, spec, mesh_dim)
    if isinstance(target, Shard):
        return _own_part(local, after, mesh_dim), after
    if isinstance(target, Partial):
        return _as_summand(local, spec, mesh_dim, target), after
    return local, after


def _lengths(spec: DTensorSpec, mesh_dim: int) -> list[int]:
    """How long the parts along a dimension of the mesh are, of all processes of this one's line."""
    length, count = spec.extent_before(mesh_dim, spec.coordinate()), spec.mesh.size(mesh_dim)
    return [Shard.local_shard_size_and_offset(length, count, rank)[0] for rank in range(count)]


def _dim(placement: Placement) -> int:
    assert isinstance(placement, Shard)
    return placement.dim


@counted_as("c10d_functional.all_gather_into_tensor")
def _gathered(local: Tensor, spec: DTensorSpec, mesh_dim: int) -> Tensor:
    dim, lengths = _dim(spec.placements[mesh_dim]), _lengths(spec, mesh_dim)
    group = spec.mesh.get_group(mesh_dim)
    local = local.contiguous()
    if dim == 0 and len(set(lengths)) == 1:
        whole = local.new_empty((sum(lengths), *local.shape[1:]))
        _collectives.all_gather_into_tensor(whole, local, group)
        return whole
    parts = [local.new_empty((*local.shape[:dim], length, *local.shape[dim + 1 :])) for length in lengths]
    _collectives.all_gather(parts, local, group)
    return torch.cat(parts, dim)


def _own_part(local: Tensor, after: DTensorSpec, mesh_dim: int) -> Tensor:
    dim, lengths = _dim(after.placements[mesh_dim]), _lengths(after, mesh_dim)
    rank = after.coordinate()[mesh_dim]
    return local.narrow(dim, sum(lengths[:rank]), lengths[rank]).contiguous()


def _reduced(local: Tensor, spec: DTensorSpec, mesh_dim: int) -> Tensor:
    placement, group = spec.placements[mesh_dim], spec.mesh.get_group(mesh_dim)
    assert isinstance(placement, Partial)
    if isinstance(placement, _NormPartial):
        power = placement.norm_type
        if power == float("inf"):
            return _all_reduced(local, ReduceOp.MAX, group)
        return _all_reduced(local**power, ReduceOp.SUM, group) ** (1 / power)
    return _all_reduced(local, _OPS[placement.reduce_op], group)


@counted_as("c10d_functional.all_reduce")
def _all_reduced(local: Tensor, op: ReduceOp, group: Any) -> Tensor:
    result = local.detach().clone(memory_format=torch.contiguous_format)
    _collectives.all_reduce(result, op, group)
    return result


@counted_as("c10d_functional.reduce_scatter_tensor")
def _reduced_and_scattered(local: Tensor, spec: DTensorSpec, after: DTensorSpec, mesh_dim: int) -> Tensor:
    source, dim = spec.placements[mesh_dim], _dim(after.placements[mesh_dim])
    assert isinstance(source, Partial)
    parts = [part.contiguous() for part in local.split(_lengths(after, mesh_dim), dim)]
    own = torch.empty_like(parts[spec.coordinate()[mesh_dim]])
    _collectives.reduce_scatter(own, parts, _OPS[source.reduce_op], spec.mesh.get_group(mesh_dim))
    return own


@counted_as("_dtensor.shard_dim_alltoall")
def _exchanged(local: Tensor, spec: DTensorSpec, after: DTensorSpec, mesh_dim: int) -> Tensor:
    """From parts along one dimension to parts along another one."""
    source, target = _dim(spec.placements[mesh_dim]), _dim(after.placements[mesh_dim])
    came, went = _lengths(spec, mesh_dim), _lengths(after, mesh_dim)
    sent = [part.contiguous() for part in local.split(went, target)]
    own = sent[spec.coordinate()[mesh_dim]]
    received = [own.new_empty((*own.shape[:source], length, *own.shape[source + 1 :])) for length in came]
    _collectives.all_to_all(received, sent, spec.mesh.get_group(mesh_dim))
    return torch.cat(received, source)


def _as_summand(local: Tensor, spec: DTensorSpec, mesh_dim: int, target: Partial) -> Tensor:
    """What every process has to have, so that all together make ``local``."""
    if target.reduce_op == "sum" and spec.coordinate()[mesh_dim] != 0:
        return torch.zeros_like(local)
    if target.reduce_op in ("sum", "avg", "max", "min"):
        return local
    raise RuntimeError(f"redistribute: from {spec.placements[mesh_dim]!r} to {target!r} is not supported")


class _SummedInBackward(Function):
    @staticmethod
    def forward(ctx: Any, local: Tensor, summands: DTensorSpec, sums: Placements) -> Tensor:
        ctx.way = summands, sums
        return local.view_as(local)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return redistribute(grad, *ctx.way), None, None


def summed_in_backward(local: Tensor, spec: DTensorSpec, mesh_dims: Sequence[int]) -> Tensor:
    """The tensor itself; its gradient is the sum of those that processes along dimensions of the mesh compute."""
    if not mesh_dims or not (torch.is_grad_enabled() and local.requires_grad):
        return local
    sums = gradient_placements(spec.placements)
    summands = [Partial() if mesh_dim in mesh_dims else each for mesh_dim, each in enumerate(sums)]
    return _SummedInBackward.apply(local, spec.with_placements(summands), sums)
