"""What observers saw becomes scales, and operations become quantized ones."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.ao.quantization.fx import kinds
from ferrotorch.ao.quantization.observer import _is_activation_post_process
from ferrotorch.ao.quantization.quantization_mappings import (
    DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS,
    DEFAULT_STATIC_QUANT_MODULE_MAPPINGS,
)
from ferrotorch.ao.quantization.quantize import swap_module
from ferrotorch.fx import Graph, GraphModule, Node
from ferrotorch.nn.modules.module import Module

_INTEGERS = (torch.quint8, torch.qint8)
# What the ops of convolutions take beside input, weight and bias, with what stands for an argument that is not given.
_GEOMETRY = (("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1))


class _Converter:
    """Writes the graph of a model anew.

    Attributes:
        quantized: the new nodes, by the old ones, of values that are integers with a scale.
        floats: those of values that are not.
    """

    def __init__(self, model: GraphModule, keeps_result: bool) -> None:
        self.model, self.keeps_result = model, keeps_result
        self.modules: dict[str, Module] = dict(model.named_modules(remove_duplicate=False))
        self.graph = Graph()
        self.quantized: dict[Node, Node] = {}
        self.floats: dict[Node, Node] = {}
        self.joined: set[Node] = set()
        # How modules were quantized at their first call; there may be others.
        self.treated: dict[str, str] = {}

    # ---- values

    def value(self, old: Node) -> Node:
        """The new node of a value in floats."""
        if old not in self.floats:
            name = self._numbered("dequantize", old)
            self.floats[old] = self.graph.create_node("call_method", "dequantize", (self.quantized[old],), name=name)
        return self.floats[old]

    def _numbered(self, name: str, seen: Node) -> str:
        """A name with the number of an observer."""
        number = seen.name.rpartition("_")[2] if self._is_observer(seen) else "0"
        return name if number == "0" else f"{name}_{number}"

    def any_value(self, old: Node) -> Node:
        """The new node of a value, quantized if it can be had."""
        return self.quantized.get(old) or self.value(old)

    def _attribute(self, prefix: str, value: Any) -> Node:
        """A node that gets a new attribute of the model."""
        number = 0
        while hasattr(self.model, f"{prefix}{number}"):
            number += 1
        name = f"{prefix}{number}"
        if isinstance(value, torch.Tensor):
            self.model.register_buffer(name, value)
        else:
            setattr(self.model, name, value)
        return self.graph.create_node("get_attr", name, name=name)

    def _scale_and_point(self, observer: Any, prefix: str) -> tuple[Node, Node]:
        scale, point = observer.calculate_qparams()
        return (
            self._attribute(f"{prefix}_scale_", torch.tensor(float(scale))),
            self._attribute(f"{prefix}_zero_point_", torch.tensor(int(point))),
        )

    # ---- nodes

    def observer_of(self, node: Node) -> Any:
        """The observer of what a node gives; None if there is none."""
        for user in node.users:
            if self._is_observer(user):
                return self.modules[str(user.target)]
        return None

    def _is_observer(self, node: Node) -> bool:
        return node.op == "call_module" and _is_activation_post_process(self.modules[str(node.target)])

    def run(self) -> Graph:
        """The new graph."""
        for node in self.model.graph.nodes:
            if node in self.joined:
                continue
            if node.op == "output":
                take = self.any_value if self.keeps_result else self.value
                self.graph.output(torch.fx.map_arg(node.args[0], take), type_expr=node.type)
            elif self._is_observer(node):
                self._observed(node)
            elif not self._converted(node):
                self.floats[node] = self.graph.node_copy(node, self.value)
        return self.graph

    def _observed(self, node: Node) -> None:
        (source,) = node.args
        observer: Any = self.modules[str(node.target)]
        is_static = getattr(observer, "dtype", None) in _INTEGERS and not getattr(observer, "is_dynamic", False)
        assert isinstance(source, Node)
        if source in self.quantized:
            self.quantized[node] = self.quantized[source]
            if source in self.floats:
                self.floats[node] = self.floats[source]
            return
        self.floats[node] = self.floats[source]
        if is_static and source.op != "get_attr":
            scale, point = self._scale_and_point(observer, self._prefix(node))
            arguments = (self.floats[source], scale, point, observer.dtype)
            name = self._numbered("quantize_per_tensor", node)
            self.quantized[node] = self.graph.create_node(
                "call_function", torch.quantize_per_tensor, arguments, name=name
            )

    def _prefix(self, node: Node) -> str:
        """The name of the module whose input an observer looks at, for names of attributes."""
        user = next(iter(node.users), None)
        if user is None:
            return ""
        if user.op == "call_module" and not self._is_observer(user):
            return f"{str(user.target).replace('.', '_')}_input"
        return "_input" if kinds.type_of(user, self.modules) in kinds.WEIGHTED else ""

    def _converted(self, node: Node) -> bool:
        """Writes what a node becomes; False for one that stays in floats."""
        kind = kinds.type_of(node, self.modules)
        if node.op == "call_module":
            return self._module(node, kind)
        if kind in kinds.WEIGHTED or kind in kinds.ADDITIONS:
            return self._function_with_relu(node, kind)
        observer = self.observer_of(node)
        # What is observed need not be quantized itself: it may be what an op after it takes.
        if not kinds.has_quantized_form(kind):
            return False
        if observer is None or not any(argument in self.quantized for argument in node.all_input_nodes):
            return False
        if kind in kinds.WITH_SCALE:
            self._with_scale(node, kind, observer)
        else:
            self.quantized[node] = self.graph.node_copy(node, self.any_value)
        return True

    def _replace(self, name: str, module: Module) -> None:
        parent, _, last = name.rpartition(".")
        setattr(self.model.get_submodule(parent), last, module)
        self.modules[name] = module

    def _module(self, node: Node, kind: Any) -> bool:
        name = str(node.target)
        module, observer = self.modules[name], self.observer_of(node)
        is_first = name not in self.treated
        how = self.treated.get(name) or kinds.treatment(kind, getattr(module, "qconfig", None))
        if how in (kinds.DYNAMIC, kinds.WEIGHT_ONLY):
            self.treated[name] = how
            if is_first:
                self._replace(name, swap_module(module, DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS))
            self.floats[node] = self.graph.node_copy(node, self.value)
            return True
        if how is None or observer is None or node.args[0] not in self.quantized:
            return False
        self.treated[name] = how
        if is_first and kind in DEFAULT_STATIC_QUANT_MODULE_MAPPINGS:
            module.add_module("activation_post_process", observer)
            self._replace(name, swap_module(module, DEFAULT_STATIC_QUANT_MODULE_MAPPINGS))
        self.quantized[node] = self.graph.node_copy(node, self.any_value)
        return True

    def _function_with_relu(self, node: Node, kind: Any) -> bool:
        last, observer, relu = node, self.observer_of(node), ""
        if observer is None and len(node.users) == 1:
            (follower,) = node.users
            if kinds.type_of(follower, self.modules) in kinds.relus_after(kind):
                last, observer, relu = follower, self.observer_of(follower), "_relu"
        given = [argument for argument in node.args[:2] if isinstance(argument, Node)]
        activations = given[:1] if kind in kinds.WEIGHTED else given
        if observer is None or not all(argument in self.quantized for argument in activations):
            return False
        if relu:
            self.joined.add(last)
        write = self._weighted if kind in kinds.WEIGHTED else self._added
        self.quantized[last] = write(node, kind, observer, relu)
        return True

    def _weighted(self, node: Node, kind: Any, observer: Any, relu: str) -> Node:
        name = kinds.WEIGHTED[kind]
        packed = self._attribute("_packed_weight_", self._packed(node, name))
        operation = getattr(torch.ops.quantized, name + relu)
        assert isinstance(node.args[0], Node)
        arguments = (self.any_value(node.args[0]), packed, *self._scale_and_point(observer, ""))
        return self.graph.create_node("call_function", operation, arguments, name=node.name)

    def _packed(self, node: Node, name: str) -> Any:
        """The weights of a functional layer as its op takes them."""
        place = node.args[1]
        assert isinstance(place, Node)
        observer: Any = self.modules[str(place.target)]
        weight = self._attribute_at(place.args[0])
        observer(weight)
        scale, point = observer.calculate_qparams()
        if observer.qscheme in (torch.per_channel_affine, torch.per_channel_symmetric):
            integers = torch.quantize_per_channel(
                weight, scale.double(), point.long(), observer.ch_axis, observer.dtype
            )
        else:
            integers = torch.quantize_per_tensor(weight, float(scale), int(point), observer.dtype)
        bias_at = node.args[2] if len(node.args) > 2 else node.kwargs.get("bias")
        bias = None if bias_at is None else self._attribute_at(bias_at)
        if name == "linear":
            return torch.ops.quantized.linear_prepack(integers, bias)
        dims = weight.dim() - 2
        values = [
            node.args[3 + i] if len(node.args) > 3 + i else node.kwargs.get(key, default)
            for i, (key, default) in enumerate(_GEOMETRY)
        ]
        sizes = [nn.modules.utils._ntuple(dims)(value) for value in values[:3]]
        return getattr(torch.ops.quantized, f"{name}_prepack")(integers, bias, *sizes, values[3])

    def _attribute_at(self, node: Any) -> Any:
        """The tensor that a node gets from the model.

        Raises:
            NotImplementedError: weights that are computed.
        """
        while isinstance(node, Node) and self._is_observer(node):
            node = node.args[0]
        if not isinstance(node, Node) or node.op != "get_attr":
            raise NotImplementedError(
                f"convert_fx(): the weight {node} of a function is computed; it must be a parameter"
            )
        parent, _, name = str(node.target).rpartition(".")
        return getattr(self.model.get_submodule(parent), name).detach()

    def _added(self, node: Node, kind: Any, observer: Any, relu: str) -> Node:
        name = kinds.ADDITIONS[kind]
        first, second = node.args[:2]
        if isinstance(first, Node) and isinstance(second, Node):
            operation = getattr(torch.ops.quantized, name + relu)
            arguments = (self.any_value(first), self.any_value(second), *self._scale_and_point(observer, ""))
            return self.graph.call_function(operation, arguments)
        tensor, number = (first, second) if isinstance(first, Node) else (second, first)
        operation = getattr(torch.ops.quantized, f"{name}_scalar{relu}")
        assert isinstance(tensor, Node)
        return self.graph.call_function(operation, (self.any_value(tensor), number))

    def _with_scale(self, node: Node, kind: Any, observer: Any) -> None:
        name = kinds.WITH_SCALE[kind]
        scale = self._scale_and_point(observer, "")
        arguments = list(torch.fx.map_arg(node.args, self.any_value))
        named = dict(torch.fx.map_arg(node.kwargs, self.any_value))
        named.pop("inplace", None)
        if name == "matmul":
            arguments = [*arguments[:2], *scale]
        elif name == "layer_norm":
            full = dict(zip(("input", "normalized_shape", "weight", "bias", "eps"), arguments, strict=False)) | named
            arguments = [full["input"], full["normalized_shape"], full.get("weight"), full.get("bias"),
                         full.get("eps", 1e-5), *scale]  # fmt: skip
        elif name == "leaky_relu":
            slope = named.get("negative_slope", arguments[1] if len(arguments) > 1 else 0.01)
            arguments = [arguments[0], slope, False, *scale]
        elif name == "elu":
            alpha = named.get("alpha", arguments[1] if len(arguments) > 1 else 1.0)
            arguments = [arguments[0], *scale, alpha]
        else:
            arguments = [arguments[0], *scale]
        self.quantized[node] = self.graph.call_function(getattr(torch.ops.quantized, name), tuple(arguments))


def convert(model: GraphModule, keeps_result: bool) -> GraphModule:
    """The quantized form of a graph that has seen data; the graph's modules are changed."""
    graph = _Converter(model, keeps_result).run()
    graph.eliminate_dead_code()
    made = GraphModule(model, graph)
    for module in made.modules():
        if hasattr(module, "qconfig"):
            del module.qconfig
    made.graph.lint()
    return made
