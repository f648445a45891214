"""The backward ops of pooling and of deformable convolution: derivatives of the ops beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._extensions.torchvision.convolution import deform_conv2d
from ferrotorch._extensions.torchvision.regions import bin_averages, ps_roi_align, roi_align

Tensor = torch.Tensor


def _by_images(function: Callable[[Tensor], Tensor], sizes: tuple[int, ...], grad: Tensor) -> Tensor:
    """The gradient by images of what is linear in them: their values do not matter."""
    if grad.numel() == 0:
        return grad.new_zeros(sizes)
    with torch.enable_grad():
        images = grad.new_zeros(sizes, requires_grad=True)
        found: Tensor = torch.autograd.grad(function(images), images, grad)[0]
    return found


def roi_align_backward(
    grad: Tensor, rois: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int, batch_size: int,
    channels: int, height: int, width: int, sampling_ratio: int, aligned: bool,
) -> Tensor:  # fmt: skip
    """The gradient of ``roi_align`` by its images."""
    rest = (rois, spatial_scale, pooled_height, pooled_width, sampling_ratio, aligned)
    return _by_images(lambda images: roi_align(images, *rest), (batch_size, channels, height, width), grad)


def roi_pool_backward(
    grad: Tensor, rois: Tensor, argmax: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int,
    batch_size: int, channels: int, height: int, width: int,
) -> Tensor:  # fmt: skip
    """The gradient of ``roi_pool`` by its images: it goes to the pixels that were the largest."""
    result = grad.new_zeros((batch_size, channels, height * width))
    images = rois[:, 0].long()[:, None, None].expand(-1, channels, pooled_height * pooled_width)
    of_channel = torch.arange(channels, device=grad.device)[None, :, None].expand_as(images)
    places = argmax.flatten(2).long()
    values = torch.where(places >= 0, grad.flatten(2), torch.zeros_like(grad).flatten(2))
    result.index_put_((images, of_channel, places.clamp(min=0)), values, accumulate=True)
    return result.view(batch_size, channels, height, width)


def ps_roi_align_backward(
    grad: Tensor, rois: Tensor, channel_mapping: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int,
    sampling_ratio: int, batch_size: int, channels: int, height: int, width: int,
) -> Tensor:  # fmt: skip
    """The gradient of ``ps_roi_align`` by its images."""
    rest = (rois, spatial_scale, pooled_height, pooled_width, sampling_ratio)
    return _by_images(lambda images: ps_roi_align(images, *rest)[0], (batch_size, channels, height, width), grad)


def ps_roi_pool_backward(
    grad: Tensor, rois: Tensor, channel_mapping: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int,
    batch_size: int, channels: int, height: int, width: int,
) -> Tensor:  # fmt: skip
    """The gradient of ``ps_roi_pool`` by its images; in torchvision it goes to the last row and column, too."""
    rest = (rois, spatial_scale, channel_mapping, 0)
    return _by_images(lambda images: bin_averages(images, *rest), (batch_size, channels, height, width), grad)


def deform_conv2d_backward(
    grad: Tensor, input: Tensor, weight: Tensor, offset: Tensor, mask: Tensor, bias: Tensor, *rest: Any
) -> tuple[Tensor, ...]:
    """The gradients of ``deform_conv2d`` by input, weight, offset, mask and bias."""
    with torch.enable_grad():
        inputs: list[Any] = [tensor.detach().requires_grad_() for tensor in (input, weight, offset, mask, bias)]
        result = deform_conv2d(*inputs, *rest)
        found = torch.autograd.grad(result, inputs, grad, allow_unused=True)
    return tuple(
        torch.zeros_like(tensor) if gradient is None else gradient
        for tensor, gradient in zip(inputs, found, strict=True)
    )
