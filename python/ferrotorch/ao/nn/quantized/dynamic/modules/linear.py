"""The linear layer with a quantized weight."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._quantized import _products
from ferrotorch.ao.nn import quantized as nnq
from ferrotorch.ao.nn.quantized.modules.utils import quantized_weight

__all__ = ["Linear"]


class Linear(nnq.Linear):
    """A linear layer of numbers with a weight of integers.

    Args:
        in_features, out_features: sizes of its inputs and outputs.
        bias_: has it a bias?
        dtype: ``torch.qint8``, or ``torch.float16``: the weight is rounded to float16, and nothing else.
    """

    _version = 4
    _relu = False

    def __init__(self, in_features: int, out_features: int, bias_: bool = True, dtype: Any = torch.qint8) -> None:
        super().__init__(in_features, out_features, bias_, dtype=dtype)
        self.version = self._version

    def forward(self, x: Tensor) -> Tensor:
        """The results (..., out_features) of inputs (..., in_features), both float32."""
        weight, bias = self._weight_bias()
        if self._packed_params.dtype == torch.qint8:
            return _products.linear_dynamic(x, weight, bias, self._relu).to(x.dtype)
        result = torch.nn.functional.linear(x, weight, bias)
        return result.relu() if self._relu else result

    def _get_name(self) -> str:
        return "DynamicQuantizedLinear"

    def extra_repr(self) -> str:
        """Sizes, dtype and scheme of the weight."""
        text = f"in_features={self.in_features}, out_features={self.out_features}, dtype={self._packed_params.dtype}"
        return f"{text}, qscheme={self.weight().qscheme()}" if self._packed_params.dtype == torch.qint8 else text

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The layer of one in floating point; of a fused one what is linear in it."""
        from ferrotorch.ao.nn import intrinsic
        from ferrotorch.ao.quantization.qconfig import default_dynamic_qconfig

        qconfig: Any = getattr(mod, "qconfig", None)
        layer = mod[0] if type(mod) is intrinsic.LinearReLU else mod
        has_own = qconfig is not None and qconfig.weight is not None
        own: Any = qconfig if has_own else default_dynamic_qconfig
        observer = own.weight()
        dtype = observer.dtype
        if dtype not in (torch.qint8, torch.float16):
            raise AssertionError(
                "The only supported dtypes for dynamic quantized linear are qint8 and float16 got: " + str(dtype)
            )
        if not use_precomputed_fake_quant:
            observer(layer.weight)
        weight = quantized_weight(layer.weight, observer) if dtype == torch.qint8 else layer.weight.detach().float()
        made = cls(layer.in_features, layer.out_features, dtype=dtype)
        made.set_weight_bias(weight, layer.bias)
        return made
