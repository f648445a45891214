"""The quantized linear layer."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized import _products
from ferrotorch._quantized._packed import LinearPackedParams as _Packed
from ferrotorch.ao.nn.quantized.modules.utils import (
    WeightedQuantizedModule,
    float_parts,
    observed_weight,
    output_parameters,
)
from ferrotorch.nn.modules.module import Module

__all__ = ["Linear", "LinearPackedParams"]


class LinearPackedParams(Module):
    """Weight and bias of a quantized linear layer, under PyTorch's names in a state dict.

    Args:
        dtype: ``torch.qint8``, or ``torch.float16`` for a weight that is only stored in half the bytes.
    """

    _version = 3

    def __init__(self, dtype: Any = torch.qint8) -> None:
        super().__init__()
        self.dtype = dtype
        if dtype == torch.qint8:
            weight = torch._empty_affine_quantized([1, 1], scale=1.0, zero_point=0, dtype=torch.qint8)
        elif dtype == torch.float16:
            weight = torch.zeros([1, 1], dtype=torch.float)
        else:
            raise RuntimeError(f"Unsupported dtype on dynamic quantized linear: {dtype}")
        self.set_weight_bias(weight, None)

    def set_weight_bias(self, weight: Tensor, bias: Tensor | None) -> None:
        """Take over a weight and a bias."""
        if self.dtype == torch.float16:
            weight = weight.half().float()
        self._packed_params = _Packed(weight, bias)

    def _weight_bias(self) -> tuple[Tensor, Tensor | None]:
        return self._packed_params.unpack()

    def forward(self, x: Tensor) -> Tensor:
        """The tensor."""
        return x

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "dtype"] = self.dtype
        destination[prefix + "_packed_params"] = self._weight_bias()

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool, *lists: Any
    ) -> None:
        self.dtype = state_dict.pop(prefix + "dtype", self.dtype)
        if prefix + "_packed_params" in state_dict:
            self.set_weight_bias(*state_dict.pop(prefix + "_packed_params"))
        else:
            lists[0].append(prefix + "_packed_params")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    def __repr__(self) -> str:
        return repr(self._weight_bias())


class Linear(WeightedQuantizedModule):
    """A linear layer of quantized tensors.

    Args:
        in_features, out_features: sizes of its inputs and outputs.
        bias_: has it a bias?
        dtype: ``torch.qint8``, or ``torch.float16`` (of dynamic layers).
    """

    _version = 3

    def __init__(self, in_features: int, out_features: int, bias_: bool = True, dtype: Any = torch.qint8) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bias = torch.zeros(out_features, dtype=torch.float) if bias_ else None
        if dtype == torch.qint8:
            weight = torch._empty_affine_quantized(
                [out_features, in_features], scale=1, zero_point=0, dtype=torch.qint8
            )
        elif dtype == torch.float16:
            weight = torch.zeros([out_features, in_features], dtype=torch.float)
        else:
            raise RuntimeError(f"Unsupported dtype specified for quantized Linear: {dtype}")
        self._packed_params = LinearPackedParams(dtype)
        self._packed_params.set_weight_bias(weight, bias)
        self.scale, self.zero_point = 1.0, 0

    def _get_name(self) -> str:
        return "QuantizedLinear"

    def extra_repr(self) -> str:
        """Sizes, scale and zero point of results, scheme of the weight."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, scale={self.scale}, "
            f"zero_point={self.zero_point}, qscheme={self.weight().qscheme()}"
        )

    def __repr__(self) -> str:
        return _without_parameters(self)

    def forward(self, x: Tensor) -> Tensor:
        """The quantized results (..., out_features) of quantized inputs (..., in_features)."""
        return _products.linear(x, *self._weight_bias(), self.scale, self.zero_point)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "scale"] = torch.tensor(self.scale)
        destination[prefix + "zero_point"] = torch.tensor(self.zero_point)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool, *lists: Any
    ) -> None:
        self.scale = float(state_dict.pop(prefix + "scale"))
        self.zero_point = int(state_dict.pop(prefix + "zero_point"))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    def _weight_bias(self) -> tuple[Tensor, Tensor | None]:
        return self._packed_params._weight_bias()

    def weight(self) -> Tensor:
        """The weight (out_features, in_features)."""
        return self._weight_bias()[0]

    def bias(self) -> Tensor | None:
        """The bias (out_features)."""
        return self._weight_bias()[1]

    def set_weight_bias(self, w: Tensor, b: Tensor | None) -> None:
        """Take over a weight and a bias."""
        self._packed_params.set_weight_bias(w, b)

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Linear:
        """The quantized layer of one whose observers have seen its activations; of a fused one what is linear in it.

        Args:
            mod: the layer.
            use_precomputed_fake_quant: has its weight's observer seen the weight already?
        """
        layer, weight, bias = float_parts(mod)
        made = cls(layer.in_features, layer.out_features)
        made.set_weight_bias(observed_weight(mod, weight, use_precomputed_fake_quant), bias)
        made.scale, made.zero_point = output_parameters(mod)
        return made


def _without_parameters(module: Module) -> str:
    """The text of a module without its packed parameters."""
    return f"{module._get_name()}({module.extra_repr()})"
