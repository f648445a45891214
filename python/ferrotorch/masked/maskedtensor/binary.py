"""Ops of two tensors, element by element, whose masks must be the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.masked.maskedtensor._layouts import same_places
from ferrotorch.sparse._doors import build, values_of
from ferrotorch.sparse._handles import handle_of

__all__: list[str] = []

# fmt: off
BINARY_NAMES = [
    "add", "atan2", "arctan2", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
    "bitwise_right_shift", "div", "divide", "floor_divide", "fmod", "logaddexp", "logaddexp2", "mul", "multiply",
    "nextafter", "remainder", "sub", "subtract", "true_divide", "eq", "ne", "le", "ge", "greater", "greater_equal",
    "gt", "less_equal", "lt", "less", "maximum", "minimum", "fmax", "fmin", "not_equal",
]
# fmt: on
INPLACE_BINARY_NAMES = [
    f"{name}_"
    for name in BINARY_NAMES
    if name not in ("logaddexp", "logaddexp2", "equal", "fmin", "minimum", "maximum", "fmax")
]
OTHER_NAMES = frozenset(["rsub", "logical_and", "logical_or", "logical_xor"])


def of_two(func: Callable[..., Tensor], a: Any, b: Any, *args: Any, **kwargs: Any) -> Tensor:
    """What a function makes of the elements of two operands; of sparse ones, of what they store.

    Raises:
        ValueError: sparse operands of other places.
    """
    sparse = [x for x in (a, b) if isinstance(x, Tensor) and x.layout is not torch.strided]
    if not sparse:
        return func(a, b, *args, **kwargs)
    layout = str(sparse[0].layout).removeprefix("torch.")
    if len(sparse) == 2 and not same_places(a, b):
        raise ValueError(f"{layout} indices must match. If you need support for this, please open an issue on Github.")
    if len(sparse) == 2 and a.size() != b.size():
        raise ValueError("input1 and input2 must have the same size for binary functions.")
    values = [values_of(x) if any(x is s for s in sparse) else x for x in (a, b)]
    return build(func(*values, *args, **kwargs), handle_of(sparse[0]))


def __getattr__(name: str) -> Any:
    """The ops of ``torch.ops.aten`` with these names, which are looked up when they are asked for."""
    chosen = {"NATIVE_BINARY_FNS": BINARY_NAMES, "NATIVE_INPLACE_BINARY_FNS": INPLACE_BINARY_NAMES}.get(name)
    if chosen is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return [getattr(torch.ops.aten, op) for op in chosen]
