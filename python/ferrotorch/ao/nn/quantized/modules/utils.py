"""What quantized layers share."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights

__all__ = ["WeightedQuantizedModule"]


class WeightedQuantizedModule(Module):
    """The base of quantized layers with a weight."""

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The quantized layer of one whose observers have seen its activations."""
        raise NotImplementedError


def quantized_weight(weight: Tensor, observer: Any) -> Tensor:
    """A weight with the scales and zero points that an observer chose.

    Raises:
        AssertionError: a scheme of which there are no quantized weights.
    """
    scale, zero_point = observer.calculate_qparams()
    scheme, weight = observer.qscheme, weight.detach().float()
    if scheme in (torch.per_tensor_symmetric, torch.per_tensor_affine):
        return torch.quantize_per_tensor(weight, float(scale), int(zero_point), torch.qint8)
    if scheme in (torch.per_channel_symmetric, torch.per_channel_affine):
        return torch.quantize_per_channel(
            weight, scale.to(torch.double), zero_point.to(torch.int64), observer.ch_axis, torch.qint8
        )
    if scheme == torch.per_channel_affine_float_qparams:
        return torch.quantize_per_channel(
            weight, scale.to(torch.float), zero_point.to(torch.float), observer.ch_axis, observer.dtype
        )
    raise AssertionError(f"Unexpected qscheme {scheme}")


def float_parts(mod: Any) -> tuple[Any, Tensor, Tensor | None]:
    """The layer in floating point in a module, and its weight and bias with what batch normalisation does to them."""
    from ferrotorch.ao.nn import intrinsic

    if hasattr(mod, "bn") and hasattr(mod, "weight"):
        fuse = fuse_linear_bn_weights if isinstance(mod, torch.nn.Linear) else fuse_conv_bn_weights
        bn = mod.bn
        return mod, *fuse(mod.weight, mod.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    layer = mod[0] if isinstance(mod, intrinsic._FusedModule) else mod
    return layer, layer.weight, layer.bias


def observed_weight(mod: Any, weight: Tensor, is_observed: bool = False) -> Tensor:
    """The quantized weight of a module, by what training rounded with, or by a new observer.

    Args:
        mod: has ``qconfig``, and ``weight_fake_quant`` if it was trained with rounding.
        weight: as inference has it.
        is_observed: has the observer seen it already?

    Raises:
        AssertionError: weights of other dtypes than qint8.
    """
    observer = mod.weight_fake_quant if hasattr(mod, "weight_fake_quant") else mod.qconfig.weight()
    if not is_observed:
        observer(weight)
    if observer.dtype != torch.qint8:
        raise AssertionError(f"Weight observer must have a dtype of qint8, got {observer.dtype}")
    return quantized_weight(weight, observer)


def output_parameters(mod: Any) -> tuple[float, int]:
    """The scale and zero point that the observer of a layer's results chose; (1, 0) where there is none."""
    observer = getattr(mod, "activation_post_process", None)
    if observer is None or observer.dtype == torch.float:
        return 1.0, 0
    scale, zero_point = observer.calculate_qparams()
    return float(scale), int(zero_point)
