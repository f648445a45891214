"""Which class a layer's class becomes when a model is converted."""

from __future__ import annotations

import copy
from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.ao.nn import intrinsic as nni
from ferrotorch.ao.nn import qat as nnqat
from ferrotorch.ao.nn import quantized as nnq
from ferrotorch.ao.nn.intrinsic import qat as nniqat
from ferrotorch.ao.nn.intrinsic import quantized as nniq
from ferrotorch.ao.nn.intrinsic.quantized import dynamic as nniqd
from ferrotorch.ao.nn.quantized import dynamic as nnqd
from ferrotorch.ao.quantization import fake_quantize as fq
from ferrotorch.ao.quantization.stubs import DeQuantStub, QuantStub
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.utils.parametrize import type_before_parametrizations

__all__ = [
    "DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS",
    "DEFAULT_FLOAT_TO_QUANTIZED_OPERATOR_MAPPINGS",
    "DEFAULT_MODULE_TO_ACT_POST_PROCESS",
    "DEFAULT_QAT_MODULE_MAPPINGS",
    "DEFAULT_STATIC_QUANT_MODULE_MAPPINGS",
    "get_default_compare_output_module_list",
    "get_default_dynamic_quant_module_mappings",
    "get_default_float_to_quantized_operator_mappings",
    "get_default_qat_module_mappings",
    "get_default_qconfig_propagation_list",
    "get_default_static_quant_module_mappings",
    "get_dynamic_quant_module_class",
    "get_embedding_qat_module_mappings",
    "get_embedding_static_quant_module_mappings",
    "get_quantized_operator",
    "get_static_quant_module_class",
    "no_observer_set",
]

# Layers whose quantized class has their name.
_NAMESAKES = (
    nn.BatchNorm2d, nn.BatchNorm3d, nn.Dropout, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d,
    nn.ConvTranspose2d, nn.ConvTranspose3d, nn.ELU, nn.Embedding, nn.EmbeddingBag, nn.GroupNorm, nn.Hardswish,
    nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d, nn.LayerNorm, nn.LeakyReLU, nn.Linear, nn.ReLU6, nn.PReLU,
)  # fmt: skip
_NON_DYNAMIC = nn.modules.linear.NonDynamicallyQuantizableLinear
_FUSED = ("BNReLU2d", "BNReLU3d", "ConvReLU1d", "ConvReLU2d", "ConvReLU3d", "LinearReLU")

DEFAULT_STATIC_QUANT_MODULE_MAPPINGS: dict[Any, Any] = {
    QuantStub: nnq.Quantize,
    DeQuantStub: nnq.DeQuantize,
    _NON_DYNAMIC: nnq.Linear,
    **{layer: getattr(nnq, layer.__name__) for layer in _NAMESAKES},
    nnq.FloatFunctional: nnq.QFunctional,
    **{getattr(nni, name): getattr(nniq, name) for name in _FUSED},
    **{getattr(nniqat, f"ConvBn{n}d"): getattr(nnq, f"Conv{n}d") for n in (1, 2, 3)},
    **{getattr(nniqat, f"ConvBnReLU{n}d"): getattr(nniq, f"ConvReLU{n}d") for n in (1, 2, 3)},
    **{getattr(nniqat, f"ConvReLU{n}d"): getattr(nniq, f"ConvReLU{n}d") for n in (1, 2, 3)},
    nniqat.LinearReLU: nniq.LinearReLU,
    nniqat.LinearBn1d: nnq.Linear,
    **{getattr(nnqat, name): getattr(nnq, name) for name in ("Linear", "Conv1d", "Conv2d", "Conv3d")},
}

DEFAULT_QAT_MODULE_MAPPINGS: dict[Any, Any] = {
    nn.Conv2d: nnqat.Conv2d,
    nn.Conv3d: nnqat.Conv3d,
    nn.Linear: nnqat.Linear,
    _NON_DYNAMIC: nnqat.Linear,
    **{
        getattr(nni, name): getattr(nniqat, name)
        for name in (
            "ConvBn1d", "ConvBn2d", "ConvBn3d", "ConvBnReLU1d", "ConvBnReLU2d", "ConvBnReLU3d", "ConvReLU2d",
            "ConvReLU3d", "LinearReLU", "LinearBn1d",
        )
    },
}  # fmt: skip

DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS: dict[Any, Any] = {
    nn.Linear: nnqd.Linear,
    _NON_DYNAMIC: nnqd.Linear,
    nn.LSTM: nnqd.LSTM,
    nn.GRU: nnqd.GRU,
    nn.LSTMCell: nnqd.LSTMCell,
    nn.GRUCell: nnqd.GRUCell,
    nn.RNNCell: nnqd.RNNCell,
    nni.LinearReLU: nniqd.LinearReLU,
    nn.EmbeddingBag: nnq.EmbeddingBag,
    nn.Embedding: nnq.Embedding,
}

