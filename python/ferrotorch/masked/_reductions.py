"""Reductions over the elements that count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.masked import _sparse
from ferrotorch.masked._filling import dims_of, filled, highest, lowest, parts, prepared, require_floating


def _reduced(
    name: str,
    of_dense: Callable[[Tensor, Tensor], Tensor],
    input: Any,
    dim: Any,
    keepdim: bool,
    dtype: Any,
    mask: Tensor | None,
) -> Tensor:
    """What ``of_dense`` makes of the elements and the mask in their size, or the reduction of a sparse tensor."""
    x, mask = parts(input, mask, dtype)
    if x.layout is torch.strided:
        return of_dense(*prepared(name, x, mask, None))
    return _sparse.reduced(name, x, dim, keepdim, mask)


def sum(input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """The sum of the elements that count, 0 where there are none.

    Args:
        input: a tensor, or one with a mask of its own. Of a tensor in coordinates or compressed rows the result has its
            layout; in places that the mask names and the tensor does not store, zeros count.
        dim: one dimension, several, or all.
        keepdim: do reduced dimensions stay, with size 1?
        dtype: converts the elements first.
        mask: which elements count, of any layout; all by default.

    Raises:
        ValueError: a sparse layout of which there is no result, or a sparse tensor without a mask where zeros that are
            not stored would make a difference (``prod``, ``amax``, ``amin``, ``mean``).
        RuntimeError: compressed rows without ``keepdim``.
    """

    def of_dense(x: Tensor, counts: Tensor) -> Tensor:
        return filled(x, counts, 0).sum(dims_of(dim, x), keepdim=keepdim)

    return _reduced("sum", of_dense, input, dim, keepdim, dtype, mask)


def prod(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The product of the elements that count, 1 where there are none; see `sum`."""

    def of_dense(x: Tensor, counts: Tensor) -> Tensor:
        result = filled(x, counts, 1)
        dims = dims_of(dim, x)
        for d in sorted(dims, reverse=True):
            result = result.prod(d, keepdim=keepdim)
        # Without a dimension there is one product of one element.
        return result if dims else result.prod()

    return _reduced("prod", of_dense, input, dim, keepdim, dtype, mask)


