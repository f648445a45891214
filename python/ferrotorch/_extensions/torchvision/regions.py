"""Pooling over regions of interest: rectangles of images, cut into bins.

A region (K, 5) names its image and two corners. Averages are of bilinear samples (Mask R-CNN), maxima of pixels (Fast
R-CNN); the position-sensitive forms (R-FCN) take a channel of its own for each bin.
"""

from __future__ import annotations

import ferrotorch as torch

Tensor = torch.Tensor


def check_regions(op: str, input: Tensor, rois: Tensor) -> None:
    """Raise RuntimeError where regions cannot be of an input."""
    if rois.dim() != 2 or rois.size(1) != 5:
        raise RuntimeError("rois must have shape as Tensor[K, 5]")
    if input.dtype != rois.dtype:
        raise RuntimeError(
            f"{op}: Expected tensor for input to have the same type as tensor for rois; but type {input.dtype} does "
            f"not equal {rois.dtype}"
        )


def roi_align(
    input: Tensor, rois: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int, sampling_ratio: int,
    aligned: bool,
) -> Tensor:  # fmt: skip
    """Averages of bilinear samples over the bins of regions: (N, C, H, W) to (K, C, pooled_height, pooled_width).

    Args:
        input: images.
        rois: regions.
        spatial_scale: what corners are multiplied by.
        pooled_height, pooled_width: bins.
        sampling_ratio: samples along either side of a bin; not positive: by the size of the region.
        aligned: are pixels half a pixel from their index?
    """
    check_regions("roi_align", input, rois)
    offset = 0.5 if aligned else 0.0
    corners = rois[:, 1:] * spatial_scale - offset
    size = corners[:, 2:] - corners[:, :2]
    if not aligned:
        size = size.clamp(min=1.0)
    results = [
        _aligned(input[image], corner, extent, (pooled_height, pooled_width), sampling_ratio)
        for image, corner, extent in zip(rois[:, 0].long().tolist(), corners[:, :2], size, strict=True)
    ]
    if not results:
        return input.new_empty((0, input.size(1), pooled_height, pooled_width))
    return torch.stack(results)


def qroi_align(
    input: Tensor, rois: Tensor, input_scale: float, input_zero_point: int, rois_scale: float, rois_zero_point: int,
    spatial_scale: float, pooled_height: int, pooled_width: int, sampling_ratio: int, aligned: bool,
) -> Tensor:  # fmt: skip
    """:func:`roi_align` of quantized images and regions, given by integers, scale and zero point."""
    check_regions("qroi_align", input, rois)
    images, regions = (input - input_zero_point) * input_scale, (rois - rois_zero_point) * rois_scale
    pooled = roi_align(images, regions, spatial_scale, pooled_height, pooled_width, sampling_ratio, aligned)
    bounds = torch.iinfo(input.dtype)
    return (pooled / input_scale + input_zero_point).round().clamp(bounds.min, bounds.max).to(input.dtype)


def _aligned(image: Tensor, corner: Tensor, size: Tensor, bins: tuple[int, int], sampling_ratio: int) -> Tensor:
    """One region: bilinear weights along either side are summed over a bin's samples, so two products are all."""
    weights = []
    for side, count in ((1, bins[0]), (0, bins[1])):
        samples = sampling_ratio if sampling_ratio > 0 else max(int(torch.ceil(size[side] / count).item()), 0)
        weights.append(_sample_weights(image.size(-2 if side else -1), corner[side], size[side], count, samples))
    return weights[0] @ image @ weights[1].mT


def _sample_weights(length: int, start: Tensor, extent: Tensor, bins: int, samples: int) -> Tensor:
    """(bins, length): how much of each pixel the average over the samples of a bin has, along one dimension."""
    if samples == 0:
        return start.new_zeros((bins, length))
    steps = torch.arange(bins * samples, dtype=start.dtype, device=start.device).view(bins, samples)
    width = extent / bins
    at = start + steps.div(samples, rounding_mode="floor") * width + (steps % samples + 0.5) * width / samples
    return hat_weights(at, length).mean(1)


def hat_weights(at: Tensor, length: int) -> Tensor:
    """(*, length): bilinear weights of pixels for coordinates, which are 0 beyond one pixel outside of the image."""
    inside = (at >= -1.0) & (at <= length)
    at = at.clamp(0, length - 1).unsqueeze(-1)
    pixels = torch.arange(length, dtype=at.dtype, device=at.device)
    return (1 - (at - pixels).abs()).clamp(min=0) * inside.unsqueeze(-1)


def _rounded_bins(start: Tensor, end: Tensor, count: int, length: int) -> tuple[list[int], list[int]]:
    """First pixels of bins and those behind their last, of regions with whole corners."""
    width = (end - start + 1).clamp(min=1).to(torch.float32) / count
    steps = torch.arange(count, device=start.device)
    first = ((steps * width).floor().long() + start).clamp(0, length)
    last = (((steps + 1) * width).ceil().long() + start).clamp(0, length)
    return first.tolist(), last.tolist()


