"""Functions of single elements that are zero at zero: they are computed on what is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse import _conversion
from ferrotorch.sparse._doors import build, values_of
from ferrotorch.sparse._errors import unsupported
from ferrotorch.sparse._handles import coo_of, handle_of

# Those that are not linear: of a tensor in coordinates the values at one place are summed first.
NONLINEAR = frozenset(
    [
        "abs",
        "absolute",
        "angle",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctanh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "ceil",
        "erf",
        "erfinv",
        "expm1",
        "floor",
        "frac",
        "isinf",
        "isnan",
        "isneginf",
        "isposinf",
        "log1p",
        "nan_to_num",
        "relu",
        "round",
        "sgn",
        "sign",
        "signbit",
        "sin",
        "sinh",
        "sqrt",
        "tan",
        "tanh",
        "threshold_backward",
        "trunc",
        "fix",
    ]
)
LINEAR = frozenset(["neg", "negative", "positive", "deg2rad", "rad2deg", "conj_physical", "conj", "real", "imag"])


def unary(name: str) -> Callable[..., Tensor]:
    """The function of a sparse tensor that goes by this name among those of dense ones."""
    function = getattr(torch, name)

    def apply(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        x = _conversion.coalesce(input) if name in NONLINEAR and coo_of(input) is not None else input
        return build(function(values_of(x), *args, **kwargs), handle_of(x))

    apply.__name__ = name
    return apply


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, train: bool = True
) -> Tensor:
    """The tensor itself, where no element is to be dropped; ``torch.dropout`` calls ``training`` ``train``.

    Raises:
        ValueError: ``p`` outside [0, 1].
        NotImplementedError: elements are to be dropped, which nothing draws for sparse tensors.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if training and train and p > 0:
        raise unsupported("bernoulli_.float", input)
    return input


def clone(self: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy, indices and values."""
    handle = handle_of(self)
    values = values_of(self).clone()
    copied = handle.with_values(values)
    for name in ("indices", "compressed", "plain"):
        if hasattr(copied, name):
            setattr(copied, name, getattr(copied, name).clone())
    return build(values, copied)


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor in another dtype or on another device; see ``Tensor.to``."""
    values = values_of(self)
    moved = values.to(*args, **kwargs)
    if moved is values:
        return self
    handle = handle_of(self).with_values(moved)
    if moved.device != values.device:
        for name in ("indices", "compressed", "plain"):
            if hasattr(handle, name):
                setattr(handle, name, getattr(handle, name).to(moved.device))
    return build(moved, handle)


def converted(name: str) -> Callable[..., Tensor]:
    """A method such as ``double``, which converts the values."""

    def apply(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        values = values_of(self)
        made = getattr(values, name)(*args, **kwargs)
        return self if made is values else to(self, dtype=made.dtype, device=made.device)

    return apply
