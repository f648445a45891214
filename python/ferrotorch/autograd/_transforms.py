"""What the reverse-mode transforms share: inputs to differentiate by, and walks over graphs of batched tensors."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ferrotorch import _C

Tensor = _C.Tensor


class _Running(threading.local):
    """The inputs of the transforms that run on this thread, outermost first."""

    def __init__(self) -> None:
        self.inputs: list[list[Tensor]] = []


_running = _Running()


@contextmanager
def transform() -> Iterator[list[Tensor]]:
    """A transform: recording is on whatever it was. Yields the list that its inputs are to be put into."""
    grad, inference = _C._set_grad_enabled(True), _C._set_inference_mode(False)
    _C._set_grad_enabled(True)
    inputs: list[Tensor] = []
    _running.inputs.append(inputs)
    _C._enter_transform()
    try:
        yield inputs
    finally:
        _C._leave_transform()
        _running.inputs.pop()
        _C._set_inference_mode(inference)
        _C._set_grad_enabled(grad)


def all_levels() -> int:
    """The levels of all `vmap`s that run on this thread, as a bit mask."""
    return (1 << len(_C._vmap_frames())) - 1


def entered(tensor: Any) -> Tensor:
    """A tensor with the same values to differentiate by: of every sample by itself, and part of the graph outside."""
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Thing passed to transform API must be Tensor, got {type(tensor)}")
    if not (tensor.is_floating_point() or tensor.is_complex()):
        raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
    own = _C._spread(tensor, all_levels())
    own = own.view(own.shape) if own.requires_grad else _C._origin(own)
    _C._give(own)
    return own


def leaf(tensor: Tensor) -> Tensor:
    """The tensor, which is asked for gradients: what runs below a transform may do so where programs may not."""
    tensor.requires_grad = True
    return tensor


def dual(primal: Tensor, tangent: Tensor, level: int) -> Tensor:
    """A tensor with a tangent, each of every sample by itself."""
    levels = _C._levels(primal) | _C._levels(tangent) | all_levels()
    if not levels:
        return _C._make_dual(primal, tangent, level)
    values, tangents = (_C._physical(_C._spread(part, levels)) for part in (primal, tangent))
    return _C._batched(_C._make_dual(values, tangents, level), levels)


def parts_of_dual(tensor: Tensor, level: int) -> tuple[Tensor, Tensor | None]:
    """A tensor without its tangent, and the tangent."""
    levels = _C._levels(tensor)
    if not levels:
        return _C._unpack_dual(tensor, level)
    primal, tangent = _C._unpack_dual(_C._physical(tensor), level)
    return _C._batched(primal, levels), None if tangent is None else _C._batched(tangent, levels)


def depends_on_outside(values: Sequence[Tensor], given: Sequence[Tensor]) -> bool:
    """Is there something outside of the running transform by which its results could be differentiated?

    Args:
        values: what the function returned.
        given: what it is differentiated by, before it was entered.
    """
    if any(tensor.requires_grad for tensor in given):
        return True
    marks = [tensor for inputs in _running.inputs[:-1] for tensor in inputs]
    return _C._leads_beyond(list(values), marks)


def left(values: Any, *, keep: bool) -> Any:
    """A tensor as it leaves a transform: without history, unless something outside may be differentiated by."""
    if keep or not isinstance(values, Tensor) or not values.requires_grad:
        return values
    return values.detach()


def gradients(
    roots: Sequence[Tensor], inputs: Sequence[Tensor], seeds: Sequence[Tensor | None], *, retain: bool, create: bool
) -> list[Tensor | None]:
    """Gradients inside `vmap`, for `autograd.grad`; None for an input that the roots do not depend on.

    Raises:
        RuntimeError: a root of several elements without a seed, or an input that is the same for samples of a root.
    """
    weights = []
    for root, seed in zip(roots, seeds, strict=True):
        if seed is None and root.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if any(_C._levels(root) & ~_C._levels(tensor) for tensor in inputs):
            raise RuntimeError(
                "autograd.grad() inside vmap: the gradient by a tensor that is the same for all samples "
                "would be the sum over "
                "them. Please use torch.func.grad or torch.func.vjp inside the function instead."
            )
        weights.append(_C.ones_like(root) if seed is None else seed)
    found = walk(roots, inputs, weights, retain=retain, create=create)
    return list(found)


def many_gradients(
    roots: Sequence[Tensor], inputs: Sequence[Tensor], seeds: Sequence[Tensor | None], *, retain: bool, create: bool
) -> list[Tensor | None]:
    """Gradients for every entry of the seeds' first dimension, along a first dimension, by one walk over the graph.

    Raises:
        RuntimeError: seeds whose first dimensions differ, or whose others are not those of the roots.
    """
    sizes = {len(seed) for seed in seeds if seed is not None}
    if len(sizes) != 1 or len(seeds) != len(roots):
        raise RuntimeError("grad(): is_grads_batched needs weights with a leading dimension of the same size")
    # Whoever is a sample for an outer `vmap` hides its dimensions, which the graph has in front.
    levels = [_C._levels(root) for root in roots]
    pairs = zip(seeds, levels, strict=True)
    weights = [None if seed is None else _in_front(seed, hidden) for seed, hidden in pairs]
    found = _C._grad(list(roots), weights, list(inputs), retain, create, sizes.pop())
    return [None if g is None else _behind(g, _C._levels(x)) for x, g in zip(inputs, found, strict=True)]


def _in_front(seed: Tensor, levels: int) -> Tensor:
    """What a walk with many gradients takes: their dimension before those that batched tensors hide."""
    return _C._physical(_C._spread(seed, levels)).movedim(levels.bit_count(), 0) if levels else seed


def _behind(gradients: Tensor, levels: int) -> Tensor:
    """What such a walk found, the other way round."""
    return _C._batched(gradients.movedim(0, levels.bit_count()), levels) if levels else gradients


def walk(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], seeds: Sequence[Tensor], *, retain: bool, create: bool
) -> list[Tensor]:
    """Gradients of the inputs, with zeros where there are none; many seeds of one output give as many gradients."""
    pairs = [(out, seed) for out, seed in zip(outputs, seeds, strict=True) if out.requires_grad]
    if not pairs:
        return [_C.zeros_like(tensor) for tensor in inputs]
    more = 0
    for out, seed in pairs:
        if out.shape != seed.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output has a shape of {seed.shape} and output has a shape of {out.shape}."
            )
        more |= _C._levels(seed) & ~_C._levels(out)
    if more:
        return _walk_each(pairs, inputs, more, retain=retain, create=create)
    roots = [out for out, _ in pairs]
    weights = [_C._spread(seed, _C._levels(out)) for out, seed in pairs]
    found = _C._grad(roots, weights, list(inputs), retain, create)
    return [_C.zeros_like(x) if g is None else _like(x, g) for x, g in zip(inputs, found, strict=True)]


def _like(tensor: Tensor, gradient: Tensor) -> Tensor:
    """A gradient of all samples as that of a batched tensor."""
    return _C._batched(_C._physical(gradient), _C._levels(tensor))


def _walk_each(
    pairs: Sequence[tuple[Tensor, Tensor]], inputs: Sequence[Tensor], more: int, *, retain: bool, create: bool
) -> list[Tensor]:
    """Gradients for each sample of levels, given as a mask, that the graph knows nothing of."""
    frames = _C._vmap_frames()
    levels = [level for level in range(more.bit_length(), 0, -1) if more >> (level - 1) & 1]
    sizes = [frames[level - 1][0] for level in levels]
    roots, seeds = [out for out, _ in pairs], [seed for _, seed in pairs]
    for level, size in zip(reversed(levels), reversed(sizes), strict=True):
        seeds = [_C._remove_batch_dim(seed, level, size, 0) for seed in seeds]
    count = math.prod(sizes)
    seeds = [seed.flatten(0, len(sizes) - 1) for seed in seeds]
    found = many_gradients(roots, inputs, seeds, retain=retain, create=create) if count else [None] * len(inputs)
    results = []
    for x, g in zip(inputs, found, strict=True):
        each = (x.new_zeros((count, *x.shape)) if g is None else g).unflatten(0, sizes)
        for level in levels:
            each = _C._add_batch_dim(each, 0, level)
        results.append(each)
    return results
