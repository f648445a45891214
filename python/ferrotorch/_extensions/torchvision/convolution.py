"""Deformable convolution (Dai et al., 2017; with a mask Zhu et al., 2018)."""

from __future__ import annotations

import ferrotorch as torch

Tensor = torch.Tensor


def deform_conv2d(
    input: Tensor, weight: Tensor, offset: Tensor, mask: Tensor, bias: Tensor, stride_h: int, stride_w: int,
    pad_h: int, pad_w: int, dilation_h: int, dilation_w: int, groups: int, offset_groups: int, use_mask: bool,
) -> Tensor:  # fmt: skip
    """A convolution whose every tap is at a place of its own, and weighted by a mask.

    Args:
        input: (N, C, H, W).
        weight: (C_out, C / groups, kernel_h, kernel_w).
        offset: (N, 2 * offset_groups * kernel_h * kernel_w, H_out, W_out): rows and columns that taps are moved by.
        mask: (N, offset_groups * kernel_h * kernel_w, H_out, W_out).
        bias: (C_out,).
        stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w: as of a convolution.
        groups, offset_groups: of channels that share taps' weights, and places.
        use_mask: is there a mask?
    """
    batch, channels = input.shape[:2]
    kernel = (weight.size(2), weight.size(3))
    _check(input, weight, offset, mask, groups, offset_groups, use_mask)
    out = tuple(offset.shape[-2:])
    moved = offset.view(batch, offset_groups, kernel[0] * kernel[1], 2, *out)
    row, column = (
        _grid(out[side], kernel, side, step, pad, dilation, input) + moved[:, :, :, side]
        for side, step, pad, dilation in ((0, stride_h, pad_h, dilation_h), (1, stride_w, pad_w, dilation_w))
    )
    images = input.view(batch, offset_groups, channels // offset_groups, *input.shape[2:])
    samples = _sampled(images, row, column)
    if use_mask:
        samples = samples * mask.view(batch, offset_groups, 1, kernel[0] * kernel[1], *out)
    columns = samples.reshape(batch, groups, channels // groups * kernel[0] * kernel[1], out[0] * out[1])
    weights = weight.view(groups, weight.size(0) // groups, -1)
    return (weights @ columns).reshape(batch, weight.size(0), *out) + bias.view(-1, 1, 1)


def _grid(
    length: int, kernel: tuple[int, int], side: int, stride: int, pad: int, dilation: int, like: Tensor
) -> Tensor:
    """Where taps are without offsets, along one side: broadcasts to (taps, H_out, W_out)."""
    taps = torch.arange(kernel[side], dtype=like.dtype, device=like.device) * dilation
    each = taps.repeat_interleave(kernel[1]) if side == 0 else taps.repeat(kernel[0])
    places = torch.arange(length, dtype=like.dtype, device=like.device) * stride - pad
    return each.view(-1, 1, 1) + (places.view(1, -1, 1) if side == 0 else places.view(1, 1, -1))


def _sampled(images: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Bilinear samples of (N, G, C, H, W) at (N, G, taps, *): (N, G, C, taps, *). Beyond the image there are zeros."""
    height, width = images.shape[-2:]
    flat = images.flatten(-2)
    total: Tensor | None = None
    top, left = row.floor(), column.floor()
    for r, by_row in ((top, 1 - (row - top)), (top + 1, row - top)):
        for c, by_column in ((left, 1 - (column - left)), (left + 1, column - left)):
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            at = (r.clamp(0, height - 1) * width + c.clamp(0, width - 1)).long().flatten(2).unsqueeze(2)
            values = flat.gather(-1, at.expand(-1, -1, images.size(2), -1)).unflatten(-1, row.shape[2:])
            part = values * (by_row * by_column * inside).unsqueeze(2)
            total = part if total is None else total + part
    assert total is not None
    return total


def _check(
    input: Tensor, weight: Tensor, offset: Tensor, mask: Tensor, groups: int, offset_groups: int, use_mask: bool
) -> None:
    taps = weight.size(2) * weight.size(3)
    if input.dim() != 4 or weight.dim() != 4 or offset.dim() != 4:
        raise RuntimeError("deform_conv2d: input, weight and offset must have four dimensions")
    if weight.size(1) * groups != input.size(1):
        raise RuntimeError(f"deform_conv2d: weight of {weight.size(1)} x {groups} channels, input of {input.size(1)}")
    if input.size(1) % offset_groups:
        raise RuntimeError("deform_conv2d: input channels must be a multiple of the offset groups")
    if offset.size(1) != offset_groups * 2 * taps:
        raise RuntimeError(f"offset.shape[1] is not valid: got: {offset.size(1)} expected: {offset_groups * 2 * taps}")
    if use_mask and mask.size(1) != offset_groups * taps:
        raise RuntimeError(f"mask.shape[1] is not valid: got: {mask.size(1)} expected: {offset_groups * taps}")
