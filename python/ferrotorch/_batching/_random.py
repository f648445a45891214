"""Random ops inside ``vmap``: refused, the same for all samples, or different for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import levels_of, sizes_of, spread

Tensor = _C.Tensor


@contextmanager
def _below() -> Iterator[None]:
    """Run as if outside all ``vmap``s."""
    before = _C._vmap_suspend(True)
    try:
        yield
    finally:
        _C._vmap_suspend(before)


def draw(name: str, op: Any, given: dict[str, Any]) -> Any:
    """Run a random op inside the ``vmap``s of this thread.

    Raises:
        RuntimeError: one of them does not allow it (``randomness="error"``, the default), or an argument is batched by
            one for which all samples are to have the same numbers.
    """
    if name == "dropout" and (not given.get("training", True) or given.get("p", 0.5) == 0):
        return given["input"]
    same, different = _modes()
    if name == "dropout":
        return _dropout(given["input"], given.get("p", 0.5), same, different)
    if name.endswith("_"):
        return _fill(op, given, same, different)
    if name.endswith("_like"):
        given = {**given, "input": _without(given["input"], same)}
    if levels_of(*given.values()) & same:
        given = {
            key: _common(value, same, name) if isinstance(value, Tensor) else value for key, value in given.items()
        }
    levels = levels_of(*given.values()) | different
    with_sizes = {key: _whole(key, value, levels) for key, value in _broadcast(name, given).items()}
    sizes = sizes_of(levels)
    with _below():
        one_by_one = name in ("randperm", "multinomial")
        result = _one_by_one(op, with_sizes, sizes) if one_by_one else op(**with_sizes)
    return _C._batched(result, levels)


def _modes() -> tuple[int, int]:
    """The levels whose samples are to have the same random numbers, and those of which each is to have its own."""
    same = different = 0
    for i, (_, randomness) in enumerate(_C._vmap_frames()):
        if randomness == "error":
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use the 'same' "
                "or 'different' "
                "randomness flags on vmap or perform the randomness operation out of vmap"
            )
        same |= (randomness == "same") << i
        different |= (randomness == "different") << i
    return same, different


def of_each_sample(tensor: Tensor) -> Tensor:
    """A tensor of this form to be filled with random numbers, one for each sample that may have its own."""
    _, different = _modes()
    levels = _C._levels(tensor) | different
    form = _C._physical(spread(tensor, levels))
    with _below():
        own = torch.empty(form.shape, dtype=form.dtype, device=form.device)
    return _C._batched(own, levels)


def _without(tensor: Tensor, levels: int) -> Tensor:
    """The first sample of each of the levels, which only lends its form."""
    own = _C._levels(tensor)
    whole = _C._physical(tensor)
    for level in sorted((i for i in range(own.bit_length()) if own & levels & 1 << i), reverse=True):
        whole = whole.select((own & (1 << level) - 1).bit_count(), 0)
    return _C._batched(whole, own & ~levels)


def _common(tensor: Tensor, levels: int, name: str) -> Tensor:
    """What all samples of the levels have in common: transforms give each an input of its own, though it is the same.

    Raises:
        RuntimeError: samples differ.
    """
    if not _C._levels(tensor) & levels:
        return tensor
    first = _without(tensor, levels)
    with _below():
        is_common = bool((_C._physical(tensor) == _C._physical(spread(first, _C._levels(tensor)))).all())
    if not is_common:
        raise RuntimeError(f"Vmap does not currently support same randomness with a batched tensor input ({name}())")
    return first


def _broadcast(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Tensors that say how each number is drawn, of one shape."""
    tensors = {key: value for key, value in given.items() if isinstance(value, Tensor)}
    if len(tensors) < 2:
        return given
    shape = torch.broadcast_shapes(*(tensor.shape for tensor in tensors.values()))
    return {**given, **{key: tensor.expand(shape) for key, tensor in tensors.items()}}


def _whole(key: str, value: Any, levels: int) -> Any:
    """An argument for all samples at once: sizes get theirs in front."""
    if isinstance(value, Tensor):
        return _C._physical(spread(value, levels))
    if key == "size":
        return (*sizes_of(levels), *((value,) if isinstance(value, int) else value))
    return value


def _one_by_one(op: Any, given: dict[str, Any], sizes: list[int]) -> Tensor:
    """Draw for one sample after the other, with tensors of all samples."""
    if not sizes:
        return op(**given)
    count = sizes[0]
    parts = [
        _one_by_one(op, {k: v[i] if isinstance(v, Tensor) else v for k, v in given.items()}, sizes[1:])
        for i in range(count)
    ]
    return torch.stack(parts)


def _fill(op: Any, given: dict[str, Any], same: int, different: int) -> Tensor:
    target = given["input"]
    own = _C._levels(target)
    others = [value for key, value in given.items() if key != "input"]
    if levels_of(*others) & ~own:
        raise _unbatched_target(given, levels_of(*others) & same)
    if different & ~own:
        raise RuntimeError(
            "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like "
            "same randomness. "
            "If this is necessary for your usage, please file an issue with functorch."
        )
    if not own & same:
        with_levels = {key: _aligned(key, value, target) for key, value in given.items()}
        with _below():
            op(**with_levels)
        return target
    if levels_of(*others) & same:
        raise RuntimeError("Vmap does not currently support same randomness with a batched tensor input")
    drawn = torch.empty_like(_without(target, same))
    draws = {**given, "input": drawn}
    with_levels = {key: _aligned(key, value, drawn) for key, value in draws.items()}
    with _below():
        op(**with_levels)
    return target.copy_(drawn)


def _unbatched_target(given: dict[str, Any], is_same: int) -> RuntimeError:
    """The error for a tensor that is the same for all samples and is to be filled by parameters that are not."""
    if is_same:
        return RuntimeError("Vmap does not currently support same randomness with a batched tensor input")
    return RuntimeError(
        "vmap: inplace random(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args "
        f"that has more elements than `self`, of shape {list(given['input'].shape)}. This happened due to `other` "
        "being vmapped over but `self` not being vmapped over in a vmap. Please try to use out-of-place operators "
        "instead."
    )


def _aligned(key: str, value: Any, target: Tensor) -> Any:
    """An argument of an op that fills ``target`` with numbers, for all samples at once."""
    if not isinstance(value, Tensor):
        return value
    if key == "input":
        return _C._physical(value)
    return _C._physical(spread(value.expand(target.shape), _C._levels(target)))


def _dropout(input: Tensor, p: float, same: int, different: int) -> Tensor:
    own = _C._levels(input)
    if not own & same:
        levels = own | different
        whole = _C._physical(spread(input, levels))
        with _below():
            result = _C._nn.dropout(whole, p, True)
        return _C._batched(result, levels)
    return input * _dropout(torch.ones_like(_without(input, same)), p, same, different)
