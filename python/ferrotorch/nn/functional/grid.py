"""Spatial transformers (Jaderberg et al., 2015): sampling an image at the points of a grid.

Coordinates are normalised: -1 and 1 are the centres of the corner pixels with ``align_corners``, else their outer
edges.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node


@one_node("AffineGridGeneratorBackward0")
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Grids of the affine maps ``theta``: (N, 2, 3) to (N, H, W, 2) for ``size`` (N, C, H, W), or likewise in 3-D.

    Raises:
        ValueError: shapes that do not fit.
        NotImplementedError: grids of other than two or three dimensions.
    """
    require_tensors("affine_grid", theta=theta)
    align_corners = _align_corners("affine_grid", align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    space = list(size[2:])
    ndim = len(space)
    if ndim not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {tuple(size)}."
        )
    if tuple(theta.shape[1:]) != (ndim, ndim + 1):
        raise ValueError(
            f"affine_grid: Expected a batch of {ndim}D affine matrices of shape Nx{ndim}x{ndim + 1} "
            f"for size {list(size)}, but got {list(theta.shape)}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {list(size)}")
    base = theta.new_ones((*space, ndim + 1))
    for d, n in enumerate(space):
        points = torch.linspace(-1, 1, n, dtype=theta.dtype, device=theta.device) if n > 1 else theta.new_zeros(1)
        if not align_corners:
            points = points * ((n - 1) / n)
        # The last dimension of the image is the first coordinate.
        base[..., ndim - 1 - d] = points.reshape([-1 if i == d else 1 for i in range(ndim)])
    grid = torch.matmul(base.reshape(1, -1, ndim + 1), theta.transpose(1, 2))
    return grid.reshape(theta.size(0), *space, ndim)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Sample ``input`` (N, C, H, W) at ``grid`` (N, H', W', 2) to (N, C, H', W'), or likewise in 3-D.

    ``mode``: ``bilinear``, ``nearest`` or ``bicubic``; ``padding_mode``, what lies outside the image:
    ``zeros``, ``border`` or ``reflection``.

    Raises:
        ValueError: a mode that does not exist.
        RuntimeError: shapes that do not fit.
    """
    require_tensors("grid_sample", input=input, grid=grid)
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    align_corners = _align_corners("grid_sample", align_corners)
    _check_grid(input, grid)
    return _nn.grid_sample(input, grid, mode, padding_mode, align_corners)


def _align_corners(name: str, align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            f"Default {name} behavior has changed to align_corners=False. Please specify align_corners=True if the old "
            f"behavior is desired. See the documentation of {name} for details.",
            stacklevel=3,
        )
    return bool(align_corners)


def _check_grid(input: Tensor, grid: Tensor) -> None:
    ndim = input.dim() - 2
    if ndim not in (2, 3) or grid.dim() != input.dim() or grid.size(-1) != ndim or grid.size(0) != input.size(0):
        raise RuntimeError(
            "grid_sample(): expected input of shape (N, C, H, W) with grid (N, H', W', 2), or (N, C, D, H, W) with "
            f"(N, D', H', W', 3), but got input {list(input.shape)} and grid {list(grid.shape)}"
        )
    if input.dtype is not grid.dtype:
        raise RuntimeError(f"grid_sample(): expected input and grid of one dtype, got {input.dtype} and {grid.dtype}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"grid_sample" not implemented for {input.dtype}: convert to a float dtype first')
    if min(input.shape[2:]) == 0:
        raise RuntimeError(
            f"grid_sample(): expected input to have non-empty spatial dimensions, got {list(input.shape)}"
        )
