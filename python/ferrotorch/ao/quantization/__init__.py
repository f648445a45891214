"""Quantization: tensors of small integers are not here, and models are not converted.

A model in floating point that is written to be quantized runs: its stubs pass tensors on, as in PyTorch before it is
prepared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module

__all__ = [
    "DeQuantStub",
    "FakeQuantizeBase",
    "ObserverBase",
    "QuantStub",
    "QuantWrapper",
    "convert",
    "get_default_qconfig",
    "prepare",
    "prepare_qat",
    "quantize_dynamic",
]


class QuantStub(Module):
    """Where a model's tensors are to be quantized: passes them on."""

    def __init__(self, qconfig: Any = None) -> None:
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x: Tensor) -> Tensor:
        """The tensor."""
        return x


class DeQuantStub(QuantStub):
    """Where a model's tensors are to be in floating point again: passes them on."""


class QuantWrapper(Module):
    """A module between the two stubs."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self.quant, self.dequant, self.module = QuantStub(), DeQuantStub(), module

    def forward(self, x: Tensor) -> Tensor:
        """What the module returns."""
        return self.dequant(self.module(self.quant(x)))


class ObserverBase(Module):
    """The base of modules that look at the range of tensors; those of PyTorch are not here."""

    def __init__(self, dtype: Any, is_dynamic: bool = False) -> None:
        super().__init__()
        self.dtype, self.is_dynamic = dtype, is_dynamic


class FakeQuantizeBase(Module):
    """The base of modules that round tensors as quantization would; those of PyTorch are not here."""


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"torch.ao.quantization.{name}(): ferrotorch has no quantized tensors. Models run in floating point; "
            "float16 and bfloat16 take half the memory"
        )

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = (
        f"``{name}``, which needs quantized tensors.\n\n    Raises:\n        NotImplementedError: always.\n"
    )
    return refuse


convert, prepare, prepare_qat = _refusing("convert"), _refusing("prepare"), _refusing("prepare_qat")
quantize_dynamic, get_default_qconfig = _refusing("quantize_dynamic"), _refusing("get_default_qconfig")
