"""Fused layers with rounded weights: what follows a layer is computed with it."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch._C import Tensor
from ferrotorch.ao.nn import qat
from ferrotorch.ao.nn.intrinsic import modules as nni
from ferrotorch.ao.nn.qat.modules import RoundsItsWeight, geometry_of
from ferrotorch.nn import init
from ferrotorch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights

__all__ = [
    "ConvBn1d",
    "ConvBn2d",
    "ConvBn3d",
    "ConvBnReLU1d",
    "ConvBnReLU2d",
    "ConvBnReLU3d",
    "ConvReLU1d",
    "ConvReLU2d",
    "ConvReLU3d",
    "LinearBn1d",
    "LinearReLU",
    "freeze_bn_stats",
    "update_bn_stats",
]


class LinearReLU(qat.Linear):
    """The positive part of a linear layer with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.LinearReLU
    _relu = True


class ConvReLU1d(qat.Conv1d):
    """The positive part of a convolution in one dimension with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.ConvReLU1d
    _relu = True


class ConvReLU2d(qat.Conv2d):
    """The positive part of a convolution in two dimensions with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.ConvReLU2d
    _relu = True


class ConvReLU3d(qat.Conv3d):
    """The positive part of a convolution in three dimensions with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.ConvReLU3d
    _relu = True


class _WithBatchNorm(RoundsItsWeight):
    """A layer and the batch normalisation after it: what is rounded is the weight that inference will have.

    The weight is multiplied by the factor of the running variance before it is rounded, and results are divided by it,
    so that the batch's own statistics normalise them (Krishnamoorthi, 2018, section 3.2.2).

    Attributes:
        bn: the batch normalisation.
        freeze_bn: are its statistics no longer those of the batch?
    """

    bias: Any
    bn: Any
    training: bool
    _relu = False

    def _set_up(self, channels: int, dims: int, eps: float, momentum: float, freeze_bn: bool, qconfig: Any) -> None:
        self.freeze_bn = freeze_bn if self.training else True
        kind = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}[dims]
        self.bn = kind(channels, eps, momentum, True, True)
        self._set_qconfig(qconfig)
        self.reset_bn_parameters()
        if self.training and not freeze_bn:
            self.update_bn_stats()
        else:
            self.freeze_bn_stats()

    def reset_running_stats(self) -> None:
        """Forget running means and variances."""
        self.bn.reset_running_stats()

    def reset_bn_parameters(self) -> None:
        """New parameters of the batch normalisation."""
        self.bn.reset_running_stats()
        init.uniform_(self.bn.weight)
        init.zeros_(self.bn.bias)

    def update_bn_stats(self) -> Any:
        """Normalise by the batch, and move running means and variances."""
        self.freeze_bn = False
        self.bn.training = True
        return self

    def freeze_bn_stats(self) -> Any:
        """Normalise by running means and variances, and leave them as they are."""
        self.freeze_bn = True
        self.bn.training = False
        return self

    def train(self, mode: bool = True) -> Any:
        """Training or evaluation; frozen statistics stay frozen."""
        self.training = mode
        if not self.freeze_bn:
            for module in self.children():  # type: ignore[attr-defined]
                module.train(mode)
        return self

    def _product(self, input: Tensor, weight: Tensor) -> Tensor:
        """The layer without its bias."""
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        """The normalised results."""
        factor = self.bn.weight / torch.sqrt(self.bn.running_var + self.bn.eps)
        along = [-1] + [1] * (self.weight.dim() - 1)
        of_results = [1, -1] + [1] * (self.weight.dim() - 2)
        weight = self.weight_fake_quant(self.weight * factor.reshape(along))
        result = self._product(input, weight) / factor.reshape(of_results)
        if self.bias is not None:
            result = result + self.bias.reshape(of_results)
        result = self.bn(result)
        return nn.functional.relu(result) if self._relu else result

    def _take_over(self, layer: Any, bn: Any) -> Any:
        self.weight, self.bias = layer.weight, layer.bias
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            setattr(self.bn, name, getattr(bn, name))
        return self


# What the parts of the batch normalisation are called in files of the first version.
_FIRST_NAMES = {"weight": "gamma", "bias": "beta"}


class _ConvBn(_WithBatchNorm):
    """A convolution and the batch normalisation after it."""

    _version = 2
    _FLOAT_CONV: Any
    _dims: int

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *others: Any
    ) -> None:
        """Also files of the first version, where the batch normalisation was no module of its own."""
        if local_metadata.get("version") in (None, 1):
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                first = prefix + _FIRST_NAMES.get(name, name)
                if first in state_dict:
                    state_dict[f"{prefix}bn.{name}"] = state_dict.pop(first)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *others)  # type: ignore[misc]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: Any = None,
        padding_mode: str = "zeros",
        eps: float = 1e-05,
        momentum: float = 0.1,
        freeze_bn: bool = False,
        qconfig: Any = None,
    ) -> None:
        self._FLOAT_CONV.__init__(
            self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bool(bias), padding_mode
        )
        self._set_up(out_channels, self._dims, eps, momentum, freeze_bn, qconfig)

    def _product(self, input: Tensor, weight: Tensor) -> Tensor:
        result: Tensor = self._conv_forward(input, weight, None)  # type: ignore[attr-defined]
        return result

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of a fused one in floating point, with the same parameters."""
        layer, qconfig = cls._layer_of(mod)
        bn = mod[1]
        options: tuple[Any, ...] = (*geometry_of(layer), bn.eps, bn.momentum, False, qconfig)
        made = cls(*options)
        return made._take_over(layer, bn)

    def to_float(self) -> Any:
        """The convolution in floating point that does what inference does."""
        layer = self._FLOAT_CONV(*geometry_of(self)[:7], True, self.padding_mode)  # type: ignore[attr-defined]
        bn = self.bn
        layer.weight, layer.bias = fuse_conv_bn_weights(
            self.weight, self.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
        )
        layer.train(self.training)
        return nn.Sequential(layer, nn.ReLU()) if self._relu else layer


