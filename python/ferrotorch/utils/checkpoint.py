"""Activation checkpointing: recompute parts of the forward pass during backward instead of keeping their results.

Source: Chen et al., "Training deep nets with sublinear memory cost" (2016).
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import ferrotorch
from ferrotorch import _C, Tensor
from ferrotorch.autograd import Function
from ferrotorch.utils._recompute import CheckpointError as CheckpointError
from ferrotorch.utils._recompute import Frame, Trace
from ferrotorch.utils._recompute import GraphExecGroup as GraphExecGroup
from ferrotorch.utils._selective import CheckpointPolicy as CheckpointPolicy
from ferrotorch.utils._selective import SelectiveCheckpointContext as SelectiveCheckpointContext
from ferrotorch.utils._selective import create_selective_checkpoint_contexts as create_selective_checkpoint_contexts

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "CheckpointPolicy",
    "GraphExecGroup",
    "SelectiveCheckpointContext",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "create_selective_checkpoint_contexts",
    "detach_variable",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]

_debug: bool | None = None
_early_stop: bool | None = None

_CHECKS: dict[str, Callable[[Tensor], Any]] = {
    "default": lambda tensor: {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device},
    "none": lambda tensor: None,
}
_UNSAID = (
    "the use_reentrant parameter should be passed explicitly. In a future release, calling checkpoint without "
    "use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to preserve the "
    "current default behavior, you can pass use_reentrant=True."
)


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Decide within a ``with`` block, for every checkpoint, whether errors list what was saved; None leaves it."""
    global _debug
    saved, _debug = _debug, enabled
    try:
        yield
    finally:
        _debug = saved


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Decide within a ``with`` block, for every checkpoint, whether recomputation ends as soon as all needed is there.

    The block counts for the call of the checkpoint, not for backward.
    """
    global _early_stop
    saved, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = saved


def noop_context_fn() -> Contexts:
    """The default of ``context_fn``: no context around either computation."""
    return nullcontext(), nullcontext()


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same with tensors among them cut off from the graph; they require grad as before."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs)


def get_device_states(*args: Any) -> tuple[list[int], list[Tensor]]:
    """The numbers of the GPUs that the tensors among the arguments are on, and the states of their generators."""
    found = {x.device.index for x in args if isinstance(x, Tensor) and x.device.type == _C._gpu_kind()}
    numbers = sorted(index for index in found if index is not None)
    return numbers, [_C._gpu_generator(index).get_state() for index in numbers]


def set_device_states(devices: list[int], states: list[Tensor], *, device_type: str | None = None) -> None:
    """Put the generators of GPUs into states that :func:`get_device_states` returned.

    ``device_type`` is accepted: there is one kind of GPU.
    """
    for index, state in zip(devices, states, strict=True):
        _C._gpu_generator(index).set_state(state)


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn if no tensor among the inputs requires grad."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


class _RandomState:
    """The random numbers of the host and of all devices as they stand, to draw the same ones again."""

    def __init__(self) -> None:
        self._states = _C._RandomStates()

    @contextmanager
    def again(self) -> Iterator[None]:
        """A block with the same random numbers; afterwards they go on as if there had been none."""
        with ferrotorch.random.fork_rng():
            self._states.restore()
            yield


def _autocasting() -> Callable[[], AbstractContextManager[None]]:
    """What makes a block in which this thread autocasts as it does now."""
    from ferrotorch.amp._state import STATE

    return STATE.snapshot()


def _second_run(
    function: Callable[..., Any], kwargs: dict[str, Any], context: AbstractContextManager[Any], preserve_rng: bool
) -> Callable[..., Any]:
    """The function with the surroundings that it has now."""
    random = _RandomState() if preserve_rng else None
    autocasting = _autocasting()
    device = ferrotorch.get_default_device()

    def run(*args: Any) -> None:
        with nullcontext() if random is None else random.again(), autocasting(), device, context:
            function(*args, **kwargs)

    return run


class CheckpointFunction(Function):
    """The reentrant checkpoint: forward without recording; backward runs the function again and differentiates that."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        """Runs ``run_function`` without recording, and keeps its tensor arguments."""
        check_backward_validity(args)
        ctx.run = run_function
        ctx.random = _RandomState() if preserve_rng_state else None
        ctx.autocasting = _autocasting()
        ctx.arguments = [None if isinstance(arg, Tensor) else arg for arg in args]
        ctx.positions = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.positions))
        with ferrotorch.no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        """Runs the function again, recording, and walks that graph."""
        if not _C._is_checkpoint_valid():
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        arguments = list(ctx.arguments)
        for position, saved in zip(ctx.positions, ctx.saved_tensors, strict=True):
            arguments[position] = saved
        inputs = detach_variable(tuple(arguments))
        random = nullcontext() if ctx.random is None else ctx.random.again()
        with random, ctx.autocasting(), ferrotorch.enable_grad():
            result = ctx.run(*inputs)
        outputs = result if isinstance(result, tuple) else (result,)
        wanted = [
            (output, grad)
            for output, grad in zip(outputs, grads, strict=True)
            if isinstance(output, Tensor) and output.requires_grad
        ]
        if not wanted:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        ferrotorch.autograd.backward([output for output, _ in wanted], [grad for _, grad in wanted])
        return None, None, *(x.grad if isinstance(x, Tensor) else None for x in inputs)


class _Checkpointed:
    """A function, or method, each call of which is a checkpoint."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self._function, self._options = function, options
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _checkpoint(self._function, args, kwargs, **self._options)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        bind = getattr(self._function, "__get__", None)
        return self if instance is None or bind is None else _Checkpointed(bind(instance, owner), self._options)


