"""Functions with a derivative of one's own."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd._custom_tangents import relations, tangents_of
from ferrotorch.autograd._transforms import leaf
from ferrotorch.autograd.grad_mode import no_grad

Tensor = _C.Tensor


def _version(tensor: Any) -> int:
    """How often a tensor was written to, as far as that is counted."""
    return tensor._version if isinstance(tensor, Tensor) and not tensor.is_inference() else -1


class FunctionCtx:
    """What ``forward`` leaves for ``backward`` and ``jvp``."""

    def __init__(self) -> None:
        self.needs_input_grad: tuple[bool, ...] = ()
        self._to_save: tuple[Tensor | None, ...] = ()
        # What `jvp` gets to see: it runs at once, before the graph keeps anything.
        self._for_forward: tuple[Tensor | None, ...] | None = None
        self._kept: Any = None
        self._dirty: tuple[Tensor, ...] = ()
        self._constant: tuple[Tensor, ...] = ()
        self._materialize = True
        # Whether zeros also stand for the gradients of outputs that have none.
        self._materialize_non_diff_grads = True
        # Inside `vmap`: which of the saved tensors hold all samples, and the `vmap` in which `backward` sees one.
        self._saved_samples: list[bool] = []
        self._samples: Any = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``backward``; a later in-place write to one of them is an error there."""
        self._to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``jvp``, which finds them as ``saved_tensors``.

        Raises:
            TypeError: Something that is neither a tensor nor None.
        """
        for i, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes "
                    f"on ctx. Argument {i} is of type {type(tensor).__name__}"
                )
        self._for_forward = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were kept.

        Raises:
            RuntimeError: The graph was freed, or one of them was written to in place.
        """
        if self._for_forward is not None:
            return self._for_forward
        tensors = self._to_save if self._kept is None else self._kept.unpack()
        if self._samples is None:
            return tensors
        pairs = zip(tensors, self._saved_samples, strict=True)
        return tuple(self._samples.hide(tensor) if is_sample else tensor for tensor, is_sample in pairs)

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """`saved_tensors` under its older name."""
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", category=DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    @property
    def _raw_saved_tensors(self) -> tuple[Any, ...]:
        return () if self._kept is None else self._kept.raw()

    def mark_dirty(self, *args: Tensor) -> None:
        """Name inputs that ``forward`` has written to and returns."""
        self._dirty = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Name outputs that have no gradient."""
        self._constant = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether absent gradients come as zeros (the default) or as None."""
        self._materialize = value


# The older name, which annotations use.
_ContextMethodMixin = FunctionCtx


class Function:
    """A function with a derivative of one's own.

    Subclasses define the static methods ``forward(ctx, *args)`` (or ``forward(*args)`` with
    ``setup_context(ctx, inputs, output)``) and ``backward(ctx, *grad_outputs)``, for forward mode also
    ``jvp(ctx, *tangents)``, and are called by ``apply``.
    """

    # The name of the node, for functions of this library whose class is nobody's business.
    _node_name: str | None = None

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Compute the gradients of the inputs, one an argument of ``forward``."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    # Whether `vmap` may run `forward` and `backward` for all samples at once.
    generate_vmap_rule = False

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """Compute the outputs for all samples, ``info.batch_size`` of them, at once.

        Args:
            info: has ``batch_size`` and ``randomness``.
            in_dims: the dimension along which each argument holds the samples, or None.
            args: the arguments of ``forward``.

        Returns:
            The outputs, and the dimensions along which they hold the samples.
        """
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap static method or set "
            "generate_vmap_rule=True."
        )

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Compute the tangents of the outputs from those of the arguments of ``forward``."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Functions are called by :meth:`apply`; instances, as there were before 2019, by nothing.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    # The name under which the derivative of functional transforms is known; either will do.
    vjp = backward

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the function and record it."""
        ctx = type(cls.__name__ + "Backward", (FunctionCtx,), {})()
        separate = any("setup_context" in vars(base) for base in cls.__mro__)
        if separate or kwargs:
            args, kwargs = _bound(cls.forward, separate, args, kwargs)
        if _C._vmap_frames() and any(isinstance(a, Tensor) and _C._levels(a) for a in args):
            return _apply_batched(cls, separate, args)
        tensors = [a for a in args if isinstance(a, Tensor)]
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        records = _C.is_grad_enabled() and not _C.is_inference_mode_enabled()
        recorded = records and any(ctx.needs_input_grad)
        dual = any(map(_C._is_dual, tensors))
        before, forward_before = _C._set_grad_enabled(False), _C._set_fwd_grad_enabled(False)
        try:
            if separate:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)  # type: ignore[attr-defined]
            else:
                result = cls.forward(ctx, *args, **kwargs)
        finally:
            _C._set_grad_enabled(before)
            _C._set_fwd_grad_enabled(forward_before)
        if not (recorded or dual) or not isinstance(result, (Tensor, tuple)):
            return result
        if separate:
            _refuse_saved_outputs(ctx, tensors, result)
        return _record(cls, ctx, args, tensors, result)


def _refuse_saved_outputs(ctx: Any, inputs: list[Tensor], result: Any) -> None:
    """Refuse an input that is an output, too, and was saved: which of the two was meant?"""
    outputs = [result] if isinstance(result, Tensor) else list(result)
    for tensor in (*ctx._to_save, *(ctx._for_forward or ())):
        both = any(tensor is x for x in inputs) and any(tensor is y for y in outputs)
        if both and not any(tensor is d for d in ctx._dirty):
            raise RuntimeError(
                "A input that has been returned as-is as output is being saved for backward. This is not supported if "
                "you override setup_context. You should return and save a view of the input instead, e.g. with "
                "x.view_as(x) or setup ctx inside the forward function itself."
            )


def _apply_batched(cls: type[Function], separate: bool, args: tuple[Any, ...]) -> Any:
    from ferrotorch.autograd._batched_function import apply_batched

    if not separate:
        raise RuntimeError(
            "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), "
            "it must override "
            "the setup_context staticmethod. For more details, please see "
            "https://pytorch.org/docs/main/notes/extending.func.html"
        )
    return apply_batched(cls, args)


def _bound(
    forward: Callable[..., Any], separate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of ``forward`` by position, as ``backward`` counts them: for `setup_context` with the defaults."""
    import inspect

    context = () if separate else (None,)
    bound = inspect.signature(forward).bind(*context, *args, **kwargs)
    if separate:
        bound.apply_defaults()
    return bound.args[len(context) :], bound.kwargs


