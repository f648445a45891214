"""Quantization of models by their graphs: no stubs, no lists of layers to join.

``prepare_fx`` traces the model, joins layers and puts observers in; after these have seen data ``convert_fx`` gives the
quantized model. ``prepare_qat_fx`` puts in what rounds, for training.
"""

from __future__ import annotations

import copy
from typing import Any

from ferrotorch.ao.quantization.fx.convert import convert
from ferrotorch.ao.quantization.fx.custom_config import ConvertCustomConfig, FuseCustomConfig, PrepareCustomConfig
from ferrotorch.ao.quantization.fx.fuse import fuse
from ferrotorch.ao.quantization.fx.prepare import prepare
from ferrotorch.ao.quantization.fx.tracer import QuantizationTracer
from ferrotorch.ao.quantization.qconfig_mapping import QConfigMapping
from ferrotorch.fx import GraphModule
from ferrotorch.nn.modules.module import Module

__all__ = ["convert_fx", "fuse_fx", "prepare_fx", "prepare_qat_fx"]


def _keep_attributes(model: Any, names: list[str], made: GraphModule) -> GraphModule:
    for name in names:
        setattr(made, name, getattr(model, name))
    made.meta["preserved_attributes"] = list(names)
    return made


def _traced(model: Module, names: list[str], classes: list[type[Any]]) -> tuple[GraphModule, dict[str, str]]:
    tracer = QuantizationTracer(names, classes)
    graph = tracer.trace(model)
    made = GraphModule(tracer.root, graph)
    made.training = model.training
    return made, tracer.paths


def fuse_fx(
    model: Module, fuse_custom_config: FuseCustomConfig | dict[str, Any] | None = None, backend_config: Any = None
) -> GraphModule:
    """A copy of a model in which layers that follow each other are one, for inference.

    Args:
        model: the model, in evaluation mode.
        fuse_custom_config: attributes to keep.
        backend_config: not used: what can be joined is the same for all processors.

    Raises:
        AssertionError: the model is in training mode.
    """
    if model.training:
        raise AssertionError("Expected model to be in eval mode")
    made = fuse(_traced(copy.deepcopy(model), [], [])[0], False)
    return _keep_attributes(model, FuseCustomConfig.of(fuse_custom_config).preserved_attributes, made)


def _prepare(
    model: Module, qconfig_mapping: Any, is_qat: bool, custom: PrepareCustomConfig | dict[str, Any] | None
) -> GraphModule:
    config = PrepareCustomConfig.of(custom)
    if isinstance(qconfig_mapping, dict):
        qconfig_mapping = QConfigMapping.from_dict(qconfig_mapping)
    if not isinstance(qconfig_mapping, QConfigMapping):
        raise ValueError(
            f"prepare_fx(): expected a QConfigMapping or a dictionary, got {type(qconfig_mapping).__name__}"
        )
    traced, paths = _traced(
        copy.deepcopy(model), config.non_traceable_module_names, config.non_traceable_module_classes
    )
    made = prepare(fuse(traced, is_qat), copy.deepcopy(qconfig_mapping), is_qat, paths, config.input_quantized_indexes)
    _keep_attributes(model, config.preserved_attributes, made)
    made.meta["keeps_result"] = bool(config.output_quantized_indexes)
    return made


def prepare_fx(
    model: Module,
    qconfig_mapping: QConfigMapping | dict[str, Any],
    example_inputs: tuple[Any, ...],
    prepare_custom_config: PrepareCustomConfig | dict[str, Any] | None = None,
    _equalization_config: None = None,
    backend_config: Any = None,
) -> GraphModule:
    """A copy of a model as a graph with observers, to be given data before it is converted.

    Args:
        model: the model, in evaluation mode; `torch.fx` must be able to trace it.
        qconfig_mapping: what is quantized, and how; ``get_default_qconfig_mapping("x86")`` for static quantization.
        example_inputs: not used: no shapes are needed.
        prepare_custom_config: modules that stay as they are; inputs and results that are quantized.
        backend_config: not used: the quantized operations are the same for all processors.

    Raises:
        LookupError: layers that became one are to be quantized in different ways.
        ValueError: something else than a mapping.
    """
    return _prepare(model, qconfig_mapping, False, prepare_custom_config)


def prepare_qat_fx(
    model: Module,
    qconfig_mapping: QConfigMapping | dict[str, Any],
    example_inputs: tuple[Any, ...],
    prepare_custom_config: PrepareCustomConfig | dict[str, Any] | None = None,
    backend_config: Any = None,
) -> GraphModule:
    """A copy of a model as a graph whose weights and activations are rounded while it is trained.

    Args:
        model: the model, in training mode; see `prepare_fx` for the rest.
        example_inputs: not used: no shapes are needed.
        backend_config: not used: the quantized operations are the same for all processors.

    Raises:
        AssertionError: the model is in evaluation mode.
    """
    if not model.training:
        raise AssertionError("prepare_qat_fx only works for models in train mode")
    return _prepare(model, qconfig_mapping, True, prepare_custom_config)


def convert_fx(
    graph_module: GraphModule,
    convert_custom_config: ConvertCustomConfig | dict[str, Any] | None = None,
    _remove_qconfig: bool = True,
    qconfig_mapping: Any = None,
    backend_config: Any = None,
    keep_original_weights: bool = False,
) -> GraphModule:
    """The quantized model of a graph that `prepare_fx` or `prepare_qat_fx` made and that has seen data.

    Args:
        graph_module: the graph; it is not changed.
        convert_custom_config: attributes to keep.
        qconfig_mapping: not used: the graph knows how each part of it is quantized.
        backend_config: not used: the quantized operations are the same for all processors.
        keep_original_weights: not used: quantized weights are what the model has.

    Raises:
        NotImplementedError: the weight of a functional layer is computed, so that it cannot be quantized beforehand.
    """
    config = ConvertCustomConfig.of(convert_custom_config)
    names = [*graph_module.meta.get("preserved_attributes", []), *config.preserved_attributes]
    keeps_result = bool(graph_module.meta.get("keeps_result", False))
    made = convert(copy.deepcopy(graph_module), keeps_result)
    return _keep_attributes(graph_module, names, made)
