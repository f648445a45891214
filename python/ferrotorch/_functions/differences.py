"""Differences of neighbours: finite differences as derivatives of sampled functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors
from ferrotorch._functions._names_of_numpy import numpy_names
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor


@numpy_names
def gradient(input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """Derivatives of a function that is given by its values, by central differences of second order.

    Args:
        input: the values, on a grid.
        spacing: the distance of neighbours: a number, 1 where None; a number for each dimension; or for each dimension
            a 1-D tensor of the coordinates.
        dim: the dimensions to differentiate by, all where None.
        edge_order: 1 or 2, the order of the one-sided differences at the edges.

    Returns:
        A tensor of the shape of ``input`` for each of these dimensions; those of integers are in the default float
        dtype.

    Raises:
        RuntimeError: ``spacing`` and ``dim`` are not of one length; a dimension has fewer than ``edge_order + 1``
            values.
    """
    require_tensors("gradient", input=input)
    if input.dtype is _C.uint8:
        raise NotImplementedError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = _dims_of(input, dim)
    if any(input.shape[d] < edge_order + 1 for d in dims):
        raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    steps = _steps(input, spacing, dims, dim is not None)
    if input.dim() == 0:
        return ()
    return tuple(_along(input, d, step, edge_order) for d, step in zip(dims, steps, strict=True))


def _dims_of(input: Tensor, dim: Any) -> list[int]:
    ndim = input.dim()
    if dim is None:
        return list(range(ndim))
    dims: list[int] = []
    for d in (dim,) if isinstance(dim, int) else dim:
        if not -ndim <= d < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {d})")
        if d % ndim in dims:
            raise RuntimeError(f"dim {d % ndim} appears multiple times in the list of dims")
        dims.append(d % ndim)
    return dims


def _steps(input: Tensor, spacing: Any, dims: Sequence[int], dim_given: bool) -> list[Any]:
    """For each dimension the distance of neighbours, or their coordinates."""
    if spacing is None:
        spacing = 1
    if isinstance(spacing, Tensor) and spacing.dim() == 0:
        spacing = spacing.item()
    if isinstance(spacing, Tensor) or not isinstance(spacing, Sequence):
        if isinstance(spacing, Tensor):
            raise TypeError("gradient(): argument 'spacing' must be Number or tuple of Tensors, not Tensor")
        return [spacing] * len(dims)
    if len(spacing) != len(dims):
        what = (
            "a scalar or it's spacing and dim arguments to have the same length, but got a spacing argument of length "
            f"{len(spacing)} and a dim argument of length {len(dims)}."
            if dim_given
            else f"a scalar, or a list of length equal to 'self.dim() = {input.dim()}', since dim argument was not "
            f"given, but got a list of length {len(spacing)}"
        )
        raise RuntimeError(f"torch.gradient expected spacing to be unspecified, {what}")
    for d, step in zip(dims, spacing, strict=True):
        if isinstance(step, Tensor) and step.dim() != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got an element with "
                f"{step.dim()} dimensions!"
            )
        if isinstance(step, Tensor) and step.numel() != input.shape[d]:
            raise RuntimeError(
                f"torch.gradient expected as many coordinates as there are values: {input.shape[d]} along dimension "
                f"{d}, but got {step.numel()}"
            )
    return list(spacing)


def _along(input: Tensor, dim: int, step: Any, edge_order: int) -> Tensor:
    values = input.movedim(dim, -1)
    inside = _inside_by_coordinates if isinstance(step, Tensor) else _inside
    first = _edge(values[..., : edge_order + 1], step[: edge_order + 1] if isinstance(step, Tensor) else step)
    # The last values backwards: their distances are negative.
    last = values[..., -edge_order - 1 :].flip(-1)
    behind = _edge(last, step[-edge_order - 1 :].flip(0) if isinstance(step, Tensor) else -step)
    return _C.cat([first, inside(values, step), behind], -1).movedim(-1, dim)


def _inside(values: Tensor, step: Any) -> Tensor:
    return (values[..., 2:] - values[..., :-2]) / (2 * step)


def _inside_by_coordinates(values: Tensor, places: Tensor) -> Tensor:
    """The derivative, at its middle, of the parabola through three points."""
    distances = places[1:] - places[:-1]
    before, behind = distances[:-1], distances[1:]
    slopes = (values[..., 1:] - values[..., :-1]) / distances
    return (slopes[..., :-1] * behind + slopes[..., 1:] * before) / (before + behind)


def _edge(values: Tensor, step: Any) -> Tensor:
    """The derivative at the first of two or three values."""
    if isinstance(step, Tensor):
        distances = step[1:] - step[:-1]
        near, far = distances[0], distances[-1]
    else:
        near = far = step
    slopes = (values[..., 1:] - values[..., :-1]) / (distances if isinstance(step, Tensor) else step)
    if values.shape[-1] == 2:
        return slopes
    # That of the parabola: the slope there changes by that much on the way to the middle of the first interval.
    return slopes[..., :1] - (slopes[..., 1:] - slopes[..., :1]) * (near / (near + far))


FUNCTIONS = named(gradient)
METHODS: Table = {}
IN_PLACE: Table = {}
