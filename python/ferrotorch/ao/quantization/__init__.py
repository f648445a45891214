"""Quantization of models: dynamic, static, and with training that knows of it.

Layers are exchanged in the model itself ("eager mode"). Graphs of models are not rewritten here: `prepare_fx` and its
kin, and the `prepare_pt2e` of exported programs, raise.
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
from ferrotorch.ao.quantization.quant_type import QuantType
from ferrotorch.ao.quantization.quantization_mappings import *  # noqa: F403
from ferrotorch.ao.quantization.quantization_mappings import __all__ as _of_mappings
from ferrotorch.ao.quantization.quantize import *  # noqa: F403
from ferrotorch.ao.quantization.quantize import __all__ as _of_quantize
from ferrotorch.ao.quantization.stubs import DeQuantStub, QuantStub, QuantWrapper
from ferrotorch.ao.quantization.utils import get_combined_dict

_REFUSED = ("convert_fx", "fuse_fx", "prepare_fx", "prepare_qat_fx", "quantize_dynamic_jit", "quantize_jit")


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            f"torch.ao.quantization.{name}(): graphs of models are not quantized here; exchange layers by "
            "quantize_dynamic(), prepare() and convert(), or prepare_qat()"
        )

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"``{name}``, which rewrites graphs.\n\n    Raises:\n        NotImplementedError: always.\n"
    return refuse


convert_fx, fuse_fx, prepare_fx, prepare_qat_fx, quantize_dynamic_jit, quantize_jit = map(_refusing, _REFUSED)


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
    *_REFUSED,
    *_of_fake_quantize,
    *_of_fuse_modules,
    *_of_fusers,
    *_of_mappings,
    *_of_observer,
    *_of_qconfig,
    *_of_quantize,
]
