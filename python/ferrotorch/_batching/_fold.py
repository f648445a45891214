"""Hidden dimensions as one dimension that rules can see."""

from __future__ import annotations

import math
from typing import Any

from ferrotorch import _C

Tensor = _C.Tensor


def hidden(tensor: Any) -> int:
    """How many dimensions a tensor hides."""
    return _C._levels(tensor).bit_count() if isinstance(tensor, Tensor) else 0


def is_batched(tensor: Any) -> bool:
    """Is it a batched tensor?"""
    return isinstance(tensor, Tensor) and _C._levels(tensor) != 0


def levels_of(*tensors: Any) -> int:
    """The levels by which any of the tensors is batched, as a bit mask."""
    mask = 0
    for tensor in tensors:
        if isinstance(tensor, Tensor):
            mask |= _C._levels(tensor)
    return mask


def sizes_of(levels: int) -> list[int]:
    """The number of samples of each level."""
    return [size for i, (size, _) in enumerate(_C._vmap_frames()) if levels >> i & 1]


def spread(tensor: Tensor, levels: int) -> Tensor:
    """A tensor that is batched by the levels too, repeated along those by which it was not."""
    return _C._spread(tensor, levels)


class Batch:
    """The samples of several tensors, along one dimension in front."""

    def __init__(self, *tensors: Any) -> None:
        self.levels = levels_of(*tensors)
        self.sizes = sizes_of(self.levels)
        self.size = math.prod(self.sizes)

    def fold(self, tensor: Tensor) -> Tensor:
        """All samples of a tensor, ``(size, ...)``; one that is not batched is repeated."""
        whole = _C._physical(spread(tensor, self.levels))
        return whole if len(self.sizes) == 1 else whole.reshape(self.size, *whole.shape[len(self.sizes) :])

    def fold_batched(self, tensor: Any) -> Any:
        """As `fold`; what is the same for all samples stays as it is."""
        return self.fold(tensor) if is_batched(tensor) else tensor

    def unfold(self, tensor: Tensor) -> Tensor:
        """Take ``(size, ...)`` as the samples of a batched tensor."""
        if len(self.sizes) != 1:
            tensor = tensor.reshape(*self.sizes, *tensor.shape[1:])
        return _C._batched(tensor, self.levels)


def on_whole(tensor: Tensor, function: Any) -> Any:
    """``function(whole, k)`` of a tensor with its ``k`` hidden dimensions in front, which the results hide again."""
    levels = _C._levels(tensor)
    result = function(_C._physical(tensor), levels.bit_count())
    if isinstance(result, Tensor):
        return _C._batched(result, levels)
    return tuple(_C._batched(part, levels) for part in result)


def wrapped(dim: int, ndim: int) -> int:
    """A dimension number in ``range(ndim)``; IndexError beyond."""
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n
