"""Activation checkpointing: recompute parts of the forward pass during backward instead of keeping their results.

Source: Chen et al., "Training deep nets with sublinear memory cost" (2016).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import ferrotorch
from ferrotorch import _C, Tensor
from ferrotorch.autograd import Function

__all__ = [
    "CheckpointError",
    "checkpoint",
    "checkpoint_sequential",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]

_debug: bool | None = None
_early_stop = True


class CheckpointError(RuntimeError):
    """The recomputation did not do what the first computation did."""


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Decide within a ``with`` block, for every checkpoint, whether errors list what was computed; None leaves it."""
    global _debug
    saved, _debug = _debug, enabled
    try:
        yield
    finally:
        _debug = saved


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Accepted for compatibility: recomputation always runs the whole function."""
    global _early_stop
    saved, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = saved


def noop_context_fn() -> Contexts:
    """The default of ``context_fn``: no context around either computation."""
    return nullcontext(), nullcontext()


class _Segment:
    """A function with what is needed to run it twice alike."""

    def __init__(
        self,
        function: Callable[..., Any],
        kwargs: dict[str, Any],
        contexts: Contexts,
        *,
        preserve_rng: bool,
        check: bool,
    ) -> None:
        self._function = function
        self._kwargs = kwargs
        self._first, self._second = contexts
        self._rng_states = _C._RandomStates() if preserve_rng else None
        self._check = check
        self._shapes: list[Any] = []

    def run(self, args: Iterable[Any]) -> Any:
        """The first computation; nothing in it is recorded."""
        with self._first:
            result = self._function(*args, **self._kwargs)
        self._shapes = _describe(result)
        return result

    def run_again(self, args: Iterable[Any]) -> Any:
        """The second computation, recorded, from the same states of all devices' random numbers."""
        present = None if self._rng_states is None else _C._RandomStates()
        if self._rng_states is not None:
            self._rng_states.restore()
        try:
            with ferrotorch.enable_grad(), self._second:
                result = self._function(*args, **self._kwargs)
        finally:
            if present is not None:
                present.restore()
        if self._check and _describe(result) != self._shapes:
            raise CheckpointError(
                "checkpoint(): the recomputation returned tensors of other shapes or dtypes than the forward pass: "
                f"{_describe(result)}, first {self._shapes}"
            )
        return result


def _outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple | list) else [result]


def _describe(result: Any) -> list[Any]:
    return [(tuple(t.shape), str(t.dtype)) if isinstance(t, Tensor) else type(t) for t in _outputs(result)]


class _Recompute(Function):
    """Forward without recording; backward runs the segment again and differentiates that.

    The first tensor argument may be a stand-in that asks for a gradient, so that the outputs do too where only the
    parameters inside the function need one.
    """

    @staticmethod
    def forward(ctx: Any, segment: _Segment, stand_in: Tensor | None, *args: Any) -> Any:
        ctx.segment = segment
        ctx.arguments = [None if isinstance(arg, Tensor) else arg for arg in args]
        ctx.positions = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.positions))
        with ferrotorch.no_grad():
            return segment.run(args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        args = list(ctx.arguments)
        for position, saved in zip(ctx.positions, ctx.saved_tensors, strict=True):
            args[position] = saved.detach().requires_grad_(saved.requires_grad)
        outputs = _outputs(ctx.segment.run_again(args))
        wanted = [
            (output, grad)
            for output, grad in zip(outputs, grads, strict=True)
            if isinstance(output, Tensor) and output.requires_grad and grad is not None
        ]
        if not wanted:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        ferrotorch.autograd.backward([output for output, _ in wanted], [grad for _, grad in wanted])
        return None, None, *(arg.grad if isinstance(arg, Tensor) else None for arg in args)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Run a function without keeping what its backward needs; it is run again during backward.

    Gradients of parameters inside the function are accumulated into their ``.grad``; they are reached by
    ``backward()``, not by ``autograd.grad``, and only once (there is no second derivative through a checkpoint).

    Args:
        function: called with ``args``, and ``kwargs`` but for the options here.
        args: tensors among them take part in differentiation; those inside containers do not.
        use_reentrant: True demands that a tensor among ``args`` requires grad, and allows no ``kwargs``.
        context_fn: returns the contexts of the first and of the second run.
        determinism_check: ``"default"`` compares shapes and dtypes of both runs' results, ``"none"`` nothing.
        debug: accepted for compatibility.
        early_stop: accepted for compatibility.
        preserve_rng_state: (keyword) give both runs the same random numbers; default True.

    Raises:
        CheckpointError: the second run's results differ in kind from the first's.
        ValueError: an unknown check, or arguments that ``use_reentrant`` excludes.
    """
    preserve_rng = kwargs.pop("preserve_rng_state", True)
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ('default', 'none'), but got {determinism_check!r}")
    if use_reentrant and kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    if use_reentrant and (context_fn is not noop_context_fn or debug):
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    if not ferrotorch.is_grad_enabled():
        return function(*args, **kwargs)
    segment = _Segment(function, kwargs, context_fn(), preserve_rng=preserve_rng, check=determinism_check == "default")
    stand_in = None if use_reentrant else ferrotorch.zeros((), requires_grad=True)
    if use_reentrant and not any(isinstance(arg, Tensor) and arg.requires_grad for arg in args):
        import warnings

        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
    return _Recompute.apply(segment, stand_in, *args)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Run a sequence of modules in segments, each but the last with `checkpoint`.

    Args:
        functions: a `Sequential`, or the modules or functions to run one after the other.
        segments: number of segments.
        input: what the first one is called with.
        use_reentrant: see `checkpoint`.
        preserve_rng_state: (keyword) see `checkpoint`.
    """
    preserve_rng = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    functions = list(functions.children()) if isinstance(functions, ferrotorch.nn.Sequential) else list(functions)

    def run(begin: int, end: int) -> Callable[[Any], Any]:
        def forward(x: Any) -> Any:
            for function in functions[begin:end]:
                x = function(x)
            return x

        return forward

    length = len(functions) // segments
    begin = 0
    for begin_of_segment in range(0, length * (segments - 1), length) if length else ():
        forward = run(begin_of_segment, begin_of_segment + length)
        input = checkpoint(forward, input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng)
        begin = begin_of_segment + length
    return run(begin, len(functions))(input)
