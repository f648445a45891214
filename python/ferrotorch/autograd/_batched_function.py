"""Functions with a derivative of one's own, inside `vmap`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ferrotorch import _C
from ferrotorch._batching._fold import Batch, is_batched

Tensor = _C.Tensor


class VmapInfo(NamedTuple):
    """What a function's ``vmap`` is told: the number of samples, and what random ops are to do."""

    batch_size: int
    randomness: str


def apply_batched(function: Any, args: tuple[Any, ...]) -> Any:
    """``function.apply`` of arguments of which some are batched.

    Raises:
        RuntimeError: the function has neither a ``vmap`` nor ``generate_vmap_rule``, or both, or no ``setup_context``.
    """
    from ferrotorch.autograd.function import Function

    has_rule = function.vmap is not Function.vmap
    if function.generate_vmap_rule and has_rule:
        raise RuntimeError(
            f"You tried to vmap over {function.__name__}, but it has both generate_vmap_rule=True and an "
            "overridden vmap "
            "staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to "
            "avoid ambiguity."
        )
    if has_rule:
        return _by_rule(function, args)
    if not function.generate_vmap_rule:
        raise RuntimeError(
            f"You tried to vmap over {function.__name__}, but it does not have vmap support. Please override "
            "and implement "
            "the vmap staticmethod or set generate_vmap_rule=True."
        )
    return _generated(function, args)


def _by_rule(function: Any, args: tuple[Any, ...]) -> Any:
    """The function's own ``vmap``, for the samples of the innermost level."""
    level = max(_C._levels(arg).bit_length() for arg in args if is_batched(arg))
    size, randomness = _C._vmap_frames()[level - 1]
    is_sample = [is_batched(arg) and bool(_C._levels(arg) >> (level - 1) & 1) for arg in args]
    whole = [
        _C._remove_batch_dim(arg, level, size, 0) if sample else arg
        for arg, sample in zip(args, is_sample, strict=True)
    ]
    in_dims = tuple(0 if sample else None for sample in is_sample)
    answer = function.vmap(VmapInfo(size, randomness), in_dims, *whole)
    if not (isinstance(answer, tuple) and len(answer) == 2):
        raise RuntimeError(
            f"Expected the vmap staticmethod of {function.__name__} to return (output, out_dims), got {type(answer)}"
        )
    return _hidden(*answer, level)


def _hidden(output: Any, out_dims: Any, level: int) -> Any:
    """Results of all samples as those of one, each along its dimension."""
    if isinstance(output, Tensor):
        return output if out_dims is None else _C._add_batch_dim(output, out_dims, level)
    if not isinstance(output, (tuple, list)):
        return output
    dims = out_dims if isinstance(out_dims, (tuple, list)) else [out_dims] * len(output)
    return type(output)(_hidden(item, dim, level) for item, dim in zip(output, dims, strict=True))


class _Samples:
    """A `vmap` of its own over all samples of a call, in which ``forward`` and ``backward`` see one."""

    def __init__(self, size: int, randomness: str) -> None:
        self.size, self.randomness = size, randomness

    def __enter__(self) -> _Samples:
        self.level = _C._vmap_enter(self.size, self.randomness)
        return self

    def __exit__(self, *exception: object) -> None:
        _C._vmap_exit()

    def hide(self, tensor: Any) -> Any:
        """One sample of a tensor that holds all along its first dimension."""
        return _C._add_batch_dim(tensor, 0, self.level) if isinstance(tensor, Tensor) else tensor

    def whole(self, tensor: Any) -> Any:
        """All samples, along the first dimension."""
        return _C._remove_batch_dim(tensor, self.level, self.size, 0) if isinstance(tensor, Tensor) else tensor


def _generated(function: Any, args: tuple[Any, ...]) -> Any:
    """``forward`` and ``backward`` for all samples at once, behind one node."""
    batch = Batch(*args)
    randomness = _C._vmap_frames()[batch.levels.bit_length() - 1][1]
    is_sample = [is_batched(arg) for arg in args]
    whole = tuple(batch.fold_batched(arg) for arg in args)
    result = _samplewise(function, is_sample, batch.size, randomness).apply(*whole)
    if isinstance(result, tuple):
        return type(result)(batch.unfold(item) if isinstance(item, Tensor) else item for item in result)
    return batch.unfold(result) if isinstance(result, Tensor) else result


def _samplewise(function: Any, is_sample: list[bool], size: int, randomness: str) -> Any:
    """The function of all samples, along first dimensions, that a function of one sample is."""

    def forward(*args: Any) -> Any:
        with _Samples(size, randomness) as samples:
            inputs = _each(samples.hide, args, is_sample)
            return _mapped(samples.whole, function.forward(*inputs))

    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        # What is saved is kept with all samples; which of it is the same for all is noted.
        with _Samples(size, randomness) as samples:
            function.setup_context(ctx, _each(samples.hide, inputs, is_sample), _mapped(samples.hide, output))
            bit = 1 << (samples.level - 1)
            ctx._saved_samples = [isinstance(t, Tensor) and bool(_C._levels(t) & bit) for t in ctx._to_save]
            ctx._to_save = tuple(_each(samples.whole, ctx._to_save, ctx._saved_samples))

    def backward(ctx: Any, *grads: Any) -> Any:
        with _Samples(size, randomness) as samples:
            ctx._samples = samples
            answer = _rule_of(function)(ctx, *map(samples.hide, grads))
            answers = answer if isinstance(answer, tuple) else (answer,)
            ctx._samples = None
            return tuple(_gradient(samples, g, s) for g, s in zip(answers, is_sample, strict=True))

    from ferrotorch.autograd.function import Function, _rule_of

    members = {
        "forward": staticmethod(forward), "setup_context": staticmethod(setup_context),
        "backward": staticmethod(backward), "_node_name": function._node_name or f"{function.__name__}Backward",
    }  # fmt: skip
    return type(function.__name__, (Function,), members)


def _each(change: Callable[[Any], Any], values: Any, where: list[bool]) -> list[Any]:
    return [change(value) if there else value for value, there in zip(values, where, strict=True)]


def _mapped(change: Callable[[Any], Any], result: Any) -> Any:
    return type(result)(map(change, result)) if isinstance(result, (tuple, list)) else change(result)


def _gradient(samples: _Samples, gradient: Any, is_sample: bool) -> Any:
    """The gradient of an argument: that of one which is the same for all samples is the sum over them."""
    if not isinstance(gradient, Tensor):
        return gradient
    whole = samples.whole(gradient)
    return whole if is_sample else whole.sum(0)
