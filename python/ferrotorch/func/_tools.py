"""Transforms that leave derivatives as they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ferrotorch import _C

Tensor = _C.Tensor


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """A function with the same results and effects.

    In PyTorch the transform takes in-place operations out of a program that is traced; what the program computes, and
    what it writes to its arguments, is the same with and without it. There is no tracing here that would see another
    program.

    Args:
        func: any function.
        remove: ``"mutations"`` or ``"mutations_and_views"``.

    Raises:
        RuntimeError: another ``remove``.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. Valid options are:\n"
            "     remove='mutations': all inplace and out= operators will be removed from the program, and "
            "replaced with "
            "their out-of-place equivalents.\n"
            "     remove='mutations_and_views': In addition to the above, all aliasing operators {view} will "
            "be replaced "
            "with their non-aliasing counterparts, {view}_copy.\n"
        )

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return wrapped


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The tensor behind a batched tensor, with all samples along its first dimensions; any other tensor itself.

    For debuggers and prints: computing with the result inside the function that is transformed mixes samples.

    Args:
        tensor: a tensor, seen inside `vmap`.
        recurse: show the samples of all `vmap`s; otherwise of the innermost only.
    """
    levels = _C._levels(tensor)
    if levels == 0:
        return tensor
    if recurse:
        return _C._physical(tensor)
    level = levels.bit_length()
    return _C._remove_batch_dim(tensor, level, _C._vmap_frames()[level - 1][0], 0)
