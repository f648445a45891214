"""The text of quantized tensors."""

from __future__ import annotations

from typing import Any

from ferrotorch import _tensor_str
from ferrotorch._C import Tensor
from ferrotorch._quantized._handles import required
from ferrotorch._quantized._quantizers import PerTensor


def text_of(x: Tensor, **options: Any) -> str:
    """The text of ``repr(x)``: the numbers, and how the integers stand for them."""
    prefix = "tensor("
    handle = required(x)
    numbers = handle.quantizer.dequantize(handle.values)
    text = prefix + ("[]" if x.numel() == 0 else _tensor_str._all_contents(numbers, len(prefix)))
    device = [] if x.device.type == "cpu" else [f"device='{x.device}'"]
    suffixes = [*device, f"size={tuple(x.shape)}", f"dtype={handle.dtype}", *_parameters(handle.quantizer)]
    return _tensor_str._join(text, suffixes, len(prefix))


def _parameters(quantizer: Any) -> list[str]:
    scheme = f"quantization_scheme={quantizer.scheme}"
    if isinstance(quantizer, PerTensor):
        return [scheme, f"scale={quantizer.scale}", f"zero_point={quantizer.zero_point}"]
    return [scheme, f"scale={quantizer.scales}", f"zero_point={quantizer.zero_points}", f"axis={quantizer.axis}"]
