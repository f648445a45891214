"""Reductions of the segments that a dimension is divided into."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_all, require_tensors, require_tensors_or_none
from ferrotorch._composite import one_node
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor
# What a segment without elements gives, and the reduction's name among those of `scatter_reduce`.
_OF_NOTHING = {
    "sum": (0.0, "sum"), "mean": (float("nan"), "sum"), "max": (float("-inf"), "amax"), "min": (float("inf"), "amin"),
    "prod": (1.0, "prod"),
}  # fmt: skip


@one_node("SegmentReduceBackward0")
def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Any = None,
) -> Tensor:
    """Reduce runs of entries of a dimension.

    Args:
        data: of a float dtype, of shape ``(*batch, n, *rest)``.
        reduce: ``"sum"``, ``"mean"``, ``"max"``, ``"min"`` or ``"prod"``.
        lengths: how long the runs are, integers of shape ``(*batch, k)``, whose sums are ``n``; the result has the
            shape ``(*batch, k, *rest)``.
        indices: not used by PyTorch either.
        offsets: instead of ``lengths``, of shape ``(*batch, k + 1)``: where runs begin, and where the last one ends.
        axis: the number of dimensions of ``batch``.
        unsafe: do not look whether the lengths are right.
        initial: what each run begins with. Without it the result of an empty run is that of nothing, NaN for the mean.

    Raises:
        RuntimeError: another reduction, or lengths that do not add up.
    """
    require_tensors("segment_reduce", data=data)
    require_tensors_or_none("segment_reduce", lengths=lengths, indices=indices, offsets=offsets)
    if reduce not in _OF_NOTHING:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, max or min, got {reduce}")
    if not data.is_floating_point():
        raise NotImplementedError(f"\"segment_reduce\" not implemented for '{data.dtype}': use a float dtype")
    if not -data.dim() <= axis < data.dim():
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-data.dim()}, {data.dim() - 1}], but got {axis})"
        )
    axis %= data.dim()
    lengths = _checked_lengths(data, axis, lengths, offsets, unsafe)
    ends = lengths.cumsum(-1)
    entries = _C.arange(data.shape[axis], device=data.device).expand(*ends.shape[:-1], data.shape[axis])
    runs = _C.searchsorted(ends.contiguous(), entries.contiguous(), right=True)
    rest = [1] * (data.dim() - axis - 1)
    shape = [*data.shape[:axis], lengths.shape[-1], *data.shape[axis + 1 :]]
    nothing, name = _OF_NOTHING[reduce]
    start = (0.0 if reduce == "mean" else nothing) if initial is None else initial
    first = _C.full(shape, start, dtype=data.dtype, device=data.device)
    result = _reduced(first, axis, runs.reshape(*runs.shape, *rest).expand(data.shape), data, name)
    if reduce == "mean":
        counts = lengths.reshape(*lengths.shape, *rest)
        empty = nothing if initial is None else result
        result = _C.where(counts == 0, empty, result / counts.clamp(min=1).to(data.dtype))
    return result


def _reduced(first: Tensor, axis: int, runs: Tensor, data: Tensor, name: str) -> Tensor:
    """The runs, beginning with ``first``; NaN is an extremum, and a factor whose derivative is the other factors."""
    if name == "sum" or not data.requires_grad:
        return first.scatter_reduce(axis, runs, data, name)
    from ferrotorch._functions._segment_gradients import Extremum, WithNaN

    if name != "prod":
        result: Tensor = Extremum.apply(first, axis, runs, data, name)
        return result
    product = first.scatter_reduce(axis, runs, data.masked_fill(data.isnan(), 1), name)
    result = WithNaN.apply(product, axis, runs, data)
    return result


def _checked_lengths(data: Tensor, axis: int, lengths: Tensor | None, offsets: Tensor | None, unsafe: bool) -> Tensor:
    if lengths is None:
        if offsets is None:
            raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
        lengths = offsets.diff(dim=-1)
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype is _C.bool:
        raise NotImplementedError(f"segment_reduce(): lengths and offsets must be integers, not {lengths.dtype}")
    if lengths.dim() != axis + 1 or lengths.shape[:-1] != data.shape[:axis]:
        raise RuntimeError(
            f"segment_reduce(): Expected lengths of shape {[*data.shape[:axis], 'k']} for data of shape "
            f"{list(data.shape)} and axis {axis}, got {list(lengths.shape)}"
        )
    if not unsafe:
        require_all(lengths >= 0, "lengths contains negative value!")
        require_all(
            lengths.sum(-1) == data.shape[axis],
            "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when "
            "!unsafe.",
        )
    return lengths


FUNCTIONS = named(segment_reduce) | {"_segment_reduce": segment_reduce}
METHODS: Table = {}
IN_PLACE: Table = {}
