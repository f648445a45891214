"""Rearrangements between channels and space."""

from __future__ import annotations

from ferrotorch._C import Tensor, _nn


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(*, C * r^2, H, W) to (*, C, H * r, W * r) (Shi et al., 2016).

    Raises:
        RuntimeError: fewer than 3 dimensions, or channels that ``r^2`` does not divide.
    """
    return _nn.pixel_shuffle(input, upscale_factor)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(*, C, H * r, W * r) to (*, C * r^2, H, W): the inverse of :func:`pixel_shuffle`.

    Raises:
        RuntimeError: fewer than 3 dimensions, or height or width that ``r`` does not divide.
    """
    return _nn.pixel_unshuffle(input, downscale_factor)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Interleave ``groups`` groups of channels of (N, C, *) (Zhang et al., 2018).

    Raises:
        RuntimeError: fewer than 3 dimensions, or channels that ``groups`` does not divide.
    """
    return _nn.channel_shuffle(input, groups)


def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """:func:`channel_shuffle` under the name of PyTorch's kernel.

    Raises:
        RuntimeError: fewer than 3 dimensions, or channels that ``groups`` does not divide.
    """
    return channel_shuffle(input, groups)
