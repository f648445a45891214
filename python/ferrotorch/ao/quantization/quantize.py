"""Models in floating point become quantized ones: observers are put in, look at data, and layers are exchanged."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.ao.nn import quantized as nnq
from ferrotorch.ao.nn.intrinsic import _FusedModule
from ferrotorch.ao.quantization.observer import _is_activation_post_process
from ferrotorch.ao.quantization.qconfig import (
    _activation_is_memoryless,
    _assert_valid_qconfig,
    default_dynamic_qconfig,
    float16_dynamic_qconfig,
    float_qparams_weight_only_qconfig,
)
from ferrotorch.ao.quantization.quantization_mappings import (
    _get_special_act_post_process,
    _has_special_act_post_process,
    get_default_dynamic_quant_module_mappings,
    get_default_qat_module_mappings,
    get_default_qconfig_propagation_list,
    get_default_static_quant_module_mappings,
)
from ferrotorch.ao.quantization.stubs import DeQuantStub, QuantWrapper
from ferrotorch.ao.quantization.utils import has_no_children_ignoring_parametrizations
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.utils.parametrize import type_before_parametrizations

__all__ = [
    "add_quant_dequant",
    "convert",
    "get_default_custom_config_dict",
    "prepare",
    "prepare_qat",
    "propagate_qconfig_",
    "quantize",
    "quantize_dynamic",
    "quantize_qat",
    "swap_module",
]


def get_default_custom_config_dict() -> dict[str, Any]:
    """What layers with observers of their own become: nothing by default."""
    return {"float_to_observed_custom_module_class": {}, "observed_to_quantized_custom_module_class": {}}


def propagate_qconfig_(
    module: Module,
    qconfig_dict: dict[Any, Any] | None = None,
    prepare_custom_config_dict: dict[str, Any] | None = None,
) -> None:
    """Give all modules a configuration: their own, that of their name or class, or that of what they are in.

    Args:
        module: the model.
        qconfig_dict: configurations by name or class.
        prepare_custom_config_dict: ``"non_traceable_module_name"``, ``"non_traceable_module_class"``: what is left out.
    """
    _propagate(module, qconfig_dict or {}, None, "", prepare_custom_config_dict or {})


def _propagate(module: Module, by_name: dict[Any, Any], parent: Any, prefix: str, custom: dict[str, Any]) -> None:
    qconfig = by_name.get(prefix, by_name.get(type_before_parametrizations(module), parent))
    qconfig = getattr(module, "qconfig", qconfig)
    _assert_valid_qconfig(qconfig, module)
    module.qconfig = qconfig
    for name, child in module.named_children():
        left_out = custom.get("non_traceable_module_name", []), custom.get("non_traceable_module_class", [])
        if name not in left_out[0] and type(child) not in left_out[1]:
            _propagate(child, by_name, qconfig, f"{prefix}.{name}" if prefix else name, custom)


def _observe_output(self: Any, input: Any, output: Any) -> Any:
    return self.activation_post_process(output)


def _observe_input(self: Any, input: Any) -> Any:
    return self.activation_post_process(input[0])


class _Observing:
    """Puts observers into a model.

    Attributes:
        kinds: layers whose results are looked at.
        non_leaves: the same of modules with children.
        custom: classes that layers become first.
    """

    def __init__(self, model: Module, kinds: Any, non_leaves: Any, custom: dict[Any, Any]) -> None:
        self.kinds, self.non_leaves, self.custom = kinds, non_leaves or (), custom
        tensors = [*model.parameters(), *model.buffers()]
        devices = {x.device for x in tensors if x.device.type != "meta"}
        if len(devices) > 1:
            raise AssertionError(f"prepare only works with models on one device, but got devices {devices}")
        self.device = next(iter(devices), None)

    def _made(self, factory: Callable[[], Any]) -> Any:
        observer = factory()
        return observer if self.device is None else observer.to(self.device)

    def _insert(self, module: Module, factory: Callable[[], Any] | None = None) -> None:
        qconfig = getattr(module, "qconfig", None)
        if qconfig is None or isinstance(module, DeQuantStub):
            return
        module.add_module("activation_post_process", self._made(factory or qconfig.activation))
        if _activation_is_memoryless(qconfig):
            module.register_forward_pre_hook(_observe_input, prepend=True)
        else:
            module.register_forward_hook(_observe_output, prepend=True)

    def add(self, module: Module) -> None:
        """Put observers into a module and all that it consists of."""
        for name, child in list(module.named_children()):
            self._add_child(module, name, child)
        if isinstance(module, nn.Sequential) or type_before_parametrizations(module) not in self.kinds:
            return
        if has_no_children_ignoring_parametrizations(module) or hasattr(module, "weight_fake_quant"):
            self._insert(module)

    def _add_child(self, module: Module, name: str, child: Any) -> None:
        kind = type_before_parametrizations(child)
        if kind is nn.Dropout:
            return
        if issubclass(kind, (nnq.FloatFunctional, nnq.QFunctional)):
            if getattr(child, "qconfig", None) is not None:
                child.activation_post_process = self._made(child.qconfig.activation)
        elif isinstance(child, _FusedModule) or kind in self.non_leaves:
            self._insert(child)
        elif _has_special_act_post_process(child):
            self._insert(child, _get_special_act_post_process(child))
        elif getattr(child, "qconfig", None) is not None and kind in self.custom:
            observed = self.custom[kind].from_float(child)
            setattr(module, name, observed)
            self._insert(observed)
        else:
            self.add(child)


def add_quant_dequant(module: Module) -> Module:
    """Put every layer that has a configuration between the stubs."""
    if has_no_children_ignoring_parametrizations(module) and getattr(module, "qconfig", None):
        return QuantWrapper(module)
    for name, child in module.named_children():
        module._modules[name] = add_quant_dequant(child)
    return module


def prepare(
    model: Module,
    inplace: bool = False,
    allow_list: Any = None,
    observer_non_leaf_module_list: Any = None,
    prepare_custom_config_dict: dict[str, Any] | None = None,
) -> Module:
    """A copy of a model with observers, to be given data before it is converted.

    Args:
        model: the model, with ``qconfig`` where it is to be quantized.
        inplace: change the model itself?
        allow_list: classes of layers whose results are looked at.
        observer_non_leaf_module_list: the same of modules with children.
        prepare_custom_config_dict: see `get_default_custom_config_dict`.
    """
    if not inplace:
        model = copy.deepcopy(model)
    custom = (prepare_custom_config_dict or {}).get("float_to_observed_custom_module_class", {})
    propagate_qconfig_(model)
    if not any(getattr(module, "qconfig", None) for module in model.modules()):
        warnings.warn(
            "None of the submodule got qconfig applied. Make sure you passed correct configuration through "
            "`qconfig_dict` or by assigning the `.qconfig` attribute directly on submodules",
            stacklevel=2,
        )
    kinds = get_default_qconfig_propagation_list() if allow_list is None else allow_list
    _Observing(model, kinds, observer_non_leaf_module_list, custom).add(model)
    return model


def _remove_qconfig(module: Module) -> None:
    """Take configurations and observers out of a model."""
    for child in module.children():
        _remove_qconfig(child)
    if hasattr(module, "qconfig"):
        del module.qconfig
    if _is_activation_post_process(getattr(module, "activation_post_process", None)):  # type: ignore[arg-type]
        delattr(module, "activation_post_process")
    for hooks, ours in ((module._forward_pre_hooks, _observe_input), (module._forward_hooks, _observe_output)):
        for key in [key for key, hook in hooks.items() if hook is ours]:
            hooks.pop(key)


def quantize(
    model: Module,
    run_fn: Callable[..., Any],
    run_args: Any,
    mapping: dict[Any, Any] | None = None,
    inplace: bool = False,
) -> Module:
    """The quantized model after ``run_fn(model, *run_args)`` has shown its observers data.

    Args:
        model: the model, with ``qconfig`` where it is to be quantized.
        run_fn, run_args: what gives the model data.
        mapping: classes that layers' classes become.
        inplace: change the model itself?
    """
    if not inplace:
        model = copy.deepcopy(model)
    model.eval()
    prepare(model, inplace=True)
    run_fn(model, *run_args)
    return convert(model, mapping, inplace=True)


_DYNAMIC_LAYERS = (nn.Linear, nn.LSTM, nn.GRU, nn.LSTMCell, nn.RNNCell, nn.GRUCell)


def _dynamic_qconfig(dtype: Any) -> Any:
    known = {
        torch.qint8: default_dynamic_qconfig,
        torch.float16: float16_dynamic_qconfig,
        torch.quint8: float_qparams_weight_only_qconfig,
    }
    if dtype not in known:
        raise ValueError(f"Don't know how to quantize with default settings for {dtype}. Provide full qconfig please")
    return known[dtype]


def quantize_dynamic(
    model: Module,
    qconfig_spec: Any = None,
    dtype: Any = torch.qint8,
    mapping: dict[Any, Any] | None = None,
    inplace: bool = False,
) -> Module:
    """A copy of a model whose weights are quantized; activations are by their own range, for products alone.

    Args:
        model: the model.
        qconfig_spec: a set of classes or names of layers, or configurations by these; by default linear and recurrent
            layers (embeddings for quint8).
        dtype: ``torch.qint8``; ``torch.float16``; ``torch.quint8`` for embeddings.
        mapping: classes that layers' classes become.
        inplace: change the model itself?

    Raises:
        ValueError: another dtype without configurations.
    """
    if qconfig_spec is None:
        layers = (nn.EmbeddingBag, nn.Embedding) if dtype == torch.quint8 else _DYNAMIC_LAYERS
        qconfig_spec = dict.fromkeys(layers, _dynamic_qconfig(dtype))
    elif isinstance(qconfig_spec, set):
        qconfig_spec = dict.fromkeys(qconfig_spec, _dynamic_qconfig(dtype))
    if not inplace:
        model = copy.deepcopy(model)
    model.eval()
    propagate_qconfig_(model, qconfig_spec)
    return convert(model, get_default_dynamic_quant_module_mappings() if mapping is None else mapping, inplace=True)


def prepare_qat(model: Module, mapping: dict[Any, Any] | None = None, inplace: bool = False) -> Module:
    """A copy of a model in training mode whose weights and activations are rounded while it is trained.

    Args:
        model: the model, with ``qconfig`` where it is to be quantized.
        mapping: classes that layers' classes become.
        inplace: change the model itself?

    Raises:
        AssertionError: the model is not in training mode.
    """
    if not model.training:
        raise AssertionError("prepare_qat only works on models in training mode")
    mapping = get_default_qat_module_mappings() if mapping is None else mapping
    if not inplace:
        model = copy.deepcopy(model)
    propagate_qconfig_(model)
    convert(model, mapping, inplace=True, remove_qconfig=False)
    return prepare(model, inplace=True, observer_non_leaf_module_list=set(mapping.values()))


def quantize_qat(model: Module, run_fn: Callable[..., Any], run_args: Any, inplace: bool = False) -> Module:
    """The quantized model after ``run_fn(model, *run_args)`` has trained it with rounding."""
    if not inplace:
        model = copy.deepcopy(model)
    model.train()
    prepare_qat(model, inplace=True)
    run_fn(model, *run_args)
    return convert(model, inplace=True)


def convert(
    module: Module,
    mapping: dict[Any, Any] | None = None,
    inplace: bool = False,
    remove_qconfig: bool = True,
    is_reference: bool = False,
    convert_custom_config_dict: dict[str, Any] | None = None,
    use_precomputed_fake_quant: bool = False,
) -> Module:
    """A copy of a model whose layers are quantized ones, by what its observers saw.

    Args:
        module: the model, prepared.
        mapping: classes that layers' classes become.
        inplace: change the model itself?
        remove_qconfig: take configurations and observers out?
        is_reference: False: layers compute with integers.
        convert_custom_config_dict: see `get_default_custom_config_dict`.
        use_precomputed_fake_quant: take the scales that training has left.

    Raises:
        NotImplementedError: reference layers, which compute in floating point.
    """
    if is_reference:
        raise NotImplementedError("convert(): is_reference=True: reference quantized modules are not here")
    if not inplace:
        module = copy.deepcopy(module)
    custom = (convert_custom_config_dict or {}).get("observed_to_quantized_custom_module_class", {})
    _convert(
        module,
        get_default_static_quant_module_mappings() if mapping is None else mapping,
        custom,
        use_precomputed_fake_quant,
    )
    if remove_qconfig:
        _remove_qconfig(module)
    return module


def _convert(module: Module, mapping: dict[Any, Any], custom: dict[Any, Any], precomputed: bool) -> None:
    for name, child in module.named_children():
        if not isinstance(child, _FusedModule) and type_before_parametrizations(child) not in custom:
            _convert(child, mapping, custom, precomputed)
        module._modules[name] = swap_module(child, mapping, custom, precomputed)


def swap_module(
    mod: Module,
    mapping: dict[Any, Any],
    custom_module_class_mapping: dict[Any, Any] | None = None,
    use_precomputed_fake_quant: bool = False,
) -> Module:
    """The quantized layer of one that has observers; others as they are. Hooks go over to it."""
    kind = type_before_parametrizations(mod)
    if getattr(mod, "qconfig", None) is None:
        return mod
    custom = custom_module_class_mapping or {}
    made: Any
    if kind in custom:
        made = custom[kind].from_observed(mod)
    elif kind in mapping:
        made = mapping[kind].from_float(mod, use_precomputed_fake_quant=use_precomputed_fake_quant)
    else:
        return mod
    for before in mod._forward_pre_hooks.values():
        made.register_forward_pre_hook(before)
    for after in mod._forward_hooks.values():
        if after is not _observe_output:
            made.register_forward_hook(after)
    devices = {x.device for x in (*mod.parameters(), *mod.buffers())}
    if len(devices) == 1 and next(iter(devices)).type != "cpu":
        made.to(next(iter(devices)))
    return made
