"""Traces of functions op by op: `make_fx`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.fx.experimental import _op_trace
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.utils import _pytree as pytree

__all__ = ["get_proxy_mode", "make_fx"]


def get_proxy_mode() -> Any:
    """The mode that makes a trace of what this thread runs; None if there is none."""
    return _op_trace.current()


def make_fx(
    f: Callable[..., Any],
    decomposition_table: dict[Any, Callable[..., Any]] | None = None,
    tracing_mode: str = "real",
    _allow_non_fake_inputs: bool = False,
    *,
    pre_dispatch: bool = False,
) -> Callable[..., GraphModule]:
    """A function that runs ``f`` on its arguments and returns the graph of the ops of ``aten`` that this took.

    Gradients that ``f`` takes by ``torch.autograd.grad`` or :mod:`ferrotorch.func` are ops of the graph, too. Numbers
    are those of the arguments, sizes as well.

    Args:
        f: takes tensors, numbers, and nested containers of them, by position.
        decomposition_table: functions that are called in the place of ops, by the op.
        tracing_mode: ``"real"``, ``"fake"`` or ``"symbolic"``; the program runs on the tensors themselves either way.
        _allow_non_fake_inputs: accepted; tensors that ``f`` brings along are attributes of the graph's module.
        pre_dispatch: must be False: ops are seen below autograd.

    Raises:
        ValueError: another mode.
        RuntimeError: ``f`` does what is known as no op, or writes to a view; with ``"symbolic"`` numbers in the graph
            depend on sizes of the arguments.
    """
    if tracing_mode not in ("real", "fake", "symbolic") or pre_dispatch:
        raise ValueError(f"make_fx: tracing_mode={tracing_mode!r}, pre_dispatch={pre_dispatch} is not supported")

    def wrapped(*args: Any) -> GraphModule:
        result = _traced(f, args, decomposition_table)
        if tracing_mode == "symbolic":
            _require_same(f, args, decomposition_table, result)
        return result

    return wrapped


def _traced(f: Callable[..., Any], args: tuple[Any, ...], table: Any) -> GraphModule:
    trace = _op_trace.OpTrace(table)
    leaves, spec = pytree.tree_flatten(args)
    own = [leaf.detach().clone().requires_grad_(leaf.requires_grad) if _is_tensor(leaf) else leaf for leaf in leaves]
    for name, leaf in zip(_names(f, args), own, strict=True):
        trace.placeholder(name, leaf)
    with _op_trace.tracing(trace):
        results = f(*pytree.tree_unflatten(own, spec))
    flat, out_spec = pytree.tree_flatten(results)
    values = [trace.node_of(value) for value in flat]
    trace.graph.output(pytree.tree_unflatten(values, out_spec))
    trace.graph.eliminate_dead_code(_op_trace.is_kept)
    return GraphModule(dict(trace.constants), trace.graph, getattr(f, "__name__", type(f).__name__))


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _names(f: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """Names of the placeholders: the parameter's, and the leaf's number in it."""
    try:
        parameters = [p for p in inspect.signature(f).parameters.values() if p.kind != p.KEYWORD_ONLY]
    except (TypeError, ValueError):
        parameters = []
    names = []
    for i, arg in enumerate(args):
        named = i < len(parameters) and parameters[i].kind != inspect.Parameter.VAR_POSITIONAL
        base = parameters[i].name if named else "arg"
        names += [f"{base}_{j + 1}" for j in range(len(pytree.tree_leaves(arg)))]
    return names


def _require_same(f: Callable[..., Any], args: tuple[Any, ...], table: Any, found: GraphModule) -> None:
    """Trace longer arguments, and compare."""

    def longer(leaf: Any) -> Any:
        return leaf.detach().repeat(*[2] * leaf.dim()).requires_grad_(leaf.requires_grad) if _is_tensor(leaf) else leaf

    other = _traced(f, pytree.tree_map(longer, args), table)
    if other.code != found.code:
        raise RuntimeError(
            "make_fx: with other sizes of the arguments the graph is another one; use tracing_mode='real'"
        )
