"""What quantization makes of an operation, by its type: a class of modules, a function, the name of a method."""

from __future__ import annotations

import operator
from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.ao.nn.intrinsic import _FusedModule
from ferrotorch.ao.quantization.qconfig_mapping import FIXED_RANGES
from ferrotorch.ao.quantization.quantization_mappings import (
    DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS,
    DEFAULT_QAT_MODULE_MAPPINGS,
    DEFAULT_STATIC_QUANT_MODULE_MAPPINGS,
)
from ferrotorch.fx import Node
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.utils.parametrize import type_before_parametrizations

F = nn.functional

# Functions with weights; the place of the weight is 1.
WEIGHTED = {
    F.linear: "linear", F.conv1d: "conv1d", F.conv2d: "conv2d", F.conv3d: "conv3d",
}  # fmt: skip
ADDITIONS = {operator.add: "add", torch.add: "add", operator.mul: "mul", torch.mul: "mul"}
# Functions that have an op with a scale of its own, of the arguments, the scale and the zero point.
WITH_SCALE = {
    F.hardswish: "hardswish", F.elu: "elu", F.leaky_relu: "leaky_relu", F.layer_norm: "layer_norm",
    torch.matmul: "matmul",
}  # fmt: skip
# What joins a layer or a function with weights before it, and what joins an addition or a product.
RELUS: set[Any] = {nn.ReLU, F.relu}
RELUS_OF_ADDITIONS: set[Any] = {*RELUS, torch.relu}
# What gives elements of its argument, or numbers between them: the result has the argument's scale.
_MOVING_METHODS = (
    "clamp", "contiguous", "detach", "flatten", "mean", "permute", "relu", "relu_", "repeat", "repeat_interleave",
    "reshape", "squeeze", "squeeze_", "transpose", "unsqueeze", "unsqueeze_", "view",
)  # fmt: skip
_POOLS = ("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d",
          "MaxPool1d", "MaxPool2d", "MaxPool3d", "Hardtanh", "Identity", "PixelShuffle", "PixelUnshuffle", "ReLU6",
          "Flatten", "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")  # fmt: skip
_MOVING_FUNCTIONS = (
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "max_pool1d", "max_pool2d", "max_pool3d", "hardtanh", "interpolate", "relu6", "pixel_shuffle", "pixel_unshuffle",
)  # fmt: skip
SHARING: set[Any] = {
    *RELUS,
    *_MOVING_METHODS,
    *(getattr(nn, name) for name in _POOLS),
    *(getattr(F, name) for name in _MOVING_FUNCTIONS),
    *(getattr(torch, name) for name in (
        "clamp", "flatten", "mean", "narrow", "permute", "repeat_interleave", "squeeze", "transpose", "unsqueeze",
    )),
}  # fmt: skip
JOINING: set[Any] = {torch.cat, torch.stack}
# Modules whose results have a scale of their own.
_STATIC: set[Any] = {
    kind for kind in DEFAULT_STATIC_QUANT_MODULE_MAPPINGS if kind not in (nn.Embedding, nn.EmbeddingBag)
} | set(DEFAULT_QAT_MODULE_MAPPINGS.values())
_EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)

OWN, SHARED, JOINED, DYNAMIC, WEIGHT_ONLY = "own", "shared", "joined", "dynamic", "weight only"


def type_of(node: Node, modules: dict[str, Module]) -> Any:
    """The class of a node's module, its function, or the name of its method."""
    if node.op == "call_module":
        return type_before_parametrizations(modules[str(node.target)])
    return node.target if node.op in ("call_function", "call_method") else None


def has_quantized_form(kind: Any) -> bool:
    """Can a function or method take quantized tensors? That of modules is in the tables of modules."""
    return any(kind in table for table in (SHARING, JOINING, FIXED_RANGES, WEIGHTED, ADDITIONS, WITH_SCALE))


def relus_after(kind: Any) -> set[Any]:
    """The types of rectifiers that become one op with an operation of a type before them."""
    return RELUS_OF_ADDITIONS if kind in ADDITIONS else RELUS


def activation_of(qconfig: Any) -> tuple[Any, bool]:
    """The dtype of activations by a configuration, and whether their scales are found when they come by."""
    observer = qconfig.activation()
    return getattr(observer, "dtype", torch.float32), bool(getattr(observer, "is_dynamic", False))


def treatment(kind: Any, qconfig: Any) -> str | None:
    """How an operation of a type is quantized by a configuration; None for one that stays as it is."""
    if qconfig is None or kind is None:
        return None
    dtype, is_dynamic = activation_of(qconfig)
    if kind in _EMBEDDINGS:
        weight = getattr(qconfig.weight(), "dtype", None)
        return WEIGHT_ONLY if weight in (torch.quint8, torch.quint4x2) else None
    if is_dynamic or dtype == torch.float16:
        return DYNAMIC if kind in DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS else None
    is_reused = kind == "reshape"
    if dtype not in (torch.quint8, torch.qint8) and not is_reused:
        return None
    if kind in JOINING:
        return JOINED
    if kind in SHARING:
        return SHARED
    functions = (*WEIGHTED, *ADDITIONS, *WITH_SCALE)
    is_own = kind in _STATIC or kind in FIXED_RANGES or kind in functions
    return OWN if is_own or (isinstance(kind, type) and issubclass(kind, _FusedModule)) else None
