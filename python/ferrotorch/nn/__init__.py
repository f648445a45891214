"""Neural networks: modules with parameters, built from the functions of :mod:`ferrotorch.nn.functional`."""

import importlib
from typing import Any

from ferrotorch.nn import modules, parameter
from ferrotorch.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

# Loaded at their first use, as the layers are.
_SUBMODULES = ("attention", "common_types", "functional", "grad", "init", "parallel", "utils")

# The older places of layers for quantized tensors.
_OF_QUANTIZATION = ("intrinsic", "qat", "quantized")

__all__ = [
    "Buffer",
    "DataParallel",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "modules",
    "parameter",
    *_SUBMODULES,
    *modules.__all__,
]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES or name in _OF_QUANTIZATION or name == "_reduction":
        return importlib.import_module(f"{__name__}.{name}")
    if name == "DataParallel":
        return importlib.import_module("ferrotorch.nn.parallel").DataParallel
    if name in modules.__all__:
        value = getattr(modules, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """The options of new tensors among a layer's: ``device``, ``dtype``, ``memory_format``, also in ``factory_kwargs``.

    Raises:
        TypeError: there are others, or one is given twice.
    """
    given = dict(kwargs or {})
    options = dict(given.pop("factory_kwargs", {}))
    unknown = given.keys() - {"device", "dtype", "memory_format"}
    if unknown:
        raise TypeError(f"unexpected kwargs {unknown}")
    for name, value in given.items():
        if name in options:
            raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
        options[name] = value
    return options


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
