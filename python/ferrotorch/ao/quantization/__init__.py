"""Quantization of models: dynamic, static, and with training that knows of it.

Layers are exchanged in the model itself ("eager mode"), or in its graph (`prepare_fx`, `convert_fx`). Scripted models
are not rewritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch.ao.quantization.fake_quantize import *  # noqa: F403
from ferrotorch.ao.quantization.fake_quantize import __all__ as _of_fake_quantize
from ferrotorch.ao.quantization.fuse_modules import *  # noqa: F403
from ferrotorch.ao.quantization.fuse_modules import __all__ as _of_fuse_modules
from ferrotorch.ao.quantization.fuser_method_mappings import *  # noqa: F403
from ferrotorch.ao.quantization.fuser_method_mappings import __all__ as _of_fusers
from ferrotorch.ao.quantization.observer import *  # noqa: F403
from ferrotorch.ao.quantization.observer import __all__ as _of_observer
from ferrotorch.ao.quantization.qconfig import *  # noqa: F403
from ferrotorch.ao.quantization.qconfig import __all__ as _of_qconfig
from ferrotorch.ao.quantization.qconfig_mapping import *  # noqa: F403
from ferrotorch.ao.quantization.qconfig_mapping import __all__ as _of_qconfig_mapping
from ferrotorch.ao.quantization.quant_type import QuantType
from ferrotorch.ao.quantization.quantization_mappings import *  # noqa: F403
from ferrotorch.ao.quantization.quantization_mappings import __all__ as _of_mappings
from ferrotorch.ao.quantization.quantize import *  # noqa: F403
from ferrotorch.ao.quantization.quantize import __all__ as _of_quantize
from ferrotorch.ao.quantization.stubs import DeQuantStub, QuantStub, QuantWrapper
from ferrotorch.ao.quantization.utils import get_combined_dict

_REFUSED = ("quantize_dynamic_jit", "quantize_jit")


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"torch.ao.quantization.{name}(): scripted models are not rewritten here; use prepare_fx() and "
            "convert_fx(), or quantize_dynamic(), prepare() and convert()"
        )

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = (
        f"``{name}``, which rewrites scripted models.\n\n    Raises:\n        NotImplementedError: always.\n"
    )
    return refuse


quantize_dynamic_jit, quantize_jit = map(_refusing, _REFUSED)
_OF_GRAPHS = ("convert_fx", "fuse_fx", "prepare_fx", "prepare_qat_fx")


def __getattr__(name: str) -> Any:
    """Load what works on graphs at its first use."""
    import importlib

    if name in _OF_GRAPHS:
        return getattr(importlib.import_module("ferrotorch.ao.quantization.quantize_fx"), name)
    if name in ("fx", "quantize_fx"):
        return importlib.import_module(f"ferrotorch.ao.quantization.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def default_eval_fn(model: Any, calib_data: Any) -> None:
    """Show a model the first parts of all samples."""
    for data, _ in calib_data:
        model(data)


__all__ = [
    "DeQuantStub",
    "QuantStub",
    "QuantType",
    "QuantWrapper",
    "default_eval_fn",
    "get_combined_dict",
    *_OF_GRAPHS,
    *_REFUSED,
    *_of_fake_quantize,
    *_of_fuse_modules,
    *_of_fusers,
    *_of_mappings,
    *_of_observer,
    *_of_qconfig,
    *_of_qconfig_mapping,
    *_of_quantize,
]