def _to_save(ctx: FunctionCtx) -> tuple[Tensor | None, ...]:
    """Take out of the context what it is to save: from now on the graph keeps it."""
    for i, saved in enumerate(ctx._to_save):
        if saved is not None and not isinstance(saved, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type {type(saved).__name__}"
            )
        if saved is not None and saved.is_inference():
            raise RuntimeError(
                "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode "
                "in computation tracked by autograd. To work around this, you can make a clone to get a normal tensor "
                "and use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
            )
    tensors, ctx._to_save = ctx._to_save, ()
    return tensors


def _rule_of(cls: type[Function]) -> Callable[..., Any]:
    """``backward``, or ``vjp`` where that is defined in its place."""
    if cls.vjp is Function.vjp:
        return cls.backward
    if cls.backward is not Function.backward:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. "
            "You should only implement one of them."
        )
    return cls.vjp


def _record(cls: type[Function], ctx: Any, args: tuple[Any, ...], tensors: list[Tensor], result: Any) -> Any:
    single = isinstance(result, Tensor)
    items = [result] if single else list(result)
    items = [_own(item, tensors, ctx._dirty) for item in items]
    outputs = [
        item for item in items
        if isinstance(item, Tensor) and not any(item is c for c in ctx._constant)
        and (item.is_floating_point() or item.is_complex())
    ]  # fmt: skip
    positions = [i for i, item in enumerate(items) if any(item is out for out in outputs)]
    blanks = [None if i in positions or not isinstance(item, Tensor) else item.detach() for i, item in enumerate(items)]
    if outputs:
        rules = (
            functools.partial(_backward, cls, ctx, args, positions, blanks),
            functools.partial(tangents_of, cls, ctx, args, positions, relations(items, args, ctx._dirty)),
        )
        saved = _to_save(ctx)
        if ctx._for_forward is None:
            ctx._for_forward = ()
        try:
            ctx._kept = _C._attach_function(
                cls._node_name or cls.__name__ + "Backward", tensors, outputs, saved, rules, ctx, ctx._materialize
            )
        finally:
            ctx._for_forward = None
    return items[0] if single else type(result)(items)


def _own(item: Any, inputs: list[Tensor], dirty: tuple[Tensor, ...]) -> Any:
    """An input that is returned unchanged becomes a view of itself, which may not be written to in place."""
    if isinstance(item, Tensor) and any(item is t for t in inputs) and not any(item is d for d in dirty):
        with no_grad():
            return item.view_as(item)
    return item


def _backward(
    cls: type[Function], ctx: Any, args: tuple[Any, ...], positions: list[int], blanks: list[Any],
    grads: tuple[Any, ...],
) -> list[Any]:  # fmt: skip
    """Call ``backward`` and pick the gradients of the tensors among the arguments."""
    zeros = ctx._materialize and ctx._materialize_non_diff_grads
    full: list[Any] = [_C.zeros_like(b) if zeros and b is not None else None for b in blanks]
    for position, grad in zip(positions, grads, strict=True):
        full[position] = grad
    answer = _rule_of(cls)(ctx, *full)
    gradients = list(answer) if isinstance(answer, tuple) else [answer]
    if len(gradients) > len(args) and all(g is None for g in gradients[len(args) :]):
        gradients = gradients[: len(args)]
    if len(gradients) != len(args):
        raise RuntimeError(
            f"function {cls.__name__}Backward returned an incorrect number of gradients "
            f"(expected {len(args)}, got {len(gradients)})"
        )
    for position, (gradient, argument) in enumerate(zip(gradients, args, strict=True), 1):
        if gradient is not None and not isinstance(argument, Tensor):
            raise RuntimeError(
                f"function {cls.__name__}Backward returned a gradient different from None at position {position}, "
                "but the corresponding forward input was not a Variable"
            )
    return [g for g, a in zip(gradients, args, strict=True) if isinstance(a, Tensor)]


class _Twice(Function):
    """Passes a gradient on, and refuses to be differentiated."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> Tensor:
        return tangent.view_as(tangent)


class InplaceFunction(Function):
    """A :class:`Function` that knows whether it works in place, for older programs.

    Args:
        inplace: whether it does.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


def _refusing(gradient: Any) -> Any:
    """The gradient with a history that raises; what has no derivative as it is."""
    if not isinstance(gradient, Tensor) or not (gradient.is_floating_point() or gradient.is_complex()):
        return gradient
    return _Twice.apply(leaf(gradient.detach() if gradient.requires_grad else gradient.view_as(gradient)))


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """For a ``backward`` that must not be differentiated itself: differentiating what it returns is a RuntimeError."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        before = _C._set_grad_enabled(False)
        try:
            gradients = fn(ctx, *args)
        finally:
            _C._set_grad_enabled(before)
        if not before or not any(isinstance(arg, Tensor) and arg.requires_grad for arg in args):
            return gradients
        return tuple(map(_refusing, gradients)) if isinstance(gradients, tuple) else _refusing(gradients)

    return wrapper
