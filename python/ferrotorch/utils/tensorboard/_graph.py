"""The graph of a model for TensorBoard: the functions that it calls on examples, by the module that calls them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from ferrotorch.overrides import TorchFunctionMode
from ferrotorch.utils import _pytree as pytree

__all__ = ["graph"]


def graph(model: torch.nn.Module, args: Any, verbose: bool = False) -> tuple[Any, Any]:
    """A ``GraphDef`` of a module in evaluation mode, and what TensorBoard wants to know of the run.

    Args:
        model: the module.
        args: what it is called with, a tuple for several arguments.
        verbose: print the nodes.
    """
    from tensorboard.compat.proto import config_pb2, graph_pb2, step_stats_pb2, versions_pb2

    given = args if isinstance(args, tuple) else (args,)
    watch = _Watch(model)
    with _evaluating(model), torch.no_grad():
        for place, tensor in enumerate(_tensors(given)):
            watch.add(f"input/{'x' if place == 0 else f'x.{place}'}", "IO Node", [], [tensor])
        result = watch.run(given)
    for place, tensor in enumerate(_tensors(result)):
        watch.add(f"output/output.{place + 1}", "IO Node", [tensor], [tensor])
    if verbose:
        print("\n".join(f"{node.name}: {node.op}({', '.join(node.input)})" for node in watch.nodes))
    device = step_stats_pb2.DeviceStepStats(device="/device:CPU:0")
    stats = config_pb2.RunMetadata(step_stats=step_stats_pb2.StepStats(dev_stats=[device]))
    return graph_pb2.GraphDef(node=watch.nodes, versions=versions_pb2.VersionDef(producer=22)), stats


@contextmanager
def _evaluating(model: torch.nn.Module) -> Iterator[None]:
    training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, was in training.items():
            module.training = was


class _Watch(TorchFunctionMode):
    """Makes a node of each function that gives a tensor, and of each tensor that no function has given."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model
        self.nodes: list[Any] = []
        self._labels = {module: _label(path, module) for path, module in model.named_modules()}
        self._own = {id(tensor): path for path, tensor in [*model.named_parameters(), *model.named_buffers()]}
        self._scope: list[str] = []
        self._taken: dict[str, int] = {}
        self._names: dict[int, str] = {}
        # Tensors that have names are kept, so that no other one gets the place of one of them.
        self._kept: list[Any] = []

    def run(self, args: tuple[Any, ...]) -> Any:
        """Call the model."""
        hooks = [
            register_module_forward_pre_hook(lambda module, _: self._scope.append(self._label_of(module))),
            register_module_forward_hook(lambda *_: self._leave(), always_call=True),
        ]
        try:
            with self:
                return self.model(*args)
        finally:
            for hook in hooks:
                hook.remove()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The result of the call."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        outputs = _tensors(result)
        if outputs:
            name = getattr(func, "__name__", "call")
            name = func.__self__.__name__ if name == "__get__" else name.strip("_")
            scope = "/".join([*self._scope, name])
            self.add(scope, f"aten::{name}", _tensors((args, kwargs)), outputs)
        return result

    def add(self, name: str, op: str, inputs: list[Any], outputs: list[Any]) -> None:
        """A node, which stands for its outputs from now on."""
        from tensorboard.compat.proto import attr_value_pb2, node_def_pb2, tensor_shape_pb2

        count = self._taken[name] = self._taken.get(name, 0) + 1
        name = name if count == 1 else f"{name}.{count - 1}"
        sizes = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in outputs[0].shape]
        shapes = attr_value_pb2.AttrValue.ListValue(shape=[tensor_shape_pb2.TensorShapeProto(dim=sizes)])
        attributes = {"_output_shapes": attr_value_pb2.AttrValue(list=shapes)}
        given = [self._name_of(tensor) for tensor in inputs]
        self.nodes.append(node_def_pb2.NodeDef(name=name, op=op, input=given, attr=attributes))
        for tensor in outputs:
            self._names[id(tensor)] = name
            self._kept.append(tensor)

    def _name_of(self, tensor: Any) -> str:
        if id(tensor) not in self._names:
            path = self._own.get(id(tensor), "constant")
            self.add("/".join([*self._scope, path.rpartition(".")[2]]), "prim::GetAttr", [], [tensor])
        return self._names[id(tensor)]

    def _label_of(self, module: Any) -> str:
        return self._labels.get(module, type(module).__name__)

    def _leave(self) -> None:
        self._scope.pop()


def _label(path: str, module: torch.nn.Module) -> str:
    """What stands for a module in the names of nodes: its class, and its name in the module that has it."""
    name = path.rpartition(".")[2]
    return f"{type(module).__name__}[{name}]" if name else type(module).__name__


def _tensors(value: Any) -> list[Any]:
    return [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]