def roi_pool(
    input: Tensor, rois: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int
) -> tuple[Tensor, Tensor]:
    """Maxima over the bins of regions, and where they are in the image; 0 and -1 for a bin without pixels."""
    check_regions("roi_pool", input, rois)
    height, width = input.shape[-2:]
    corners = _half_away(rois[:, 1:] * spatial_scale)
    result = input.new_zeros((rois.size(0), input.size(1), pooled_height, pooled_width))
    places = torch.full(result.shape, -1, dtype=torch.int32, device=input.device)
    for region, (image, corner) in enumerate(zip(rois[:, 0].long().tolist(), corners, strict=True)):
        rows = _rounded_bins(corner[1], corner[3], pooled_height, height)
        columns = _rounded_bins(corner[0], corner[2], pooled_width, width)
        for i, (top, bottom) in enumerate(zip(*rows, strict=True)):
            for j, (left, right) in enumerate(zip(*columns, strict=True)):
                if bottom > top and right > left:
                    at = input[image, :, top:bottom, left:right].flatten(1).argmax(1)
                    row, column = at.div(right - left, rounding_mode="floor") + top, at % (right - left) + left
                    places[region, :, i, j] = (row * width + column).int()
    images = input.flatten(2)[rois[:, 0].long()]
    values = images.gather(2, places.clamp(min=0).flatten(2).long()).view(result.shape)
    return torch.where(places >= 0, values, result), places


def _half_away(values: Tensor) -> Tensor:
    """The nearest whole numbers, halves away from zero."""
    return (values.abs() + 0.5).floor().copysign(values).long()


def ps_roi_align(
    input: Tensor, rois: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int, sampling_ratio: int
) -> tuple[Tensor, Tensor]:
    """:func:`roi_align` of a channel of its own for each bin, (K, C / bins, ...), and the numbers of these channels."""
    check_regions("ps_roi_align", input, rois)
    channels = channels_of_bins(input, rois.size(0), pooled_height, pooled_width)
    # There are 0.5 less in every corner, and no least size.
    averages = roi_align(input, rois, spatial_scale, pooled_height, pooled_width, sampling_ratio, True)
    return averages.gather(1, channels.long()), channels


def channels_of_bins(input: Tensor, regions: int, pooled_height: int, pooled_width: int) -> Tensor:
    """(K, C / bins, pooled_height, pooled_width): the channel that each bin of a position-sensitive pooling is of.

    Raises:
        RuntimeError: the number of channels is not a multiple of the number of bins.
    """
    bins = pooled_height * pooled_width
    if input.size(1) % bins:
        raise RuntimeError("input channels must be a multiple of pooling height * pooling width")
    numbers = torch.arange(input.size(1), dtype=torch.int32, device=input.device)
    return numbers.view(1, -1, pooled_height, pooled_width).expand(regions, -1, -1, -1).contiguous()


def ps_roi_pool(
    input: Tensor, rois: Tensor, spatial_scale: float, pooled_height: int, pooled_width: int
) -> tuple[Tensor, Tensor]:
    """Averages over the pixels of bins, of a channel of its own for each, and the numbers of these channels.

    As in torchvision, the last row and the last column of an image are in no bin.
    """
    check_regions("ps_roi_pool", input, rois)
    channels = channels_of_bins(input, rois.size(0), pooled_height, pooled_width)
    return bin_averages(input, rois, spatial_scale, channels, 1), channels


def bin_averages(input: Tensor, rois: Tensor, spatial_scale: float, channels: Tensor, spare: int) -> Tensor:
    """Averages over the pixels of bins, of the channels given for them; no bin has the ``spare`` last pixels."""
    height, width = input.shape[-2:]
    corners = _half_away(rois[:, 1:] * spatial_scale)
    results = []
    for image, corner in zip(rois[:, 0].long().tolist(), corners, strict=True):
        rows = _pixel_weights(corner[1], corner[3], channels.size(2), height, spare, input)
        columns = _pixel_weights(corner[0], corner[2], channels.size(3), width, spare, input)
        results.append(rows @ input[image] @ columns.mT)
    if not results:
        return input.new_empty(channels.shape)
    return torch.stack(results).gather(1, channels.long())


def _pixel_weights(start: Tensor, end: Tensor, count: int, length: int, spare: int, like: Tensor) -> Tensor:
    """(count, length): one over the number of a bin's pixels at its pixels, along one dimension."""
    width = (end - start).clamp(min=1).to(like.dtype) / count
    steps = torch.arange(count, device=start.device)
    first = ((steps * width).floor().long() + start).clamp(0, length - spare).unsqueeze(1)
    last = (((steps + 1) * width).ceil().long() + start).clamp(0, length - spare).unsqueeze(1)
    pixels = torch.arange(length, device=start.device)
    inside = ((pixels >= first) & (pixels < last)).to(like.dtype)
    return inside / inside.sum(1, keepdim=True).clamp(min=1)
