"""Recording what a module does with tensors as a graph.

The module runs on the examples. A mode of overrides sees every function that it calls, a mode of dispatch the ops that
these are made of. A call becomes the nodes of its ops where all the tensors in them are known, and one node for the
function itself otherwise, as for views that an index or an attribute makes.
"""

from __future__ import annotations

import operator
from typing import Any

import ferrotorch as torch
from ferrotorch._aten.lowering import indexing
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.node import Node, map_aggregate
from ferrotorch.overrides import TorchFunctionMode
from ferrotorch.utils import _pytree as pytree
from ferrotorch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Recorder"]

# What gives Python a value of a tensor: what the program does with it, no graph would show.
_READING = frozenset(
    [
        "__bool__", "__complex__", "__contains__", "__float__", "__index__", "__int__", "allclose", "equal",
        "is_nonzero", "item", "numpy", "tolist",
    ]
)  # fmt: skip
# Layers in Python that are one op of PyTorch's.
_LAYERS = frozenset(["max_pool1d", "max_pool2d", "max_pool3d"])
_OPERATORS = {"__getitem__": operator.getitem, "__setitem__": operator.setitem}


class Recorder:
    """A graph in the making, with its nodes by the tensors that they stand for."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.graph = Graph()
        self.module = module
        self.constants: dict[str, torch.Tensor] = {}
        self._nodes: dict[int, Node] = {}
        # Known tensors are kept, so that no other one gets the place of one of them, and what stood for them before.
        self._known: list[tuple[Any, Node | None]] = []
        self._of_inputs: set[Node] = set()

    def name(self, tensor: torch.Tensor, node: Node) -> None:
        """Let a node stand for a tensor."""
        self._known.append((tensor, self._nodes.get(id(tensor))))
        self._nodes[id(tensor)] = node

    def add_input(self, name: str, value: Any) -> Node:
        """A placeholder for an argument."""
        node = self.graph.placeholder(name)
        node.meta["val"] = value
        if isinstance(value, torch.Tensor):
            self.name(value, node)
            self._of_inputs.add(node)
        return node

    def add_attribute(self, path: str, tensor: torch.Tensor) -> None:
        """A node for a tensor of the module."""
        node = self.graph.get_attr(path)
        node.meta["val"] = tensor
        self.name(tensor, node)

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the module returns, having recorded it."""
        with _Functions(self):
            return self.module(*args, **kwargs)

    def result(self, value: Any) -> Any:
        """Nodes for the tensors among leaves of the result."""
        return self._node_of(value) if isinstance(value, torch.Tensor) else value

    def is_known(self, value: Any) -> bool:
        """Does a node stand for the tensor?"""
        return id(value) in self._nodes

    def call(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make a call of a function, and record it."""
        for leaf in pytree.tree_leaves((args, kwargs)):
            if isinstance(leaf, torch.Tensor) and not self.is_known(leaf):
                self._add_constant(leaf)
        name = getattr(func, "__name__", "")
        if name in _READING and any(self._node_of(arg) in self._of_inputs for arg in _tensors(args, kwargs)):
            raise RuntimeError(
                f"torch.export: the program reads a value of a tensor by {name}(), and what it does then may depend on "
                "the arguments: a graph has no such branches; torch.where chooses between values."
            )
        if name in _LAYERS and not kwargs.get("return_indices") and isinstance(args[0], torch.Tensor):
            return self._layer(func, name, args, kwargs)
        if name == "__getitem__" and isinstance(args[0], torch.Tensor):
            picked = indexing.getitem(self._ask, *args)
            if picked is not NotImplemented:
                return picked
        before = len(self.graph.nodes), len(self._known)
        ops = _Ops(self)
        with ops:
            result = func(*args, **kwargs)
        if ops.complete and all(self.is_known(leaf) for leaf in _tensors(result)):
            return result
        self._forget(*before)
        self._record_function(func, args, kwargs, result)
        return result

    def _ask(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        """Make a call of an op by its name, and record it."""
        for leaf in _tensors(args, kwargs):
            if not self.is_known(leaf):
                self._add_constant(leaf)
        # A list among indices is a constant of the graph, of which a copy is used.
        op = torch.ops.aten.lift_fresh_copy.default if op == torch.ops.aten.lift_fresh.default else op
        result = op(*args, **kwargs)
        self.record(op, args, kwargs, result, "call_function")
        return result

    def _layer(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        """A layer that is composed here, and one op in PyTorch."""
        options = {key: value for key, value in kwargs.items() if key != "return_indices"}
        with torch._C.DisableTorchFunction():
            result = func(*args, **kwargs)
        self.record(getattr(torch.ops.aten, name).default, args, options, result, "call_function")
        return result

    def record(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, op: str) -> None:
        """A node for a call, and others for the tensors that it gives."""
        if isinstance(target, torch._ops.OpOverload):
            target, args, kwargs = torch._ops.normal_call(target, args, kwargs)
        given, named = (map_aggregate(part, self.result) for part in (args, kwargs))
        # Nodes of an op go by its name alone, whatever the overload is.
        name = target._schema.name.split("::")[-1] if isinstance(target, torch._ops.OpOverload) else None
        node = self.graph.create_node(op, target, given, named, name=name)
        depends = any(used in self._of_inputs for used in node.all_input_nodes)
        self._name_results(node, result, depends)
        if isinstance(target, torch._ops.OpOverload) and target.overloadpacket.is_mutable and result is args[0]:
            self.name(result, node)

    def _name_results(self, node: Node, value: Any, depends: bool) -> None:
        if depends:
            self._of_inputs.add(node)
        node.meta["val"] = value
        if isinstance(value, torch.Tensor):
            if not self.is_known(value):
                self.name(value, node)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                if _tensors(item):
                    self._name_results(self.graph.call_function(operator.getitem, (node, index)), item, depends)

    def _record_function(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        name = getattr(func, "__name__", "")
        if name == "__get__":
            if _tensors(result):
                attribute = func.__self__.__name__
                self.record(getattr, (args[0], attribute), {}, result, "call_function")
        elif name in _OPERATORS:
            self.record(_OPERATORS[name], args, kwargs, result, "call_function")
        elif not _tensors(result) and not name.endswith("_"):
            return
        elif args and isinstance(args[0], torch.Tensor) and getattr(torch.Tensor, name, None) is func:
            self.record(name, args, kwargs, result, "call_method")
        else:
            self.record(func, args, kwargs, result, "call_function")

    def _add_constant(self, tensor: torch.Tensor) -> None:
        name = next((name for name, value in _plain_attributes(self.module) if value is tensor), None)
        name = f"lifted_tensor_{len(self.constants)}" if name is None else name
        self.constants[name] = tensor
        first = next(iter(self.graph.nodes), None)
        with self.graph.inserting_before(first):
            node = self.graph.create_node("get_attr", name, name=name.replace(".", "_"))
        node.meta["val"] = tensor
        self.name(tensor, node)

    def _node_of(self, tensor: torch.Tensor) -> Node:
        return self._nodes[id(tensor)]

    def _forget(self, nodes: int, known: int) -> None:
        """Take back what has been recorded since there were so many nodes and known tensors."""
        for tensor, before in reversed(self._known[known:]):
            if before is None:
                del self._nodes[id(tensor)]
            else:
                self._nodes[id(tensor)] = before
        del self._known[known:]
        for node in list(self.graph.nodes)[: nodes - 1 : -1]:
            self._of_inputs.discard(node)
            self.graph.erase_node(node)


class _Functions(TorchFunctionMode):
    """Hands every call of a function to the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The result of the call."""
        return self.recorder.call(func, args, kwargs or {})


class _Ops(TorchDispatchMode):
    """Records the ops of a call, as long as it knows all tensors in them."""

    _sees_layers = True

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.complete = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The result of the op."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        known = all(self.recorder.is_known(leaf) for leaf in _tensors(args, kwargs))
        if self.complete and known and isinstance(func, torch._ops.OpOverload):
            self.recorder.record(func, args, kwargs, result, "call_function")
        else:
            self.complete = False
        return result


def _tensors(*values: Any) -> list[torch.Tensor]:
    return [leaf for leaf in pytree.tree_leaves(values) if isinstance(leaf, torch.Tensor)]


def _plain_attributes(module: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    """The tensors that are attributes of modules, and neither parameters nor buffers."""
    return [
        (f"{path}.{name}" if path else name, value)
        for path, child in module.named_modules()
        for name, value in vars(child).items()
        if isinstance(value, torch.Tensor)
    ]