def checkpoint(
    function: Callable[..., Any] | None = None,
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Run a function without keeping what its backward needs; it is run again during backward.

    With ``use_reentrant=False`` nothing but memory and time differs from a plain call: arguments and results may be
    anything, gradients of any order reach whatever the function uses. The function must do the same in both runs.

    With ``use_reentrant=True`` a tensor among ``args`` must require grad, those inside containers are cut off, and only
    ``backward()`` without ``inputs`` works, once.

    Args:
        function: called with ``args``, and ``kwargs`` but for the options here. Without it, a decorator is returned.
        args: arguments of the function.
        use_reentrant: which of the two; not to say it warns, and means True.
        preserve_rng_state: give both runs the same random numbers.
        context_fn: returns the contexts of the first and of the second run.
        determinism_check: ``"default"`` compares shapes, dtypes and devices of what both runs save, ``"none"`` only
            their number.
        debug: let a CheckpointError list what both runs saved and where.
        early_stop: end the second run as soon as all that is needed is there.
        kwargs: keyword arguments of the function, with ``use_reentrant=False``.

    Raises:
        CheckpointError: in backward: the second run did not save what the first one did.
        ValueError: an unknown check, or arguments that ``use_reentrant`` excludes.
    """
    options: dict[str, Any] = {
        "use_reentrant": use_reentrant, "preserve_rng_state": preserve_rng_state, "context_fn": context_fn,
        "determinism_check": determinism_check, "debug": debug, "early_stop": early_stop,
    }  # fmt: skip
    if function is None:
        if args or kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        return lambda function: _Checkpointed(function, options)
    return _checkpoint(function, args, kwargs, **options)


def _checkpoint(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    use_reentrant: bool | None,
    preserve_rng_state: bool,
    context_fn: Callable[[], Contexts],
    determinism_check: str,
    debug: bool,
    early_stop: bool,
) -> Any:
    if use_reentrant is None:
        warnings.warn(f"torch.utils.checkpoint: {_UNSAID}", stacklevel=3)
        use_reentrant = True
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    if determinism_check not in _CHECKS:
        raise ValueError(f"determinism_check should be one of {list(_CHECKS)}, but got {determinism_check}")
    traced = debug if _debug is None else _debug
    if traced and context_fn is not noop_context_fn:
        raise ValueError("debug=True is incompatible with non-default context_fn")
    first, second = context_fn()
    if not ferrotorch.is_grad_enabled():
        return function(*args, **kwargs)
    frame = Frame(
        _second_run(function, kwargs, second, preserve_rng_state),
        early_stop=early_stop if _early_stop is None else _early_stop,
        describe=_CHECKS[determinism_check],
        trace=Trace() if traced else None,
    )
    frame.save_arguments(args)
    with frame.running(), first:
        result = function(*args, **kwargs)
        frame.complete = True
    if not frame.complete:
        raise RuntimeError(
            "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during "
            "the checkpointed forward. This is not supported because checkpoint cannot return a value for a failed "
            "forward."
        )
    return result


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
    if use_reentrant is None:
        warnings.warn(f"torch.utils.checkpoint.checkpoint_sequential: {_UNSAID}", stacklevel=2)
        use_reentrant = True
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
