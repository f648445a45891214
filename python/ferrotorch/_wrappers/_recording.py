"""Recording ops on wrappers: above ``__torch_dispatch__``, which runs without recording, as in PyTorch.

The derivative of an op is an op itself, which the class is asked to run as it is for any other: `Derivative`. On
tensors with memory it is what autograd computes of the op; so a class that runs ops on what it wraps needs no rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import ferrotorch as torch
from ferrotorch import _C, _ops
from ferrotorch._C import Tensor
from ferrotorch._wrappers import _call, _saving, _views, contiguous, handle_of
from ferrotorch.autograd import Function
from ferrotorch.utils import _pytree

# Ops whose result has no history, whatever their arguments have.
_CONSTANT = frozenset(["detach", "_local_scalar_dense"])

# Is there recording outside of the class that is being asked?
_recording_outside: ContextVar[bool] = ContextVar("recording outside", default=False)


@contextmanager
def reentrant() -> Iterator[None]:
    """A block in which recording is as it was outside of the class that is being asked."""
    with torch.set_grad_enabled(_recording_outside.get() or _C.is_grad_enabled()):
        yield


@contextmanager
def _below_autograd() -> Iterator[None]:
    """A block that asks a class: it runs without recording, and knows whether there was recording outside."""
    outside = _recording_outside.set(_C.is_grad_enabled())
    try:
        with torch.no_grad():
            yield
    finally:
        _recording_outside.reset(outside)


@dataclass
class Plan:
    """An op with its arguments, without the tensors among them."""

    func: Any
    leaves: list[Any]
    spec: Any
    places: list[int]

    def run(self, func: Any, tensors: tuple[Any, ...], run: Any) -> Any:
        """``run(func, args, kwargs)``, with tensors in their places."""
        leaves = list(self.leaves)
        for place, tensor in zip(self.places, tensors, strict=True):
            leaves[place] = tensor
        return run(func, *_pytree.tree_unflatten(leaves, self.spec))


def _tensors(out: Any) -> list[Tensor]:
    return [x for x in _pytree.tree_leaves(out) if isinstance(x, Tensor)]


def _is_recorded(x: Tensor) -> bool:
    """Is there a gradient of a tensor, or of what it is a view of?"""
    link = _views.link_of(x)
    return x.requires_grad or (link is not None and link.steps is not None and link.base.requires_grad)


def run(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Ask for an op, and record it where gradients are wanted."""
    name = func.overloadpacket.__name__
    leaves, spec = _pytree.tree_flatten((args, kwargs))
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
    tensors = [leaves[i] for i in places]
    constant = name in _CONSTANT or name.startswith("new_") or name.endswith("_like")
    if constant or not _C.is_grad_enabled() or not any(map(_is_recorded, tensors)):
        with _below_autograd():
            result = _call.ask(func, args, kwargs)
        for changed in [args[0]] if func.overloadpacket.is_mutable else _tensors(kwargs.get("out")):
            _views.written(changed)
        _views.note(func, args, kwargs, result)
        return args[0] if func.overloadpacket.is_mutable else result
    if kwargs.get("out") is not None:
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    plan = Plan(func, [None if isinstance(leaf, Tensor) else leaf for leaf in leaves], spec, places)
    if func.overloadpacket.is_mutable:
        return _written(plan, tensors)
    result = Recorded.apply(plan, *tensors)
    _views.note(func, args, kwargs, result)
    return list(result) if getattr(plan, "is_list", False) else result


def _written(plan: Plan, tensors: list[Tensor]) -> Tensor:
    """The first tensor, to which the op writes."""
    target = tensors[0]
    _views.check(plan.func.overloadpacket.__name__, target)
    link = _views.link_of(target)
    if link is None or link.steps is None:
        Recorded.apply(plan, *tensors)
    else:
        WrittenView.apply(plan, target, link, link.base, *tensors[1:])
    _views.written(target)
    _views.renew(target)
    return target


def _keep(ctx: Any, plan: Plan, tensors: tuple[Tensor, ...], needs: Sequence[bool]) -> None:
    """Keep what the derivative is of: values only where these count, so that the others may be written to."""
    ctx.plan = plan
    ctx.set_materialize_grads(False)
    counts = _saving.places_of_saved(plan, tensors, needs)
    first = tensors[0]
    if plan.func.overloadpacket.is_mutable:
        # The derivative is that of the op which writes to no argument, at what the first one was.
        first = first.clone() if 0 in counts else first.detach()
    kept = [first, *tensors[1:]]
    ctx.save_for_backward(*[x if i in counts else None for i, x in enumerate(kept)])
    ctx.forms = [None if i in counts else x.detach() for i, x in enumerate(kept)]


def _kept(ctx: Any) -> tuple[Tensor, ...]:
    return tuple(x if form is None else form for x, form in zip(ctx.saved_tensors, ctx.forms, strict=True))


