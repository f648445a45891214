"""Rules for views and the order of elements, in other views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import levels_of, on_whole, spread, wrapped

Tensor = _C.Tensor


def _view_as(input: Tensor, other: Tensor) -> Tensor:
    return input.view(other.shape)


def _reshape_as(input: Tensor, other: Tensor) -> Tensor:
    return input.reshape(other.shape)


def _expand_as(input: Tensor, other: Tensor) -> Tensor:
    return input.expand(other.shape)


def _ravel(input: Tensor) -> Tensor:
    return input.reshape(-1)


def _broadcast_tensors(tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    shape = torch.broadcast_shapes(*(tensor.shape for tensor in tensors))
    return tuple(tensor.expand(shape) for tensor in tensors)


def _permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    if len(dims) != input.dim():
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.dim()} is not equal to len(dims) = {len(dims)}"
        )
    order = [wrapped(dim, input.dim()) for dim in dims]
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return on_whole(input, lambda whole, k: whole.permute(*range(k), *(dim + k for dim in order)))


def _t(input: Tensor) -> Tensor:
    if input.dim() > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.dim()}D")
    return input.transpose(0, 1) if input.dim() == 2 else input.view(input.shape)


def _t_in_place(input: Tensor) -> Tensor:
    return input.transpose_(0, 1) if input.dim() == 2 else input


def _adjoint(input: Tensor) -> Tensor:
    if input.dim() < 2:
        raise RuntimeError(
            f"tensor.adjoint() is only supported on matrices or batches of matrices. Got {input.dim()}-D tensor."
        )
    return input.transpose(-2, -1).conj()


def _view_as_complex(input: Tensor) -> Tensor:
    if input.dim() == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    return on_whole(input, lambda whole, _: _C.view_as_complex(whole))


def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """The window of the first sample, moved by as much as the samples are apart."""
    if len(size) != len(stride):
        raise RuntimeError(
            "Tensor.as_strided(size, stride, ...): size and stride must have the same length! Got size "
            f"{list(size)} and stride {list(stride)}"
        )

    def windows(whole: Tensor, k: int) -> Tensor:
        offset = whole.storage_offset() if storage_offset is None else storage_offset
        return whole.as_strided((*whole.shape[:k], *size), (*whole.stride()[:k], *stride), offset)

    return on_whole(input, windows)


def _as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    levels = levels_of(input, src)
    whole = _C._physical(spread(input, levels))
    copy = whole.clone()
    if (
        copy.stride() != whole.stride()
        or (storage_offset is not None and whole.storage_offset())
        or src.shape != (*size,)
    ):
        # The window is said in terms of memory, which lies otherwise in a copy.
        return NotImplemented
    result = _C._batched(copy, levels)
    as_strided(result, size, stride, storage_offset).copy_(src)
    return result


def _split(name: str, least: int, dim_of: Callable[[int], int]) -> Callable[..., Any]:
    def rule(input: Tensor, sections: int | None = None, indices: Sequence[int] | None = None) -> Any:
        if input.dim() < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {input.dim()} "
                "dimensions!"
            )
        dim = dim_of(input.dim())
        if indices is not None:
            return input.tensor_split(tuple(indices), dim)
        if sections is None or sections <= 0 or input.shape[dim] % sections:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension "
                f"{input.shape[dim]} is not divisible by the split_size {sections}!"
            )
        return input.tensor_split(sections, dim)

    return rule


def _each(function: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    def rule(input: Tensor | None = None, tensors: Sequence[Tensor] = ()) -> Any:
        return tuple(map(function, tensors)) if input is None else function(input)

    return rule


def _atleast_1d(tensor: Tensor) -> Tensor:
    return tensor.reshape(1) if tensor.dim() == 0 else tensor


def _atleast_2d(tensor: Tensor) -> Tensor:
    return tensor if tensor.dim() >= 2 else tensor.reshape(1, -1)


def _atleast_3d(tensor: Tensor) -> Tensor:
    return tensor if tensor.dim() >= 3 else tensor.unsqueeze(-1) if tensor.dim() == 2 else tensor.reshape(1, -1, 1)


def _fliplr(input: Tensor) -> Tensor:
    if input.dim() < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return input.flip(1)


def _flipud(input: Tensor) -> Tensor:
    if input.dim() < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return input.flip(0)


def _roll(input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    if dims is None or dims == () or dims == []:
        flat = input.reshape(-1)
        return on_whole(flat, lambda whole, k: whole.roll(_sum_of(shifts), k)).reshape(input.shape)
    places = [wrapped(dim, input.dim()) for dim in ([dims] if isinstance(dims, int) else dims)]
    return on_whole(input, lambda whole, k: whole.roll(shifts, [dim + k for dim in places]))


def _sum_of(shifts: int | Sequence[int]) -> int:
    if not isinstance(shifts, int) and len(shifts) != 1:
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
    return shifts if isinstance(shifts, int) else shifts[0]


def _rot90(input: Tensor, k: int = 1, dims: Sequence[int] | None = None) -> Tensor:
    places = [wrapped(dim, input.dim()) for dim in ((0, 1) if dims is None else dims)]
    return on_whole(input, lambda whole, n: whole.rot90(k, [dim + n for dim in places]))


RULES: dict[str, Callable[..., Any]] = {
    "view_as": _view_as, "reshape_as": _reshape_as, "expand_as": _expand_as, "ravel": _ravel,
    "broadcast_tensors": _broadcast_tensors, "permute": _permute, "t": _t, "t_": _t_in_place, "adjoint": _adjoint,
    "view_as_complex": _view_as_complex, "as_strided": as_strided,
    "as_strided_scatter": _as_strided_scatter,
    "hsplit": _split("hsplit", 1, lambda ndim: 0 if ndim == 1 else 1),
    "vsplit": _split("vsplit", 2, lambda ndim: 0), "dsplit": _split("dsplit", 3, lambda ndim: 2),
    "atleast_1d": _each(_atleast_1d), "atleast_2d": _each(_atleast_2d), "atleast_3d": _each(_atleast_3d),
    "fliplr": _fliplr, "flipud": _flipud, "roll": _roll, "rot90": _rot90,
}  # fmt: skip
