"""Full backward hooks: identity functions at a module's inputs and outputs whose backward calls the hooks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.autograd import Function

Grads = tuple[Tensor | None, ...]


class BackwardBoundary:
    """The backward of one call of a module, from the gradients by its outputs to those by its inputs."""

    def __init__(
        self, module: Any, pre_hooks: Sequence[Callable[..., Any]], hooks: Sequence[Callable[..., Any]]
    ) -> None:
        self.module = module
        self.pre_hooks = pre_hooks
        self.hooks = hooks
        self.grad_outputs: Grads | None = None
        self.input_count = 0
        self.input_places: list[int] = []

    def mark_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """``args``, their differentiable tensors led through :class:`_Inputs`."""
        self.input_count = len(args)
        self.input_places = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
        if not self.input_places or not self.hooks:
            return args
        marked = list(args)
        results = _Inputs.apply(self, *(args[i] for i in self.input_places))
        for place, result in zip(self.input_places, _as_tuple(results), strict=True):
            marked[place] = result
        return _like(args, marked)

    def mark_outputs(self, output: Any) -> Any:
        """``output``, its differentiable tensors led through :class:`_Outputs`; a tensor, or a tuple with tensors.

        Of other results hooks see nothing, which warns.
        """
        if not isinstance(output, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(output)}",
                stacklevel=4,
            )
            return output
        outputs = _as_tuple(output)
        places = [i for i, o in enumerate(outputs) if isinstance(o, Tensor) and o.requires_grad]
        if not places:
            return output
        marked = list(outputs)
        results = _Outputs.apply(self, len(outputs), places, *(outputs[i] for i in places))
        for place, result in zip(places, _as_tuple(results), strict=True):
            marked[place] = result
        return _like(output, marked) if isinstance(output, tuple) else marked[0]

    def enter(self, grads: Grads) -> Grads:
        """Backward arrives at the outputs."""
        for hook in self.pre_hooks:
            grads = _replaced_grads(grads, hook(self.module, grads), "output")
        self.grad_outputs = grads
        if not self.input_places:
            for hook in self.hooks:
                result = hook(self.module, (None,) * self.input_count, grads)
                if any(grad is not None for grad in _as_tuple(result)):
                    raise RuntimeError(
                        "backward hook for Modules where no input requires gradient should always return None or None "
                        "for all gradients."
                    )
        return grads

    def leave(self, grads: Grads) -> Grads:
        """Backward has passed the inputs."""
        if self.grad_outputs is None:
            # It came by a way that the hooks do not see.
            return grads
        full: list[Tensor | None] = [None] * self.input_count
        for place, grad in zip(self.input_places, grads, strict=True):
            full[place] = grad
        grad_inputs: Grads = tuple(full)
        for hook in self.hooks:
            grad_inputs = _replaced_grads(grad_inputs, hook(self.module, grad_inputs, self.grad_outputs), "input")
        self.grad_outputs = None
        return tuple(grad_inputs[place] for place in self.input_places)


def _like(model: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
    """The values as a tuple of the model's class, which may have named fields."""
    return type(model)(*values) if hasattr(model, "_fields") else tuple(values)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _replaced_grads(grads: Grads, replacement: Any, kind: str) -> Grads:
    if replacement is None:
        return grads
    if len(replacement) != len(grads):
        hook = "pre hook" if kind == "output" else "hook"
        raise RuntimeError(
            f"Backward {hook} returned an invalid number of grad_{kind}, got {len(replacement)}, but expected "
            f"{len(grads)}"
        )
    return tuple(replacement)


class _Inputs(Function):
    _node_name = "BackwardHookFunctionBackward"

    @staticmethod
    def forward(ctx: Any, boundary: BackwardBoundary, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.boundary = boundary
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        return (None, *ctx.boundary.leave(grads))

    @staticmethod
    def jvp(ctx: Any, boundary: None, *tangents: Tensor | None) -> tuple[Tensor | None, ...]:
        return tuple(None if t is None else t.view_as(t) for t in tangents)


class _Outputs(Function):
    _node_name = "BackwardHookFunctionBackward"

    @staticmethod
    def forward(
        ctx: Any, boundary: BackwardBoundary, count: int, places: list[int], *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.boundary, ctx.count, ctx.places = boundary, count, places
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        full: list[Tensor | None] = [None] * ctx.count
        for place, grad in zip(ctx.places, grads, strict=True):
            full[place] = grad
        entered = ctx.boundary.enter(tuple(full))
        return (None, None, None, *(entered[place] for place in ctx.places))

    @staticmethod
    def jvp(ctx: Any, boundary: None, count: None, places: None, *tangents: Tensor | None) -> tuple[Tensor | None, ...]:
        return tuple(None if t is None else t.view_as(t) for t in tangents)
