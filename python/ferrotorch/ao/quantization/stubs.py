"""Where a model's tensors are quantized, and where they are numbers again."""

from __future__ import annotations

from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper"]


class QuantStub(Module):
    """Where a model's tensors are to be quantized: passes them on until it is converted.

    Args:
        qconfig: how; by default as the model says.
    """

    def __init__(self, qconfig: Any = None) -> None:
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x: Tensor) -> Tensor:
        """The tensor."""
        return x


class DeQuantStub(QuantStub):
    """Where a model's tensors are to be in floating point again: passes them on until it is converted."""


class QuantWrapper(Module):
    """A module between the two stubs."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        qconfig = getattr(module, "qconfig", None)
        self.add_module("quant", QuantStub(qconfig))
        self.add_module("dequant", DeQuantStub(qconfig))
        self.add_module("module", module)
        self.train(module.training)

    def forward(self, X: Tensor) -> Tensor:
        """What the module returns."""
        result: Tensor = self.dequant(self.module(self.quant(X)))
        return result
