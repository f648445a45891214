"""Exported programs in the ops that PyTorch's core set has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.export._capture import Capture
from ferrotorch.fx.experimental import _op_trace
from ferrotorch.fx.node import Node, map_arg

__all__ = ["core_aten_decompositions", "decomposed"]

Tensor = torch.Tensor
aten = torch.ops.aten


def _batch_norm(
    x: Tensor, weight: Any, bias: Any, mean: Any, var: Any, training: bool, momentum: float, eps: float
) -> Any:
    if training or mean is None or var is None:
        return aten._native_batch_norm_legit.default(x, weight, bias, mean, var, training, momentum, eps)
    return aten._native_batch_norm_legit_no_training.default(x, weight, bias, mean, var, momentum, eps)


def _transposed(x: Tensor, first: int, second: int) -> Tensor:
    order = list(range(x.dim()))
    order[first], order[second] = order[second], order[first]
    return aten.permute.default(x, order)


def core_aten_decompositions() -> dict[Any, Callable[..., Any]]:
    """What is called in the place of ops that are not in the core set."""
    return {
        aten._unsafe_view.default: lambda x, size: aten.view.default(x, size),
        aten.detach.default: lambda x: aten.alias.default(x),
        aten.lift_fresh_copy.default: lambda x: aten.clone.default(x),
        aten.native_batch_norm.default: _batch_norm,
        aten.t.default: lambda x: aten.permute.default(x, [1, 0] if x.dim() == 2 else [0]),
        aten.transpose.int: _transposed,
    }


def decomposed(capture: Capture, target: Callable[[str], Any], table: dict[Any, Callable[..., Any]]) -> Capture:
    """The recorded graph, run on its examples under a trace of ops.

    Args:
        capture: what was recorded.
        target: the tensors of the module by their paths.
        table: what is called in the place of ops.
    """
    trace = _op_trace.OpTrace(table, functional=True)
    values: dict[Node, Any] = {}
    nodes = list(capture.graph.nodes)
    inputs = []
    for node in capture.inputs:
        value = node.meta["val"]
        values[node] = value.detach().clone() if isinstance(value, Tensor) else value
        inputs.append(trace.placeholder(node.name, values[node]))
    for node in nodes:
        if node.op == "get_attr":
            values[node] = target(str(node.target)).detach().clone()
            trace.attribute(str(node.target), values[node])
    with torch.no_grad(), torch.random.fork_rng(), _op_trace.tracing(trace):
        for node in nodes:
            if node.op in ("call_function", "call_method"):
                args, kwargs = (map_arg(part, values.__getitem__) for part in (node.args, node.kwargs))
                call: Any = node.target if node.op == "call_function" else getattr(Tensor, str(node.target))
                values[node] = call(*args, **kwargs)
        results = map_arg(capture.graph.output_node().args[0], values.__getitem__)
        flat = [trace.node_of(value) for value in results]
    for argument, value in trace.written():
        trace.graph.call_function(aten.copy_.default, (argument, value))
    trace.graph.output(tuple(flat))
    trace.graph.eliminate_dead_code(lambda node: _op_trace.is_kept(node) or node.op == "get_attr")
    return capture._replace(graph=trace.graph, inputs=inputs, constants={**capture.constants, **trace.constants})
