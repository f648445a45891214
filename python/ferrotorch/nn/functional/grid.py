"""Spatial transformers (Jaderberg et al., 2015): sampling an image at the points of a grid.

Coordinates are normalised: -1 and 1 are the centres of the corner pixels with ``align_corners``, else their outer
edges.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch.nn.functional.interpolation import cubic_weights


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


@one_node(lambda input, *_, **__: f"GridSampler{input.dim() - 2}DBackward0")
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
    if input.dtype in (torch.float16, torch.bfloat16):
        # Coordinates of a large image need more than a half type's precision.
        return _sample(input.float(), grid.float(), mode, padding_mode, align_corners).to(input.dtype).contiguous()
    return _sample(input, grid, mode, padding_mode, align_corners).contiguous()


def _sample(input: Tensor, grid: Tensor, mode: str, padding_mode: str, align_corners: bool) -> Tensor:
    sampler = _Sampler(input, padding_mode, align_corners)
    # Coordinates in the order of the input's dimensions, (N, H', W') each.
    sizes = input.shape[2:]
    positions = [_unnormalize(c, n, align_corners) for c, n in zip(reversed(grid.unbind(-1)), sizes, strict=True)]
    if mode == "bicubic":
        return _sample_bicubic(sampler, positions)
    positions = [sampler.bring_inside(p, d) for d, p in enumerate(positions)]
    if mode == "nearest":
        return _constant_in(sampler.read([p.round() for p in positions]), positions[0])
    return _sample_linear(sampler, positions)


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


def _unnormalize(coordinate: Tensor, size: int, align_corners: bool) -> Tensor:
    """[-1, 1] to pixel indices."""
    if align_corners:
        return (coordinate + 1) / 2 * (size - 1)
    return ((coordinate + 1) * size - 1) / 2


class _Sampler:
    """An image, and what lies outside of it."""

    def __init__(self, image: Tensor, padding_mode: str, align_corners: bool) -> None:
        self.sizes = image.shape[2:]
        self.shape = image.shape[:2]
        self.flat = image.flatten(2)
        self.padding_mode = padding_mode
        self.align_corners = align_corners

    def bring_inside(self, position: Tensor, dim: int) -> Tensor:
        """The position within the image that stands for ``position``; with zero padding, itself."""
        size = self.sizes[dim]
        if self.padding_mode == "zeros":
            return position
        if self.padding_mode == "reflection":
            position = self._reflect(position, size)
        # On the border and beyond, where the pixel no longer changes, the position has no gradient. NaN counts as -1.
        is_inside = (position > 0) & (position < size - 1)
        return torch.where(is_inside, position, position.detach().clamp(0, size - 1).nan_to_num(0.0))

    def _reflect(self, position: Tensor, size: int) -> Tensor:
        low, span = (0.0, size - 1) if self.align_corners else (-0.5, size)
        if span == 0:
            return position * 0
        distance = (position - low).abs()
        flips = torch.floor(distance / span)
        rest = distance - flips.detach() * span
        return torch.where(flips % 2 == 0, rest + low, span - rest + low)

    def read(self, positions: Sequence[Tensor]) -> Tensor:
        """Pixels (N, C, *) at integral positions (N, *) each; 0 outside the image."""
        index: Any = None
        inside: Any = None
        for position, size in zip(positions, self.sizes, strict=True):
            whole = position.detach().to(torch.int64)
            within = (whole >= 0) & (whole < size)
            whole = whole.clamp(0, size - 1)
            index = whole if index is None else index * size + whole
            inside = within if inside is None else inside & within
        n, c = self.shape
        flat = index.reshape(n, 1, -1).expand(n, c, -1)
        pixels = self.flat.gather(2, flat).reshape(n, c, *index.shape[1:])
        return pixels.masked_fill(~inside.unsqueeze(1), 0)


def _constant_in(pixels: Tensor, position: Tensor) -> Tensor:
    """``pixels``, which depend on the position step by step: with a gradient of 0 rather than none."""
    return torch.where(torch.ones_like(pixels, dtype=torch.bool), pixels, position.unsqueeze(1))


def _sample_linear(sampler: _Sampler, positions: list[Tensor]) -> Tensor:
    low = [p.detach().floor() for p in positions]
    share = [p - b for p, b in zip(positions, low, strict=True)]
    total: Any = None
    for corner in itertools.product((0, 1), repeat=len(positions)):
        weight: Any = None
        for up, s in zip(corner, share, strict=True):
            part = s if up else 1 - s
            weight = part if weight is None else weight * part
        term = sampler.read([b + up for b, up in zip(low, corner, strict=True)]) * weight.unsqueeze(1)
        total = term if total is None else total + term
    return total


def _sample_bicubic(sampler: _Sampler, positions: list[Tensor]) -> Tensor:
    low = [p.detach().floor() for p in positions]
    # Each tap by itself is brought inside, as the taps of one point may lie on both sides of the border.
    taps = [
        [(sampler.bring_inside(b + i, d), weight) for i, weight in enumerate(cubic_weights(p - b), -1)]
        for d, (p, b) in enumerate(zip(positions, low, strict=True))
    ]
    total: Any = None
    for points in itertools.product(*taps):
        weight: Any = math.prod(weight for _, weight in points)
        term = sampler.read([place for place, _ in points]) * weight.unsqueeze(1)
        total = term if total is None else total + term
    return total
