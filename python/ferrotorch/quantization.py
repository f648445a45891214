"""The older place of :mod:`ferrotorch.ao.quantization`."""

from ferrotorch.ao.quantization import (
    DeQuantStub,
    FakeQuantizeBase,
    ObserverBase,
    QuantStub,
    QuantWrapper,
    convert,
    get_default_qconfig,
    prepare,
    prepare_qat,
    quantize_dynamic,
)

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
