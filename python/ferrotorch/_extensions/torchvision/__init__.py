"""The compiled ops of torchvision: suppression of boxes, pooling over regions, deformable convolution.

Each is composed of ops of the package, so that it has a derivative and runs on every device. torchvision's Python code
registers backward ops as derivatives of some; those are here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch._extensions.torchvision import boxes, convolution, gradients, regions
from ferrotorch.library import Library

__all__: list[str] = []

_POOLED = "float spatial_scale, SymInt pooled_height, SymInt pooled_width"
_SIZES = "SymInt batch_size, SymInt channels, SymInt height, SymInt width"
_DEFORM = (
    "SymInt stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, "
    "SymInt groups, SymInt offset_groups, bool use_mask"
)
_DEFORM_INPUTS = "Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias"

_OPS: dict[str, Callable[..., Any]] = {
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor": boxes.nms,
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor": boxes.qnms,
    "box_iou_rotated(Tensor boxes1, Tensor boxes2) -> Tensor": boxes.box_iou_rotated,
    f"roi_align(Tensor input, Tensor rois, {_POOLED}, int sampling_ratio, bool aligned) -> Tensor": regions.roi_align,
    "qroi_align(Tensor input, Tensor rois, float input_scale, int input_zero_point, float rois_scale, "
    f"int rois_zero_point, {_POOLED}, int sampling_ratio, bool aligned) -> Tensor": regions.qroi_align,
    f"roi_pool(Tensor input, Tensor rois, {_POOLED}) -> (Tensor, Tensor)": regions.roi_pool,
    f"ps_roi_align(Tensor input, Tensor rois, {_POOLED}, int sampling_ratio) -> (Tensor, Tensor)": regions.ps_roi_align,
    f"ps_roi_pool(Tensor input, Tensor rois, {_POOLED}) -> (Tensor, Tensor)": regions.ps_roi_pool,
    f"deform_conv2d({_DEFORM_INPUTS}, {_DEFORM}) -> Tensor": convolution.deform_conv2d,
    f"_roi_align_backward(Tensor grad, Tensor rois, {_POOLED}, {_SIZES}, int sampling_ratio, bool aligned) -> Tensor": (
        gradients.roi_align_backward
    ),
    f"_roi_pool_backward(Tensor grad, Tensor rois, Tensor argmax, {_POOLED}, {_SIZES}) -> Tensor": (
        gradients.roi_pool_backward
    ),
    f"_ps_roi_align_backward(Tensor grad, Tensor rois, Tensor channel_mapping, {_POOLED}, int sampling_ratio, {_SIZES})"
    " -> Tensor": gradients.ps_roi_align_backward,
    f"_ps_roi_pool_backward(Tensor grad, Tensor rois, Tensor channel_mapping, {_POOLED}, {_SIZES}) -> Tensor": (
        gradients.ps_roi_pool_backward
    ),
    f"_deform_conv2d_backward(Tensor grad, {_DEFORM_INPUTS}, {_DEFORM}) -> "
    "(Tensor, Tensor, Tensor, Tensor, Tensor)": gradients.deform_conv2d_backward,
    "_cuda_version() -> int": lambda: -1,
}

_library = Library("torchvision", "DEF")
for _schema, _kernel in _OPS.items():
    _library.define(_schema)
    _library.impl(_schema.partition("(")[0], _kernel)