class ConvBn1d(_ConvBn, nn.Conv1d):
    """A convolution in one dimension and a batch normalisation, with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.ConvBn1d
    _FLOAT_CONV: Any = nn.Conv1d
    _dims = 1


class ConvBn2d(_ConvBn, nn.Conv2d):
    """A convolution in two dimensions and a batch normalisation, with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.ConvBn2d
    _FLOAT_CONV: Any = nn.Conv2d
    _dims = 2


class ConvBn3d(_ConvBn, nn.Conv3d):
    """A convolution in three dimensions and a batch normalisation, with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.ConvBn3d
    _FLOAT_CONV: Any = nn.Conv3d
    _dims = 3


class ConvBnReLU1d(ConvBn1d):
    """The positive part of `ConvBn1d`."""

    _FLOAT_MODULE: Any = nni.ConvBnReLU1d
    _relu = True


class ConvBnReLU2d(ConvBn2d):
    """The positive part of `ConvBn2d`."""

    _FLOAT_MODULE: Any = nni.ConvBnReLU2d
    _relu = True


class ConvBnReLU3d(ConvBn3d):
    """The positive part of `ConvBn3d`."""

    _FLOAT_MODULE: Any = nni.ConvBnReLU3d
    _relu = True


class LinearBn1d(_WithBatchNorm, nn.Linear):
    """A linear layer and a batch normalisation, with a weight that is rounded."""

    _FLOAT_MODULE: Any = nni.LinearBn1d

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        eps: float = 1e-05,
        momentum: float = 0.1,
        freeze_bn: bool = False,
        qconfig: Any = None,
    ) -> None:
        nn.Linear.__init__(self, in_features, out_features, bias)
        self._set_up(out_features, 1, eps, momentum, freeze_bn, qconfig)

    def _product(self, input: Tensor, weight: Tensor) -> Tensor:
        return nn.functional.linear(input, weight)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of a fused one in floating point, with the same parameters."""
        layer, qconfig = cls._layer_of(mod)
        bn = mod[1]
        made = cls(layer.in_features, layer.out_features, layer.bias is not None, bn.eps, bn.momentum, False, qconfig)
        return made._take_over(layer, bn)

    def to_float(self) -> nn.Linear:
        """The linear layer in floating point that does what inference does."""
        layer, bn = nn.Linear(self.in_features, self.out_features), self.bn
        layer.weight, layer.bias = fuse_linear_bn_weights(
            self.weight, self.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
        )
        return layer


def update_bn_stats(mod: Any) -> None:
    """`_WithBatchNorm.update_bn_stats` of such a layer; to be given to ``Module.apply``."""
    if isinstance(mod, _WithBatchNorm):
        mod.update_bn_stats()


def freeze_bn_stats(mod: Any) -> None:
    """`_WithBatchNorm.freeze_bn_stats` of such a layer; to be given to ``Module.apply``."""
    if isinstance(mod, _WithBatchNorm):
        mod.freeze_bn_stats()
