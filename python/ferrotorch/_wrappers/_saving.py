"""Which arguments an op's derivative needs the values of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor

# What was found, by the op and all of its arguments but the tensors' shapes.
_known: dict[Any, frozenset[int]] = {}


def places_of_saved(plan: Any, tensors: tuple[Tensor, ...], needs: Sequence[bool]) -> frozenset[int]:
    """The places of those tensors whose values the derivative of an op is made of, where some of them need gradients.

    The op is tried on tensors without values, and the nodes are asked what they saved. Where that cannot be tried, all
    values count; so they do where a node saved a result, which is computed again.
    """
    kinds = tuple((x.dtype, x.dim(), needed) for x, needed in zip(tensors, needs, strict=True))
    key = (type(plan.func), str(plan.func), kinds, repr(plan.leaves))
    if key not in _known:
        try:
            _known[key] = _tried(plan, tensors, needs)
        except Exception:  # The op looks at values, or is the class's own.
            _known[key] = frozenset(range(len(tensors)))
    return _known[key]


def _tried(plan: Any, tensors: tuple[Tensor, ...], needs: Sequence[bool]) -> frozenset[int]:
    forms = tuple(
        torch.empty(x.shape, dtype=x.dtype, device="meta", requires_grad=needed)
        for x, needed in zip(tensors, needs, strict=True)
    )
    func = plan.func
    if func.overloadpacket.is_mutable:
        func = getattr(torch.ops.aten, func.overloadpacket.__name__[:-1])
    with torch.enable_grad():
        result = plan.run(func, forms, lambda func, args, kwargs: func(*args, **kwargs))
    saved = [x for node in _nodes(result) for x in _saved_by(node) if isinstance(x, Tensor)]
    places = [next((i for i, form in enumerate(forms) if x is form), None) for x in saved]
    return frozenset(range(len(forms))) if None in places else frozenset(p for p in places if p is not None)


def _nodes(result: Any) -> list[Any]:
    outputs = [result] if isinstance(result, Tensor) else list(result)
    found: list[Any] = []
    waiting = [x.grad_fn for x in outputs]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found.append(node)
            waiting += [below for below, _ in node.next_functions]
    return found


def _saved_by(node: Any) -> list[Any]:
    names = [name for name in dir(node) if name.startswith("_saved_")]
    values = [getattr(node, name) for name in names]
    return [x for value in values for x in (value if isinstance(value, tuple | list) else [value])]
