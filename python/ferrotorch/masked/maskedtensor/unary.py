"""Ops of single elements, of which the mask is that of the tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse._doors import build, values_of
from ferrotorch.sparse._handles import handle_of

__all__: list[str] = []

# fmt: off
UNARY_NAMES = [
    "abs", "absolute", "acos", "arccos", "acosh", "arccosh", "angle", "asin", "arcsin", "asinh", "arcsinh", "atan",
    "arctan", "atanh", "arctanh", "bitwise_not", "ceil", "clamp", "clip", "conj_physical", "cos", "cosh", "deg2rad",
    "digamma", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "fix", "floor", "frac", "lgamma", "log", "log10",
    "log1p", "log2", "logit", "i0", "isnan", "nan_to_num", "neg", "negative", "positive", "pow", "rad2deg",
    "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sgn", "signbit", "sin", "sinc", "sinh", "sqrt", "square",
    "tan", "tanh", "trunc",
]
# fmt: on
INPLACE_UNARY_NAMES = [f"{name}_" for name in UNARY_NAMES if name not in ("angle", "positive", "signbit", "isnan")]
# What is asked of all elements, too, and changes no mask.
# fmt: off
OTHER_NAMES = frozenset([
    "relu", "logical_not", "to", "float", "double", "half", "clone", "detach", "type", "bool", "int", "long",
    "ones_like", "zeros_like", "full_like", "contiguous", "requires_grad_",
])
# fmt: on


def of_elements(func: Callable[..., Tensor], x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """What a function makes of each element of a tensor; of a sparse one, of what it stores."""
    if x.layout is torch.strided:
        return func(x, *args, **kwargs)
    return build(func(values_of(x), *args, **kwargs), handle_of(x))


def __getattr__(name: str) -> Any:
    """The ops of ``torch.ops.aten`` with these names, which are looked up when they are asked for."""
    chosen = {"NATIVE_UNARY_FNS": UNARY_NAMES, "NATIVE_INPLACE_UNARY_FNS": INPLACE_UNARY_NAMES}.get(name)
    if chosen is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return [getattr(torch.ops.aten, op) for op in chosen]
