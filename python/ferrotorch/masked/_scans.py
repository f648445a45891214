"""Functions along a dimension whose results are as large as their inputs, over the elements that count."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.masked import _reductions
from ferrotorch.masked._filling import dims_of, filled, highest, lowest, prepared, require_floating


def cumsum(input: Any, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Sums of the elements that count up to each one.

    Args:
        input: a tensor, or one with a mask of its own.
        dim: the dimension.
        dtype: converts the elements first.
        mask: which elements count; all by default.
    """
    x, counts = prepared("cumsum", input, mask, dtype)
    return filled(x, counts, 0).cumsum(*dims_of(dim, x)).to(x.dtype)


def cumprod(input: Any, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Products of the elements that count up to each one; see `cumsum`."""
    x, counts = prepared("cumprod", input, mask, dtype)
    return filled(x, counts, 1).cumprod(*dims_of(dim, x)).to(x.dtype)


def softmax(input: Any, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """The softmax of the elements that count, 0 for all others and NaN where none count; see `cumsum`."""
    x, counts = prepared("softmax", input, mask, dtype)
    return torch.softmax(filled(x, counts, lowest(x.dtype)), dims_of(dim, x)[0])


def log_softmax(input: Any, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """The logarithm of `softmax`, minus infinity for elements that do not count."""
    x, counts = prepared("log_softmax", input, mask, dtype)
    return torch.log_softmax(filled(x, counts, lowest(x.dtype)), dims_of(dim, x)[0])


def softmin(input: Any, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """The softmax of the elements negated; see `softmax`."""
    x, counts = prepared("softmin", input, mask, dtype)
    return torch.softmax(-filled(x, counts, highest(x.dtype)), dims_of(dim, x)[0])


def normalize(
    input: Any, ord: float, dim: int, *, eps: float = 1e-12, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The elements that count divided by their norm of order ``ord``, or by ``eps`` where that is smaller; 0 elsewhere.

    See `cumsum` for the others.

    Raises:
        ValueError: the elements are integers, and no other ``dtype`` is given.
    """
    x, counts = prepared("normalize", input, mask, dtype)
    require_floating("normalize", x.dtype)
    length = _reductions.norm(x, ord, dim, keepdim=True, mask=counts)
    return filled(x, counts, 0) / length.clamp_min(eps)
