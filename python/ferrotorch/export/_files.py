"""Files of exported programs: the graph as plain data, with the tensors, in the format of ``torch.save``.

Reading one builds nothing but what is named here: ops of ``torch.ops``, methods of tensors, operators, and functions of
the package. The format is the package's own.
"""

from __future__ import annotations

import importlib
import operator
from typing import Any

import ferrotorch as torch
from ferrotorch import serialization
from ferrotorch.export._capture import Capture
from ferrotorch.export.dynamic_shapes import Dim
from ferrotorch.export.exported_program import CallSpec, ExportedProgram
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Node
from ferrotorch.utils import _pytree as pytree

__all__ = ["read", "write"]

_FORMAT = "ferrotorch.export.1"
_NAMED = (torch.dtype, torch.memory_format, torch.layout)


def _encoded(value: Any) -> Any:
    """A value of a graph as plain data; what is no plain data itself is a pair of a kind and more."""
    if isinstance(value, Node):
        return ("node", value.name)
    if isinstance(value, list | tuple):
        return ("list" if isinstance(value, list) else "tuple", [_encoded(item) for item in value])
    if isinstance(value, dict):
        return ("dict", {key: _encoded(item) for key, item in value.items()})
    if isinstance(value, slice):
        return ("slice", [_encoded(part) for part in (value.start, value.stop, value.step)])
    if isinstance(value, _NAMED):
        return ("named", str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return ("device", str(value))
    if value is Ellipsis:
        return ("ellipsis", None)
    if value is None or isinstance(value, bool | int | float | complex | str):
        return ("plain", value)
    raise RuntimeError(f"torch.export.save: a graph with {value!r} among its arguments cannot be written")


def _decoded(pair: Any, nodes: dict[str, Node]) -> Any:
    kind, value = pair
    if kind == "node":
        return nodes[value]
    if kind in ("list", "tuple"):
        items = [_decoded(item, nodes) for item in value]
        return items if kind == "list" else tuple(items)
    if kind == "dict":
        return {key: _decoded(item, nodes) for key, item in value.items()}
    if kind == "slice":
        return slice(*(_decoded(part, nodes) for part in value))
    if kind == "named":
        named = getattr(torch, value)
        if not isinstance(named, _NAMED):
            raise RuntimeError(f"torch.export.load: torch.{value} is no dtype, layout or memory format")
        return named
    if kind == "device":
        return torch.device(value)
    return Ellipsis if kind == "ellipsis" else value


def _target(target: Any) -> Any:
    """What a node calls, by name."""
    if isinstance(target, str):
        return ["name", target]
    if isinstance(target, torch._ops.OpOverload):
        return ["op", target.namespace, target.overloadpacket.__name__, target._overloadname]
    name = getattr(target, "__name__", "")
    if getattr(operator, name, None) is target:
        return ["operator", name]
    if target is getattr:
        return ["getattr"]
    module = getattr(target, "__module__", None) or ""
    if module.startswith("torch"):
        module = "ferrotorch" + module.removeprefix("torch")
    if module.startswith("ferrotorch") and getattr(importlib.import_module(module), name, None) is target:
        return ["function", module, name]
    raise RuntimeError(f"torch.export.save: a graph that calls {target!r} cannot be written: it has no name here")


def _called(parts: list[str]) -> Any:
    kind, *names = parts
    if kind == "op":
        space, packet, overload = names
        return getattr(getattr(getattr(torch.ops, space), packet), overload)
    if kind == "operator":
        return getattr(operator, names[0])
    if kind == "getattr":
        return getattr
    if kind == "function":
        module, name = names
        if module.split(".")[0] != "ferrotorch":
            raise RuntimeError(f"torch.export.load: {module}.{name} is no function of the package")
        return getattr(importlib.import_module(module), name)
    return names[0]


def _described(node: Node) -> Any:
    """What is known of a node's value, where that is a tensor."""
    value = node.meta.get("val")
    return [list(value.shape), value.dtype, value.requires_grad] if isinstance(value, torch.Tensor) else None


def write(ep: ExportedProgram, f: Any, extra_files: dict[str, Any] | None = None) -> None:
    """Write a program to a path or file.

    Raises:
        RuntimeError: its graph has values or calls that have no name.
    """
    capture = ep._capture
    leaves, spec = pytree.tree_flatten(ep.example_inputs)
    nodes = [
        [node.op, node.name, _target(node.target), _encoded(node.args), _encoded(dict(node.kwargs)), _described(node)]
        for node in capture.graph.nodes
    ]
    content = {
        "format": _FORMAT,
        "dialect": ep.dialect,
        "nodes": nodes,
        "inputs": [node.name for node in capture.inputs],
        "in_spec": pytree.treespec_dumps(capture.in_spec),
        "out_spec": pytree.treespec_dumps(capture.out_spec),
        "examples": [leaves, pytree.treespec_dumps(spec)],
        "parameters": {name: [tensor.detach(), tensor.requires_grad] for name, tensor in ep.named_parameters()},
        "buffers": {name: tensor.detach() for name, tensor in ep.named_buffers()},
        "constants": {name: tensor.detach() for name, tensor in ep.constants.items()},
        "state": list(ep.state_dict),
        "dynamic": [[*place, *_size(size)] for place, size in ep._dynamic.items()],
        "extra_files": dict(extra_files or {}),
    }
    serialization.save(content, f)


def _size(size: Any) -> list[Any]:
    return ["named", size.__name__, size.min, size.max] if isinstance(size, Dim) else ["at", *size]


def read(f: Any, extra_files: dict[str, Any] | None = None) -> ExportedProgram:
    """Read a program from a path or file.

    Raises:
        RuntimeError: it is none of this format.
    """
    content = serialization.load(f, weights_only=True)
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise RuntimeError("torch.export.load: this is no file that torch.export.save of this library wrote")
    if extra_files is not None:
        extra_files.update(
            {name: content["extra_files"][name] for name in extra_files if name in content["extra_files"]}
        )
    graph, inputs = _graph(content)
    result = ExportedProgram.__new__(ExportedProgram)
    in_spec, out_spec = (pytree.treespec_loads(content[name]) for name in ("in_spec", "out_spec"))
    result._capture = Capture(graph, inputs, content["constants"], in_spec, out_spec)
    result.dialect = content["dialect"]
    leaves, spec = content["examples"]
    result.example_inputs = pytree.tree_unflatten(leaves, pytree.treespec_loads(spec))
    result.call_spec = CallSpec(in_spec, out_spec)
    _set_state(result, content)
    lifted, result.graph_signature = result._lifted()
    result.graph_module = GraphModule({}, lifted)
    return result


def _graph(content: dict[str, Any]) -> tuple[Graph, list[Node]]:
    graph, nodes = Graph(), dict[str, Node]()
    for op, name, target, args, kwargs, described in content["nodes"]:
        given, named = _decoded(args, nodes), _decoded(kwargs, nodes)
        node = graph.create_node(op, _called(target), given, named, name=name)
        if described is not None:
            shape, dtype, requires_grad = described
            node.meta["val"] = torch.empty(shape, dtype=dtype, device="meta", requires_grad=requires_grad)
        nodes[name] = node
    inputs = [nodes[name] for name in content["inputs"]]
    for node, leaf in zip(inputs, content["examples"][0], strict=True):
        node.meta["val"] = leaf
    return graph, inputs


def _set_state(result: ExportedProgram, content: dict[str, Any]) -> None:
    parameters = content["parameters"].items()
    result._parameters = {name: torch.nn.Parameter(x, requires_grad=needed) for name, (x, needed) in parameters}
    result._buffers = content["buffers"]
    tensors: dict[str, Any] = {**result._parameters, **result._buffers}
    result.state_dict = {name: tensors[name] for name in content["state"]}
    result.constants = content["constants"]
    named: dict[str, Dim] = {}
    result._dynamic = {}
    for leaf, dim, kind, *rest in content["dynamic"]:
        if kind == "named":
            name, least, most = rest
            result._dynamic[leaf, dim] = named.setdefault(name, Dim(name, min=least, max=most))
        else:
            result._dynamic[leaf, dim] = (rest[0], rest[1])
    result.range_constraints = {name: (size.min, size.max) for name, size in named.items()}
