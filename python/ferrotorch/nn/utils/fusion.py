"""Folding batch normalisation in evaluation into the convolution or linear layer before it."""

from __future__ import annotations

import copy
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.parameter import Parameter


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that does what ``conv`` and then ``bn`` do; both must be in evaluation mode.

    Raises:
        AssertionError: one of them is in training mode, or ``bn`` tracks no statistics.
    """
    return _fuse(conv, bn, fuse_conv_bn_weights, transpose)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the fused convolution; ``transpose``: of a transposed one, whose weight is (C, O, *)."""
    scale = _scale(bn_rv, bn_eps, bn_w)
    channel_dim = 1 if transpose else 0
    shape = [-1 if d == channel_dim else 1 for d in range(conv_w.dim())]
    return _as_parameters(conv_w, conv_w * scale.reshape(shape), _shift(conv_b, bn_rm, scale, bn_b))


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that does what ``linear`` and then ``bn`` do; both must be in evaluation mode.

    Raises:
        AssertionError: one of them is in training mode, their sizes differ, or ``bn`` tracks no statistics.
    """
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, "
            f"but got {linear.out_features} and {bn.num_features}"
        )
    return _fuse(linear, bn, fuse_linear_bn_weights)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the fused linear layer."""
    scale = _scale(bn_rv, bn_eps, bn_w)
    return _as_parameters(linear_w, linear_w * scale.unsqueeze(-1), _shift(linear_b, bn_rm, scale, bn_b))


def _fuse(layer: Any, bn: Any, fuse_weights: Any, *args: Any) -> Any:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("Only support fusing BatchNorm layers with running statistics")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse_weights(
        layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, *args
    )
    return fused


def _scale(variance: Tensor, eps: float, weight: Tensor | None) -> Tensor:
    scale = torch.rsqrt(variance + eps)
    return scale if weight is None else scale * weight


def _shift(bias: Tensor | None, mean: Tensor, scale: Tensor, bn_bias: Tensor | None) -> Tensor:
    shift = (-mean if bias is None else bias - mean) * scale
    return shift if bn_bias is None else shift + bn_bias


def _as_parameters(like: Tensor, weight: Tensor, bias: Tensor) -> tuple[Parameter, Parameter]:
    requires_grad = like.requires_grad
    return Parameter(weight.detach().to(like.dtype), requires_grad), Parameter(bias.detach(), requires_grad)
