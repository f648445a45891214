"""Observers are put into a graph."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ferrotorch.ao.nn.intrinsic import _FusedModule
from ferrotorch.ao.quantization.fx import kinds
from ferrotorch.ao.quantization.qconfig import qconfig_equals
from ferrotorch.ao.quantization.qconfig_mapping import QConfigMapping
from ferrotorch.ao.quantization.quantization_mappings import DEFAULT_QAT_MODULE_MAPPINGS
from ferrotorch.ao.quantization.quantize import swap_module
from ferrotorch.fx import GraphModule, Node
from ferrotorch.nn.modules.module import Module


def _for_fused_layers(mapping: QConfigMapping, modules: dict[str, Module]) -> None:
    """Let what is said of a layer's type hold for the layers that it has become part of.

    Raises:
        LookupError: of the types of one joined layer different things are said.
    """
    by_type = mapping.object_type_qconfigs
    for module in modules.values():
        if not isinstance(module, _FusedModule):
            continue
        first, *others = [type(layer) for layer in module.children()]
        for kind in others:
            if not qconfig_equals(by_type.get(first), by_type.get(kind)):
                raise LookupError(
                    "During fusion, we need to specify the same qconfigs for all module types in "
                    f"{type(module)} offending type: {kind}"
                )
        if by_type.get(first) is not None:
            by_type[type(module)] = by_type[first]


def _configured(
    graph: Any, modules: dict[str, Module], mapping: QConfigMapping, paths: dict[str, str]
) -> dict[Node, Any]:
    """The configuration of each operation."""
    found, seen = {}, Counter[tuple[str, Any]]()
    for node in graph.nodes:
        kind = kinds.type_of(node, modules)
        if kind is None:
            continue
        path = str(node.target) if node.op == "call_module" else paths.get(node.name, "")
        found[node] = mapping._found(kind, path, seen[path, kind])
        seen[path, kind] += 1
    return found


class _Observers:
    """Puts observers into a graph.

    Attributes:
        of: the node that observes what another gives, and what others then take in its place.
    """

    def __init__(self, model: GraphModule, qconfigs: dict[Node, Any], modules: dict[str, Module]) -> None:
        self.model, self.qconfigs, self.modules = model, qconfigs, modules
        self.of: dict[Node, Node] = {}
        self._count = 0
        # A module that is called again has one scale for all its results.
        self._results: dict[str, Module] = {}

    def insert(self, node: Node, observer: Module) -> Node:
        """Observe what a node gives: all who use it take it from the observer."""
        name = f"activation_post_process_{self._count}"
        self._count += 1
        setattr(self.model, name, observer)
        self.modules[name] = observer
        with self.model.graph.inserting_after(node):
            seen = self.model.graph.create_node("call_module", name, (node,), {}, name=name)
        node.replace_all_uses_with(seen, delete_user_cb=lambda user: user is not seen)
        self.of[node] = seen
        return seen

    def module_of(self, seen: Node) -> Module:
        """The observer that a node calls."""
        return self.modules[str(seen.target)]

    def input(self, argument: Node, observer: Any) -> Node:
        """The node that observes an argument, put in if there is none yet."""
        if argument in self.of.values():
            return argument
        if argument in self.of:
            return self.of[argument]
        return self.insert(argument, observer())

    def share(self, seen: Node, observer: Module) -> None:
        """Let a place be observed by the observer of another."""
        before = self.module_of(seen)
        for name, module in list(self.model._modules.items()):
            if module is before:
                setattr(self.model, name, observer)
                self.modules[name] = observer

    def observe(self, node: Node) -> None:
        """Put in what one operation needs."""
        kind, qconfig = kinds.type_of(node, self.modules), self.qconfigs.get(node)
        how = kinds.treatment(kind, qconfig)
        if how is None or qconfig is None or not node.all_input_nodes or node in self.of:
            return
        if node.op == "call_module":
            self.modules[str(node.target)].qconfig = qconfig
        if how == kinds.WEIGHT_ONLY:
            return
        if how == kinds.DYNAMIC:
            self.input(node.all_input_nodes[0], qconfig.activation)
            return
        if kind == "reshape":
            self._observe_moved(node)
            return
        tensors = node.args[0] if how == kinds.JOINED else self._tensors(node, kind)
        seen = [self.input(argument, qconfig.activation) for argument in tensors]
        if kind in kinds.WEIGHTED and isinstance(node.args[1], Node):
            self.input(node.args[1], qconfig.weight)
        if self._is_followed_by_relu(node, kind):
            return
        self._observe_result(node, how, seen, qconfig)

    def _observe_moved(self, node: Node) -> None:
        """What gives its argument in another shape is observed by what observes that, or what that is taken from."""
        source = node.args[0]
        while isinstance(source, Node) and source not in self.of.values():
            source = source.args[0] if source.args else None
        if isinstance(source, Node) and source.op == "call_module":
            self.insert(node, self.module_of(source))

    def _tensors(self, node: Node, kind: Any) -> list[Node]:
        """The arguments that are activations."""
        count = 2 if kind in kinds.ADDITIONS or kinds.WITH_SCALE.get(kind) == "matmul" else 1
        return [argument for argument in node.args[:count] if isinstance(argument, Node)]

    def _is_followed_by_relu(self, node: Node, kind: Any) -> bool:
        """An op that has a form with ReLU, and no other user: what is between them is not observed."""
        if (kind not in kinds.WEIGHTED and kind not in kinds.ADDITIONS) or len(node.users) != 1:
            return False
        follower = next(iter(node.users))
        is_relu = kinds.type_of(follower, self.modules) in kinds.relus_after(kind)
        if not is_relu or self.qconfigs.get(follower) is None:
            return False
        self.insert(follower, self.qconfigs[follower].activation())
        return True

    def _observe_result(self, node: Node, how: str, seen: list[Node], qconfig: Any) -> None:
        is_with_number = kinds.type_of(node, self.modules) in kinds.ADDITIONS and len(seen) == 1
        if how == kinds.OWN and not is_with_number:
            observer = qconfig.activation()
            self.insert(
                node, self._results.setdefault(str(node.target), observer) if node.op == "call_module" else observer
            )
            return
        shared = self.module_of(seen[0])
        for other in seen[1:]:
            self.share(other, shared)
        self.insert(node, shared)


def prepare(
    model: GraphModule, mapping: QConfigMapping, is_qat: bool, paths: dict[str, str], quantized_inputs: list[int]
) -> GraphModule:
    """A graph with observers; for training layers are exchanged for ones that round."""
    modules = dict(model.named_modules())
    _for_fused_layers(mapping, modules)
    qconfigs = _configured(model.graph, modules, mapping, paths)
    if is_qat:
        for node, qconfig in qconfigs.items():
            if node.op == "call_module" and kinds.treatment(kinds.type_of(node, modules), qconfig) == kinds.OWN:
                name = str(node.target)
                modules[name].qconfig = qconfig
                modules[name] = swap_module(modules[name], DEFAULT_QAT_MODULE_MAPPINGS)
                parent, _, last = name.rpartition(".")
                setattr(model.get_submodule(parent), last, modules[name])
    observers = _Observers(model, qconfigs, modules)
    inputs = [node for node in model.graph.nodes if node.op == "placeholder"]
    for number in quantized_inputs:
        observers.of[inputs[number]] = inputs[number]
    for node in list(model.graph.nodes):
        observers.observe(node)
    model.graph.lint()
    return GraphModule(model, model.graph)
