"""Which operations of a graph are quantized, and how."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.ao.quantization import fake_quantize as fq
from ferrotorch.ao.quantization import observer as ob
from ferrotorch.ao.quantization.qconfig import (
    QConfig,
    default_quint8_weight_qconfig,
    default_reuse_input_qconfig,
    get_default_qat_qconfig,
    get_default_qconfig,
)

__all__ = ["QConfigMapping", "get_default_qat_qconfig_mapping", "get_default_qconfig_mapping"]

_STYLES = (
    "global_qconfig", "object_type_qconfigs", "module_name_regex_qconfigs", "module_name_qconfigs",
    "module_name_object_type_order_qconfigs",
)  # fmt: skip
_0_TO_1, _NEG1_TO_1 = ob.default_fixed_qparams_range_0to1_observer, ob.default_fixed_qparams_range_neg1to1_observer
# Operations whose results lie in a known range.
FIXED_RANGES: dict[Any, Any] = {
    **dict.fromkeys((nn.Hardsigmoid, nn.functional.hardsigmoid, "hardsigmoid", "hardsigmoid_"), _0_TO_1),
    **dict.fromkeys((nn.Sigmoid, torch.sigmoid, "sigmoid", "sigmoid_", nn.Softmax), _0_TO_1),
    **dict.fromkeys((nn.Tanh, torch.tanh, "tanh", "tanh_"), _NEG1_TO_1),
}


class QConfigMapping:
    """Configurations by the type of an operation, by the name of a module, or for all.

    What is said of a module's name goes before what is said of a pattern of names, that before what is said of a
    type, and all of these before what is said of everything. None leaves an operation as it is.
    """

    def __init__(self) -> None:
        self.global_qconfig: QConfig | None = None
        self.object_type_qconfigs: OrderedDict[Any, QConfig | None] = OrderedDict()
        self.module_name_regex_qconfigs: OrderedDict[str, QConfig | None] = OrderedDict()
        self.module_name_qconfigs: OrderedDict[str, QConfig | None] = OrderedDict()
        self.module_name_object_type_order_qconfigs: OrderedDict[tuple[str, Any, int], QConfig | None] = OrderedDict()

    def set_global(self, global_qconfig: QConfig | None) -> QConfigMapping:
        """For all operations of which nothing else is said."""
        self.global_qconfig = global_qconfig
        return self

    def set_object_type(self, object_type: Callable[..., Any] | str, qconfig: QConfig | None) -> QConfigMapping:
        """For a class of modules, a function, or the name of a method."""
        self.object_type_qconfigs[object_type] = qconfig
        return self

    def set_module_name_regex(self, module_name_regex: str, qconfig: QConfig | None) -> QConfigMapping:
        """For modules whose names match a regular expression; the first that does counts."""
        self.module_name_regex_qconfigs[module_name_regex] = qconfig
        return self

    def set_module_name(self, module_name: str, qconfig: QConfig | None) -> QConfigMapping:
        """For the module of a name, and what is in it."""
        self.module_name_qconfigs[module_name] = qconfig
        return self

    def set_module_name_object_type_order(
        self, module_name: str, object_type: Callable[..., Any], index: int, qconfig: QConfig | None
    ) -> QConfigMapping:
        """For the ``index``-th operation of a type in the module of a name."""
        self.module_name_object_type_order_qconfigs[module_name, object_type, index] = qconfig
        return self

    def _found(self, kind: Any, path: str, order: int) -> QConfig | None:
        """The configuration of an operation of a type, the ``order``-th of it in the module at ``path``."""
        key = (path, kind, order)
        if key in self.module_name_object_type_order_qconfigs:
            return self.module_name_object_type_order_qconfigs[key]
        name = path
        while True:
            if name in self.module_name_qconfigs:
                return self.module_name_qconfigs[name]
            if not name:
                break
            name = name.rpartition(".")[0]
        for pattern, qconfig in self.module_name_regex_qconfigs.items():
            if re.match(pattern, path):
                return qconfig
        return self.object_type_qconfigs.get(kind, self.global_qconfig)

    def to_dict(self) -> dict[str, Any]:
        """As a dictionary of lists of pairs."""
        return {
            "": self.global_qconfig,
            "object_type": list(self.object_type_qconfigs.items()),
            "module_name_regex": list(self.module_name_regex_qconfigs.items()),
            "module_name": list(self.module_name_qconfigs.items()),
            "module_name_object_type_order": [
                (*key, value) for key, value in self.module_name_object_type_order_qconfigs.items()
            ],
        }

    @classmethod
    def from_dict(cls, qconfig_dict: dict[str, Any]) -> QConfigMapping:
        """Of a dictionary as `to_dict` gives it, in which anything may be missing."""
        mapping = cls().set_global(qconfig_dict.get(""))
        for key in ("object_type", "module_name_regex", "module_name", "module_name_object_type_order"):
            for entry in qconfig_dict.get(key, []):
                getattr(mapping, f"set_{key}")(*entry)
        return mapping

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for style in _STYLES:
            held = getattr(self, style)
            entries = [f"{key}: {value}" for key, value in held.items()] if isinstance(held, dict) and held else [held]
            lines += [f" {style}", *(f"  {entry}" for entry in entries)]
        return "\n".join([*lines, ")"])


def _mapping(is_qat: bool, backend: str, version: int) -> QConfigMapping:
    qconfig = (get_default_qat_qconfig if is_qat else get_default_qconfig)(backend, version)
    weight = fq.default_weight_fake_quant if is_qat else ob.default_weight_observer
    # Weights of transposed convolutions have one scale on these processors.
    transposed = QConfig(qconfig.activation, weight) if backend in ("fbgemm", "x86") else qconfig
    in_floats = QConfig(qconfig.activation, ob.default_placeholder_observer)
    mapping = QConfigMapping().set_global(qconfig).set_object_type("reshape", default_reuse_input_qconfig)
    for name in ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"):
        mapping.set_object_type(getattr(nn, name), transposed)
    for name in ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"):
        mapping.set_object_type(getattr(nn.functional, name), transposed)
    mapping.set_object_type(nn.functional.layer_norm, in_floats).set_object_type(nn.LayerNorm, in_floats)
    mapping.set_object_type(nn.PReLU, default_quint8_weight_qconfig)
    fixed = {
        observer: QConfig(fq.FixedQParamsFakeQuantize.with_args(observer=observer) if is_qat else observer, weight)
        for observer in (_0_TO_1, _NEG1_TO_1)
    }
    for kind, observer in FIXED_RANGES.items():
        mapping.set_object_type(kind, fixed[observer])
    return mapping


def get_default_qconfig_mapping(backend: str = "x86", version: int = 0) -> QConfigMapping:
    """Configurations of static quantization.

    Args:
        backend: ``"x86"``, ``"fbgemm"``, ``"qnnpack"`` or ``"onednn"``.
        version: see `get_default_qconfig`.
    """
    return _mapping(False, backend, version)


def get_default_qat_qconfig_mapping(backend: str = "x86", version: int = 1) -> QConfigMapping:
    """Configurations of training that knows of quantization; see `get_default_qconfig_mapping`."""
    return _mapping(True, backend, version)