def amax(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The largest element that counts, the smallest value of the dtype where there is none; see `sum`."""

    def of_dense(x: Tensor, counts: Tensor) -> Tensor:
        return filled(x, counts, lowest(x.dtype)).amax(dims_of(dim, x), keepdim=keepdim)

    return _reduced("amax", of_dense, input, dim, keepdim, dtype, mask)


def amin(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The smallest element that counts, the largest value of the dtype where there is none; see `sum`."""

    def of_dense(x: Tensor, counts: Tensor) -> Tensor:
        return filled(x, counts, highest(x.dtype)).amin(dims_of(dim, x), keepdim=keepdim)

    return _reduced("amin", of_dense, input, dim, keepdim, dtype, mask)


def argmax(
    input: Any, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The index of the largest element that counts, in the dtype of the elements; see `sum`."""
    x, counts = prepared("argmax", input, mask, dtype)
    return filled(x, counts, lowest(x.dtype)).argmax(dim, keepdim=keepdim).to(x.dtype)


def argmin(
    input: Any, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The index of the smallest element that counts, in the dtype of the elements; see `sum`."""
    x, counts = prepared("argmin", input, mask, dtype)
    return filled(x, counts, highest(x.dtype)).argmin(dim, keepdim=keepdim).to(x.dtype)


def _number(counts: Tensor, dims: list[int], keepdim: bool) -> Tensor:
    return counts.sum(dims, keepdim=keepdim, dtype=torch.int64)


def mean(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The mean of the elements that count, NaN where there are none; see `sum`.

    Raises:
        ValueError: the elements are integers, and no other ``dtype`` is given.
    """

    def of_dense(x: Tensor, counts: Tensor) -> Tensor:
        dims = dims_of(dim, x)
        return filled(x, counts, 0).sum(dims, keepdim=keepdim) / _number(counts, dims, keepdim)

    require_floating("mean", input.dtype if dtype is None else dtype)
    return _reduced("mean", of_dense, input, dim, keepdim, dtype, mask)


def median(
    input: Any, dim: int = -1, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The lower median of the elements that count along a dimension, NaN where there are none; see `sum`.

    Raises:
        ValueError: integers of which none count.
    """
    x, counts = prepared("median", input, mask, dtype)
    (dim,) = dims_of(dim, x)
    if x.dtype.is_floating_point:
        return torch.nanmedian(filled(x, counts, torch.nan), dim, keepdim).values
    if bool((~counts.any(dim)).any()):
        raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
    middle = (_number(counts, [dim], True) - 1) // 2
    result = filled(x, counts, highest(x.dtype)).sort(dim).values.gather(dim, middle)
    return result if keepdim else result.squeeze(dim)


def logsumexp(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The logarithm of the sum of exponentials of the elements that count, minus infinity without any; see `sum`."""
    x, counts = prepared("logsumexp", input, mask, dtype)
    dims = dims_of(dim, x)
    if x.dtype.is_floating_point or x.dtype.is_complex:
        return filled(x, counts, -torch.inf).logsumexp(dims, keepdim=keepdim)
    return filled(x, counts, lowest(x.dtype)).logsumexp(dims, keepdim=keepdim).to(x.dtype)


def norm(
    input: Any,
    ord: float | None = 2.0,
    dim: Any = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The vector norm of order ``ord`` of the elements that count; see `sum`.

    Raises:
        ValueError: the elements are integers, and no other ``dtype`` is given.
    """
    x, counts = prepared("norm", input, mask, dtype)
    require_floating("norm", x.dtype)
    order = 2.0 if ord is None else float(ord)
    identity = torch.inf if order < 0 else 0
    return torch.linalg.vector_norm(filled(x, counts, identity), order, dims_of(dim, x), keepdim=keepdim)


def logaddexp(
    input: Any,
    other: Any,
    *,
    dtype: Any = None,
    input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:
    """``log(exp(input) + exp(other))``, where elements that do not count are minus infinity.

    Raises:
        ValueError: a tensor is sparse.
    """
    if input.layout is not torch.strided or other.layout is not torch.strided:
        raise ValueError(
            f"masked logaddexp expects strided tensors (got {input.layout} tensor for input, {other.layout} for other)"
        )
    x, counts = prepared("logaddexp", input, input_mask, dtype)
    y, others = prepared("logaddexp", other, other_mask, dtype)
    return torch.logaddexp(filled(x, counts, lowest(x.dtype)), filled(y, others, lowest(y.dtype))).to(x.dtype)


def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The variance of the elements that count, NaN where there are too few; see `sum`.

    Args:
        unbiased: False is another word for ``correction=0``.
        correction: what is subtracted from the number of elements; 1 by default.

    Raises:
        RuntimeError: both are given.
    """
    if unbiased is not None and correction is not None:
        raise RuntimeError("Only one of unbiased and correction may be given")
    if correction is None:
        correction = 0 if unbiased is False else 1
    x, counts = prepared("std/var", input, mask, dtype)
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        x = x.to(torch.get_default_dtype())
    dims = dims_of(dim, x)
    number = _number(counts, dims, True)
    center = filled(x, counts, 0).sum(dims, keepdim=True) / number
    deviations = filled(x - center, counts, 0)
    squares = deviations * deviations.conj() if x.is_complex() else deviations * deviations
    total = squares.sum(dims, keepdim=True)
    result = (total / (number - correction).clamp_min(0)).to(x.dtype if not x.is_complex() else total.dtype)
    return result if keepdim or not dims else result.squeeze(dims)


def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The square root of `var`."""
    return var(input, dim, unbiased, correction=correction, keepdim=keepdim, dtype=dtype, mask=mask).sqrt()
