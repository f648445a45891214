"""ONNX: models are not exported here. Functions that would export raise and say so."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = [
    "ONNXProgram",
    "OnnxExporterError",
    "OperatorExportTypes",
    "TrainingMode",
    "dynamo_export",
    "export",
    "is_in_onnx_export",
    "register_custom_op_symbolic",
    "unregister_custom_op_symbolic",
]

_CUSTOM: dict[tuple[str, int], Callable[..., Any]] = {}


class OnnxExporterError(RuntimeError):
    """An export that cannot be done."""


class TrainingMode:
    """In which mode a model would be exported."""

    EVAL, PRESERVE, TRAINING = range(3)


class OperatorExportTypes:
    """How operators would be exported."""

    ONNX, ONNX_ATEN, ONNX_ATEN_FALLBACK, ONNX_FALLTHROUGH = range(4)


class ONNXProgram:
    """An exported model, which cannot be made here.

    Raises:
        OnnxExporterError: always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        export()


def is_in_onnx_export() -> bool:
    """False: models are not exported."""
    return False


def export(*args: Any, **kwargs: Any) -> NoReturn:
    """Export a model.

    Raises:
        OnnxExporterError: always; it says what to do instead.
    """
    raise OnnxExporterError(
        "torch.onnx.export(): ferrotorch does not export ONNX. Save the parameters with torch.save(model.state_dict(), "
        "file), which PyTorch loads, and export there (docs/compatibility.md)"
    )


dynamo_export = export


def register_custom_op_symbolic(symbolic_name: str, symbolic_fn: Callable[..., Any], opset_version: int) -> None:
    """Note how an operator of one's own is to be exported, as packages do when they are imported."""
    _CUSTOM[symbolic_name, opset_version] = symbolic_fn


def unregister_custom_op_symbolic(symbolic_name: str, opset_version: int) -> None:
    """Forget what :func:`register_custom_op_symbolic` noted."""
    _CUSTOM.pop((symbolic_name, opset_version), None)


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name == "symbolic_helper" or name.startswith("symbolic_opset"):
        try:
            return importlib.import_module(f"ferrotorch.onnx.{name}")
        except ModuleNotFoundError:
            pass
    raise AttributeError(f"module 'torch.onnx' has no attribute {name!r}")
