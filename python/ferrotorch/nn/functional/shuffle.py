"""Rearrangements between channels and space."""

from __future__ import annotations

import math

from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node


@one_node("PixelShuffleBackward0")
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(*, C * r^2, H, W) to (*, C, H * r, W * r) (Shi et al., 2016).

    Raises:
        RuntimeError: fewer than 3 dimensions, or channels that ``r^2`` does not divide.
    """
    require_tensors("pixel_shuffle", input=input)
    r = upscale_factor
    if input.dim() < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {input.dim()} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *batch, c, h, w = input.shape
    if c % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={c} is not divisible by {r * r}"
        )
    c //= r * r
    if r == 1:
        return input.clone()
    blocks = input.reshape(math.prod(batch), c, r, r, h, w).permute(0, 1, 4, 2, 5, 3)
    return _in_format_of_images(blocks.reshape(*batch, c, h * r, w * r), input)


def _in_format_of_images(shuffled: Tensor, input: Tensor) -> Tensor:
    """Batches of images keep their memory format, everything else is row-major."""
    return _nn.in_format_of(shuffled, input) if input.dim() == 4 else shuffled.contiguous()


@one_node("PixelUnshuffleBackward0")
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(*, C, H * r, W * r) to (*, C * r^2, H, W): the inverse of :func:`pixel_shuffle`.

    Raises:
        RuntimeError: fewer than 3 dimensions, or height or width that ``r`` does not divide.
    """
    require_tensors("pixel_unshuffle", input=input)
    r = downscale_factor
    if input.dim() < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {input.dim()} "
            "dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *batch, c, h, w = input.shape
    for name, size in (("height", h), ("width", w)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but {size} is not by {r}"
            )
    if r == 1:
        return input.clone()
    blocks = input.reshape(math.prod(batch), c, h // r, r, w // r, r).permute(0, 1, 3, 5, 2, 4)
    return _in_format_of_images(blocks.reshape(*batch, c * r * r, h // r, w // r), input)


@one_node("ChannelShuffleBackward0")
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Interleave ``groups`` groups of channels of (N, C, *) (Zhang et al., 2018).

    Raises:
        RuntimeError: fewer than 3 dimensions, or channels that ``groups`` does not divide.
    """
    require_tensors("channel_shuffle", input=input)
    if input.dim() < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, c, *space = input.shape
    if c % groups:
        raise RuntimeError(f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups.")
    if groups in (1, c):
        return input.clone()
    shuffled = input.reshape(n, groups, c // groups, *space).transpose(1, 2).reshape(input.shape)
    return _nn.in_format_of(shuffled, input)


def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """:func:`channel_shuffle` under the name of PyTorch's kernel.

    Raises:
        RuntimeError: fewer than 3 dimensions, or channels that ``groups`` does not divide.
    """
    return channel_shuffle(input, groups)