DEFAULT_FLOAT_TO_QUANTIZED_OPERATOR_MAPPINGS: dict[Any, Any] = {
    getattr(nn.functional, name): getattr(torch.ops.quantized, name)
    for name in ("elu", "hardswish", "layer_norm", "leaky_relu")
}

DEFAULT_MODULE_TO_ACT_POST_PROCESS: dict[Any, Any] = {
    nn.Hardsigmoid: fq.default_fixed_qparams_range_0to1_fake_quant,
    nn.Sigmoid: fq.default_fixed_qparams_range_0to1_fake_quant,
    nn.Softmax: fq.default_fixed_qparams_range_0to1_fake_quant,
    nn.Tanh: fq.default_fixed_qparams_range_neg1to1_fake_quant,
}


def no_observer_set() -> set[Any]:
    """Layers whose results no observer looks at."""
    return set()


def get_default_static_quant_module_mappings() -> dict[Any, Any]:
    """Classes of static quantization."""
    return copy.deepcopy(DEFAULT_STATIC_QUANT_MODULE_MAPPINGS)


def get_embedding_static_quant_module_mappings() -> dict[Any, Any]:
    """Classes of static quantization, with those of embeddings that were trained with rounding."""
    return {
        **get_default_static_quant_module_mappings(),
        nnqat.EmbeddingBag: nnq.EmbeddingBag,
        nnqat.Embedding: nnq.Embedding,
    }


def get_default_qat_module_mappings() -> dict[Any, Any]:
    """Classes that training with rounding takes."""
    return copy.deepcopy(DEFAULT_QAT_MODULE_MAPPINGS)


def get_embedding_qat_module_mappings() -> dict[Any, Any]:
    """Classes that training with rounding takes, embeddings among them."""
    return {
        **get_default_qat_module_mappings(),
        nn.EmbeddingBag: nnqat.EmbeddingBag,
        nn.Embedding: nnqat.Embedding,
    }


def get_default_dynamic_quant_module_mappings() -> dict[Any, Any]:
    """Classes of dynamic quantization."""
    return DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS


def get_default_qconfig_propagation_list() -> set[Any]:
    """Layers that a configuration holds for."""
    return {
        *DEFAULT_STATIC_QUANT_MODULE_MAPPINGS,
        *DEFAULT_QAT_MODULE_MAPPINGS,
        *DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS,
        nn.Sequential,
    }


def get_default_compare_output_module_list() -> set[Any]:
    """Layers whose results are worth comparing before and after."""
    return {
        *get_default_qconfig_propagation_list(),
        *DEFAULT_STATIC_QUANT_MODULE_MAPPINGS.values(),
        *DEFAULT_QAT_MODULE_MAPPINGS.values(),
        *DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS.values(),
    }


def _class_of(kind: Any, mapping: dict[Any, Any], additional: dict[Any, Any] | None) -> Any:
    found = {**mapping, **(additional or {})}.get(kind)
    if found is None:
        raise AssertionError(f"Floating point module class {kind} does not have a corresponding quantized module class")
    return found


def get_static_quant_module_class(
    float_module_class: Any, additional_static_quant_mapping: dict[Any, Any] | None = None, is_reference: bool = False
) -> Any:
    """The class that a layer's class becomes by static quantization.

    Raises:
        AssertionError: there is none.
        NotImplementedError: reference layers, which compute in floating point.
    """
    if is_reference:
        raise NotImplementedError("reference quantized modules are not here: take the quantized ones")
    return _class_of(float_module_class, DEFAULT_STATIC_QUANT_MODULE_MAPPINGS, additional_static_quant_mapping)


def get_dynamic_quant_module_class(
    float_module_class: Any, additional_dynamic_quant_mapping: dict[Any, Any] | None = None
) -> Any:
    """The class that a layer's class becomes by dynamic quantization.

    Raises:
        AssertionError: there is none.
    """
    return _class_of(float_module_class, DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS, additional_dynamic_quant_mapping)


def get_default_float_to_quantized_operator_mappings() -> dict[Any, Any]:
    """Functions and the ops that they become."""
    return dict(DEFAULT_FLOAT_TO_QUANTIZED_OPERATOR_MAPPINGS)


def get_quantized_operator(float_op: Any) -> Any:
    """The op that a function becomes.

    Raises:
        AssertionError: there is none.
    """
    found = DEFAULT_FLOAT_TO_QUANTIZED_OPERATOR_MAPPINGS.get(float_op)
    if found is None:
        raise AssertionError(f"Operator {float_op} does not have corresponding quantized op")
    return found


def _get_special_act_post_process(module: Module) -> Any:
    return DEFAULT_MODULE_TO_ACT_POST_PROCESS.get(type_before_parametrizations(module))


def _has_special_act_post_process(module: Module) -> bool:
    return module.training and type(module) in DEFAULT_MODULE_TO_ACT_POST_PROCESS
