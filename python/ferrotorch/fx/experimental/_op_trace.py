"""The mode behind `make_fx`: it notes every op of ``aten`` that a program runs as a node of a graph.

The program runs on real tensors. A functional trace notes ops in place as the ops out of place, and what they write to
stands for the new value from then on; others note them as they are. Derivatives are taken of the ops noted so far, in
ops (`_functorch/_vjps.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.fx.graph import Graph
from ferrotorch.fx.node import Node, map_aggregate
from ferrotorch.utils import _pytree as pytree
from ferrotorch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

__all__ = ["OpTrace", "current", "is_kept", "tracing"]

Tensor = torch.Tensor
_active = threading.local()


def current() -> OpTrace | None:
    """The trace that this thread is in."""
    return getattr(_active, "trace", None)


class OpTrace(TorchDispatchMode):
    """Notes ops.

    Attributes:
        graph: what was noted.
        constants: tensors that the program brought along, by their names as attributes.
    """

    def __init__(self, decompositions: dict[Any, Callable[..., Any]] | None = None, functional: bool = False) -> None:
        super().__init__()
        self._functional, self._overwritten = functional, ""
        self._old: Any = None
        self._arguments: list[tuple[Any, Node]] = []
        self.graph = Graph()
        self.constants: dict[str, Tensor] = {}
        self._decompositions = decompositions or {}
        self._nodes: dict[int, Node] = {}
        self._lying: dict[Any, Node] = {}
        # Known tensors are kept, so that no other one gets the place of one of them.
        self._known: list[Any] = []
        self._tape: list[tuple[Any, Any, Any, Any]] = []

    # ---- tensors and their nodes

    def name(self, tensor: Tensor, node: Node) -> None:
        """Let a node stand for a tensor."""
        self._nodes[id(tensor)] = node
        self._lying[_place(tensor)] = node
        self._known.append(tensor)
        node.meta.setdefault("val", _unseen(tensor))

    def node_of(self, value: Any) -> Any:
        """The node of a tensor, which may have become another object; other values stay."""
        if not isinstance(value, Tensor):
            return value
        found = self._nodes.get(id(value)) or self._lying.get(_place(value))
        return self._constant(value) if found is None else found

    def is_known(self, value: Any) -> bool:
        """Is it a tensor that a node stands for?"""
        return isinstance(value, Tensor) and (id(value) in self._nodes or _place(value) in self._lying)

    def attribute(self, path: str, tensor: Tensor) -> Node:
        """A tensor of the module that the graph belongs to."""
        node = self.graph.create_node("get_attr", path, name=path.replace(".", "_"))
        self.name(tensor, node)
        self._arguments.append((tensor, node))
        return node

    def placeholder(self, name: str, value: Any) -> Node:
        """An argument of the program."""
        node = self.graph.placeholder(name)
        if isinstance(value, Tensor):
            self.name(value, node)
            self._arguments.append((value, node))
        return node

    def written(self) -> list[tuple[Node, Node]]:
        """The arguments that the program writes to, each with its last value."""
        last = [(node, self.node_of(value)) for value, node in self._arguments]
        return [(node, value) for node, value in last if node is not value]

    def _constant(self, value: Tensor) -> Node:
        kind = "_param_constant" if isinstance(value, torch.nn.Parameter) else "_tensor_constant"
        name = f"{kind}{sum(key.startswith(kind) for key in self.constants)}"
        self.constants[name] = value
        node = self.graph.create_node("get_attr", name, name=name)
        self.name(value, node)
        return node

    # ---- ops

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        table = self._decompositions.get(func) or self._decompositions.get(func.overloadpacket)
        if table is not None:
            with self:
                return table(*args, **kwargs)
        if isinstance(func, torch._ops.Launch):
            return self._launched(func, args, kwargs)
        if func.overloadpacket.__name__ in ("lift_fresh", "detach"):
            return self._aliased(func, args, kwargs)
        before = map_aggregate((args, kwargs), self.node_of)
        in_place = func.overloadpacket.__name__.endswith("_") and not func.overloadpacket.__name__.endswith("__")
        noted = self._out_of_place(func, args) if in_place and self._functional else func
        if in_place and not self._functional and any(isinstance(x, Tensor) and x.requires_grad for x in args):
            self._overwritten = str(func)
        with _outside_of_traces():
            result = func(*args, **kwargs)
        self._name_results(self._call(noted, *before), result)
        self._tape.append((noted, self._as_before(args, result), kwargs, result))
        return result

    def _as_before(self, args: Any, result: Any) -> Any:
        """Arguments with what was there before in the place of what the op wrote to."""
        overwritten = args and args[0] is result and self._functional
        return (self._old, *args[1:]) if overwritten else args

    def _out_of_place(self, func: Any, args: Any) -> Any:
        """The op that computes what one in place writes; what was there before is kept for derivatives."""
        target = args[0]
        if target._is_view():
            raise RuntimeError(f"{func} writes to a view of another tensor, which a graph of values cannot say")
        with _disable_current_modes():
            self._old = old = target.detach().clone().requires_grad_(target.requires_grad)
        self._nodes[id(old)] = self.node_of(target)
        self._known.append(old)
        for i, entry in enumerate(self._tape):
            self._tape[i] = pytree.tree_map(lambda x: old if x is target else x, entry)
        name, overload = func.overloadpacket.__name__[:-1], func._overloadname
        return getattr(getattr(torch.ops.aten, name), _OVERLOADS.get(f"{name}.{overload}", overload))

    def _launched(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        result = func(*args, **kwargs)
        if any(map(self.is_known, args)) and any(isinstance(x, Tensor) for x in pytree.tree_leaves(result)):
            raise RuntimeError(f"make_fx: the program runs {func}, which is known as no op that a graph could call")
        return result

    def _aliased(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """What has the same values is an alias, which no derivative goes through; a new constant is a copy of one."""
        result = func(*args, **kwargs)
        if func.overloadpacket.__name__ == "lift_fresh" and not self.is_known(result):
            self.name(result, self._call(torch.ops.aten.lift_fresh_copy.default, (self._constant(result),), {}))
            return result
        if isinstance(result, Tensor) and self.is_known(args[0]):
            own = self.node_of(args[0])
            # A result that has no history is what it is.
            is_alias = own.op == "placeholder" or args[0].requires_grad
            node = self._call(torch.ops.aten.alias.default, (own,), {}) if is_alias else own
            self._nodes[id(result)] = node
            self._known.append(result)
            node.meta["val"] = _unseen(result)
        return result

    def _call(self, func: Any, args: Any, kwargs: Any) -> Node:
        """A node that is named after its op, whatever the overload."""
        return self.graph.create_node("call_function", func, args, kwargs, name=func.overloadpacket.__name__)

    def _name_results(self, node: Node, value: Any) -> None:
        if isinstance(value, Tensor):
            node.meta["val"] = _unseen(value)
            self.name(value, node)
        elif isinstance(value, tuple | list):
            import operator

            for i, item in enumerate(value):
                if isinstance(item, Tensor):
                    self._name_results(self.graph.call_function(operator.getitem, (node, i)), item)

    # ---- derivatives

    def differentiate(self, outputs: list[Any], seeds: list[Any], inputs: list[Any]) -> list[Any]:
        """The gradients of outputs by inputs, in ops that are noted as well; None where there is no way."""
        from ferrotorch._functorch._vjps import RULES, gradients_of

        if self._overwritten:
            raise RuntimeError(f"make_fx: {self._overwritten} overwrites what a derivative may be made of")
        found: dict[Node, Any] = {}
        for output, seed in zip(outputs, seeds, strict=True):
            seed = torch.ones_like(output, memory_format=torch.preserve_format) if seed is None else seed
            _add(found, self.node_of(output), seed)
        for func, args, kwargs, result in reversed(list(self._tape)):
            grads = _of_results(found, self, result)
            tensors = [x for x in pytree.tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
            if grads is None or not any(x.requires_grad for x in tensors):
                continue
            has_rule = func.overloadpacket.__name__ in RULES
            call = (func, grads, result, args, kwargs)
            parts = gradients_of(*call) if has_rule else self._derivative(*call)
            for x, part in zip(tensors, parts, strict=True):
                if part is not None and x.requires_grad:
                    _add(found, self.node_of(x), part)
        return [found.get(self.node_of(x)) for x in inputs]

    def _derivative(self, func: Any, grads: Any, result: Any, args: Any, kwargs: dict[str, Any]) -> list[Any]:
        """The gradients of an op without a formula: by one function, which autograd computes."""
        from ferrotorch._wrappers._recording import Derivative, Plan

        leaves, spec = pytree.tree_flatten((args, kwargs))
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
        tensors = tuple(leaves[i] for i in places)
        wanted = tuple(i for i, x in enumerate(tensors) if x.requires_grad)
        plan = Plan(func, [None if isinstance(leaf, Tensor) else leaf for leaf in leaves], spec, places)
        given = tuple(grads) if isinstance(grads, list) else (grads,)
        compute = _named(Derivative(plan, wanted), wanted, f"{func.overloadpacket.__name__}_vjp")
        nodes = (tuple(map(self.node_of, given)), tuple(map(self.node_of, tensors)))
        with _disable_current_modes(), _outside_of_traces():
            found = compute(given, tuple(x.detach() for x in tensors))
        self._name_results(self.graph.create_node("call_function", compute, nodes, {}), found)
        by_place = dict(zip(wanted, found, strict=True))
        return [by_place.get(i) for i in range(len(tensors))]


def _named(derivative: Any, wanted: tuple[int, ...], name: str) -> Callable[..., Any]:
    def compute(grads: Any, tensors: Any) -> Any:
        # The op runs again, and may write to what it is not differentiated by.
        return derivative(grads, tuple(x if i in wanted else x.clone() for i, x in enumerate(tensors)))

    compute.__name__ = compute.__qualname__ = name
    return compute


@contextmanager
def _outside_of_traces() -> Iterator[None]:
    """A block in which derivatives are those of autograd."""
    before = current()
    _active.trace = None
    try:
        yield
    finally:
        _active.trace = before


def _of_results(found: dict[Node, Any], trace: OpTrace, result: Any) -> Any:
    if isinstance(result, Tensor):
        return found.get(trace.node_of(result)) if result.requires_grad else None
    if not isinstance(result, tuple | list):
        return None
    grads = [found.get(trace.node_of(x)) if isinstance(x, Tensor) else None for x in result]
    return grads if any(grad is not None for grad in grads) else None


def _add(found: dict[Node, Any], node: Node, grad: Any) -> None:
    found[node] = grad if node not in found else found[node] + grad


def _unseen(tensor: Tensor) -> Tensor:
    """A tensor without its history, of which no mode knows."""
    with _disable_current_modes():
        return tensor.detach()


def _place(tensor: Tensor) -> Any:
    """Where a tensor lies: two objects for the same memory in the same shape stand for the same value."""
    if tensor.layout is not torch.strided or tensor.device.type == "meta" or tensor.numel() == 0:
        return id(tensor)
    return tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride(), tensor.is_conj()


# Overloads that ops in place have under another name than their counterparts.
_OVERLOADS = {"bernoulli.float": "p", "pow.Scalar": "Tensor_Scalar", "pow.Tensor": "Tensor_Tensor"}


def is_kept(node: Node) -> bool:
    """Does a node do something besides what it returns?"""
    packet = getattr(node.target, "overloadpacket", None)
    return node.is_impure() or (packet is not None and packet.is_mutable)


@contextmanager
def tracing(trace: OpTrace) -> Iterator[None]:
    """A block in which ops are noted, and derivatives are taken of what was noted."""
    core: Any = _C
    grad, before = core._grad, current()

    def traced_grad(roots: Any, seeds: Any, leaves: Any, retain: bool, create: bool, *rest: Any) -> Any:
        if current() is not trace:
            return grad(roots, seeds, leaves, retain, create, *rest)
        with torch.set_grad_enabled(create):
            return trace.differentiate(list(roots), list(seeds or [None] * len(roots)), list(leaves))

    _active.trace = trace
    core._grad = traced_grad
    try:
        with trace:
            yield
    finally:
        core._grad = grad
        _active.trace = before
