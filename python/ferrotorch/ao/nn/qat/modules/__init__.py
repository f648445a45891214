"""Linear layers, convolutions and embeddings with rounded weights."""

from __future__ import annotations

from typing import Any

from ferrotorch import nn
from ferrotorch._C import Tensor

__all__ = ["Conv1d", "Conv2d", "Conv3d", "Embedding", "EmbeddingBag", "Linear"]

F = nn.functional


class RoundsItsWeight:
    """What layers with rounded weights have beside their layer in floating point.

    Attributes:
        qconfig: says how the weight is rounded.
        weight_fake_quant: rounds it.
    """

    _FLOAT_MODULE: Any
    weight: Any

    def _set_qconfig(self, qconfig: Any) -> None:
        if not qconfig:
            raise AssertionError("qconfig must be provided for QAT module")
        self.qconfig = qconfig
        self.weight_fake_quant = qconfig.weight()

    def _rounded(self) -> Tensor:
        result: Tensor = self.weight_fake_quant(self.weight)
        return result

    @classmethod
    def _layer_of(cls, mod: Any) -> tuple[Any, Any]:
        """The layer in floating point in a module, and its configuration.

        Raises:
            AssertionError: another layer, or one without a configuration.
        """
        if type(mod) is not cls._FLOAT_MODULE:
            raise AssertionError(f"qat.{cls.__name__}.from_float only works for {cls._FLOAT_MODULE.__name__}")
        if not hasattr(mod, "qconfig"):
            raise AssertionError("Input float module must have qconfig defined")
        if not mod.qconfig:
            raise AssertionError("Input float module must have a valid qconfig")
        return (mod[0] if isinstance(mod, nn.Sequential) else mod), mod.qconfig


class Linear(RoundsItsWeight, nn.Linear):
    """``nn.Linear`` with a weight that is rounded.

    Args:
        in_features, out_features, bias: as of the layer in floating point.
        qconfig: how the weight is rounded.
    """

    _FLOAT_MODULE: Any = nn.Linear
    _relu = False

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        qconfig: Any = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        nn.Linear.__init__(self, in_features, out_features, bias, device=device, dtype=dtype)
        self._set_qconfig(qconfig)

    def forward(self, input: Tensor) -> Tensor:
        """The results, by the rounded weight."""
        result = F.linear(input, self._rounded(), self.bias)
        return F.relu(result) if self._relu else result

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of one in floating point, with the same parameters."""
        layer, qconfig = cls._layer_of(mod)
        made = cls(layer.in_features, layer.out_features, bias=layer.bias is not None, qconfig=qconfig)
        made.weight, made.bias = layer.weight, layer.bias
        return made

    def to_float(self) -> Any:
        """The layer in floating point."""
        layer = nn.Linear(self.in_features, self.out_features, self.bias is not None)
        _take_over(layer, self)
        return nn.Sequential(layer, nn.ReLU()) if self._relu else layer


def _take_over(layer: Any, source: Any) -> None:
    layer.weight = nn.Parameter(source.weight.detach())
    if source.bias is not None:
        layer.bias = nn.Parameter(source.bias.detach())
    layer.train(source.training)


class _Conv(RoundsItsWeight):
    """A convolution with a weight that is rounded."""

    _FLOAT_CONV: Any
    _relu = False
    bias: Any

    def __init__(self, *args: Any, qconfig: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._set_qconfig(qconfig)

    def forward(self, input: Tensor) -> Tensor:
        """The results, by the rounded weight."""
        result: Tensor = self._conv_forward(input, self._rounded(), self.bias)  # type: ignore[attr-defined]
        return F.relu(result) if self._relu else result

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of one in floating point, with the same parameters."""
        layer, qconfig = cls._layer_of(mod)
        made = cls(*geometry_of(layer), qconfig=qconfig)
        made.weight, made.bias = layer.weight, layer.bias
        return made

    def to_float(self) -> Any:
        """The layer in floating point."""
        layer = self._FLOAT_CONV(*geometry_of(self))
        _take_over(layer, self)
        return nn.Sequential(layer, nn.ReLU()) if self._relu else layer


def geometry_of(layer: Any) -> tuple[Any, ...]:
    """The arguments of a convolution."""
    return (
        layer.in_channels,
        layer.out_channels,
        layer.kernel_size,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups,
        layer.bias is not None,
        layer.padding_mode,
    )


class Conv1d(_Conv, nn.Conv1d):
    """``nn.Conv1d`` with a weight that is rounded."""

    _FLOAT_MODULE: Any = nn.Conv1d
    _FLOAT_CONV: Any = nn.Conv1d


class Conv2d(_Conv, nn.Conv2d):
    """``nn.Conv2d`` with a weight that is rounded."""

    _FLOAT_MODULE: Any = nn.Conv2d
    _FLOAT_CONV: Any = nn.Conv2d


class Conv3d(_Conv, nn.Conv3d):
    """``nn.Conv3d`` with a weight that is rounded."""

    _FLOAT_MODULE: Any = nn.Conv3d
    _FLOAT_CONV: Any = nn.Conv3d


class Embedding(RoundsItsWeight, nn.Embedding):
    """``nn.Embedding`` with a weight that is rounded."""

    _FLOAT_MODULE: Any = nn.Embedding

    def __init__(self, *args: Any, qconfig: Any = None, **kwargs: Any) -> None:
        nn.Embedding.__init__(self, *args, **kwargs)
        self._set_qconfig(qconfig)

    def forward(self, input: Tensor) -> Tensor:
        """Rows of the rounded weight."""
        return F.embedding(
            input,
            self._rounded(),
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of one in floating point, with the same weight."""
        layer, qconfig = cls._layer_of(mod)
        made = cls(
            layer.num_embeddings,
            layer.embedding_dim,
            layer.padding_idx,
            layer.max_norm,
            layer.norm_type,
            layer.scale_grad_by_freq,
            layer.sparse,
            layer.weight,
            qconfig=qconfig,
        )
        made.weight = layer.weight
        return made


class EmbeddingBag(RoundsItsWeight, nn.EmbeddingBag):
    """``nn.EmbeddingBag`` with a weight that is rounded."""

    _FLOAT_MODULE: Any = nn.EmbeddingBag

    def __init__(self, *args: Any, qconfig: Any = None, **kwargs: Any) -> None:
        nn.EmbeddingBag.__init__(self, *args, **kwargs)
        self._set_qconfig(qconfig)

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """Bags of rows of the rounded weight."""
        return F.embedding_bag(
            input,
            self._rounded(),
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of one in floating point, with the same weight."""
        layer, qconfig = cls._layer_of(mod)
        made = cls(
            layer.num_embeddings,
            layer.embedding_dim,
            layer.max_norm,
            layer.norm_type,
            layer.scale_grad_by_freq,
            layer.mode,
            layer.sparse,
            layer.weight,
            layer.include_last_offset,
            layer.padding_idx,
            qconfig=qconfig,
        )
        made.weight = layer.weight
        return made