def _asked(plan: Plan, tensors: tuple[Tensor, ...]) -> Any:
    result = plan.run(plan.func, tensors, _call.ask)
    if result is None:
        raise RuntimeError(
            f"{plan.func}: expected __torch_dispatch__ to return what a gradient is wanted of, but got None"
        )
    return result


class Recorded(Function):
    """An op on wrappers, as a node of the graph."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, *tensors: Tensor) -> Any:
        """The op."""
        _keep(ctx, plan, tensors, ctx.needs_input_grad[1:])
        result = _asked(plan, tensors)
        if plan.func.overloadpacket.is_mutable:
            ctx.mark_dirty(tensors[0])
            return tensors[0]
        plan.is_list = isinstance(result, list)  # type: ignore[attr-defined]
        return tuple(result) if isinstance(result, list) else result

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        """What the derivative, as an op, makes of the gradients."""
        wanted = tuple(i for i, needed in enumerate(ctx.needs_input_grad[1:]) if needed)
        derivative = Derivative(ctx.plan, wanted)
        found = dict(zip(wanted, derivative(grads, _kept(ctx)), strict=True))
        return (None, *(found.get(i) for i in range(len(ctx.plan.places))))


class WrittenView(Function):
    """An op that writes to a view, as the node that the base comes from: the base with that window written to."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, view: Tensor, link: Any, base: Tensor, *others: Tensor) -> Tensor:
        """The base."""
        ctx.link, ctx.lay = link, handle_of(base)
        _keep(ctx, plan, (view.detach(), *others), (base.requires_grad, *ctx.needs_input_grad[4:]))
        _asked(plan, (view, *others))
        ctx.mark_dirty(base)
        return base

    @staticmethod
    def backward(ctx: Any, grad: Tensor | None) -> Any:
        """The gradient with its window replaced by that of the view before, and the gradients of the other tensors."""
        count = len(ctx.plan.places) - 1
        if grad is None:
            return (None,) * (4 + count)
        whole = _lying(grad, ctx.lay)
        part = ctx.link.follow(whole)
        wanted = (0, *(i + 1 for i, needed in enumerate(ctx.needs_input_grad[4:]) if needed))
        found = dict(zip(wanted, Derivative(ctx.plan, wanted)((part.clone(),), _kept(ctx)), strict=True))
        before = found[0]
        part.zero_() if before is None else part.copy_(before)
        return (None, None, None, whole, *(found.get(i + 1) for i in range(count)))


def _lying(grad: Tensor, handle: Any) -> Tensor:
    """A copy of a gradient that lies as a wrapper does, so that views of one are views of the other."""
    if handle.strides == contiguous(grad.shape):
        return grad.clone(memory_format=torch.contiguous_format)
    return grad.new_empty_strided(grad.shape, handle.strides).copy_(grad)


class _DerivativePacket(_ops.OpOverloadPacket):
    """What a class that goes by packets finds of a `Derivative`: called, it is this one; compared, any of its name."""

    def __init__(self, name: str, derivative: Derivative) -> None:
        super().__init__("aten", name)
        self._derivative = derivative

    def _call(self, overload: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._derivative(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ops.OpOverloadPacket) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(_ops.aten._packet(self.__name__))


class Derivative(_ops.OpOverload):
    """The derivative of an op: of gradients of its results and its tensors to the gradients of some of these.

    Called as ``(grads, tensors)``, two tuples; gradients may be None, both those that come and those that go.
    """

    def __init__(self, plan: Plan, wanted: tuple[int, ...]) -> None:
        super().__init__(_DerivativePacket(f"{plan.func.overloadpacket.__name__}_backward", self), "vjp")
        self._plan, self._wanted = plan, wanted

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if _call.classes((args, kwargs)):
            return run(self, args, kwargs)
        return self._of_memory(*args, **kwargs)

    def _of_memory(self, grads: tuple[Tensor | None, ...], tensors: tuple[Tensor, ...]) -> tuple[Tensor | None, ...]:
        """The gradients, of tensors with memory."""
        records = _C.is_grad_enabled()
        inputs = list(tensors)
        for i in self._wanted:
            if not inputs[i].requires_grad:
                inputs[i] = inputs[i].detach().requires_grad_()
        with torch.enable_grad():
            result = self._plan.run(self._out_of_place(), tuple(inputs), lambda func, a, k: func(*a, **k))
        outputs = [result] if isinstance(result, Tensor) else list(result)
        pairs = [(o, g) for o, g in zip(outputs, grads, strict=True) if g is not None and o.requires_grad]
        if not pairs:
            return (None,) * len(self._wanted)
        outs, seeds = zip(*pairs, strict=True)
        found: tuple[Tensor | None, ...] = torch.autograd.grad(
            outs, [inputs[i] for i in self._wanted], seeds, create_graph=records, allow_unused=True
        )
        return found

    def _out_of_place(self) -> Any:
        func = self._plan.func
        packet = func.overloadpacket
        return getattr(_ops.aten, packet.__name__[:-1]) if packet.is_mutable else func
