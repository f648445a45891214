"""Operations over lists of tensors: ``torch.foreach.add(params, grads, alpha=-0.1)``.

Each function applies the function of its name to every tensor of a list or tuple and returns a tuple of results; one
whose name ends in ``_`` writes into the tensors and returns the list that it was given. Other operands are one for all
tensors, or a list with one for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _foreach
from ferrotorch._C import Tensor

Function = Callable[..., Any]
Tensors = Sequence[Tensor]

_BINARY = ("mul", "div", "minimum", "maximum", "clamp_min", "clamp_max")
_RAISES = """
    Raises:
        TypeError: something else than a list or tuple of tensors.
        RuntimeError: an empty list, or lists of different lengths.
"""


def _described(function: Function, name: str, what: str) -> Function:
    place = "in place" if name.endswith("_") else "into a tuple of results"
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f":func:`ferrotorch.{name.rstrip('_')}` {what}, {place}.\n{_RAISES}"
    return function


def _unary(name: str) -> Function:
    listed = getattr(_foreach, f"_foreach_{name}")

    def function(inputs: Tensors, /) -> Any:
        return listed(inputs)

    return _described(function, name, "of each tensor of a list")


def _binary(name: str) -> Function:
    listed = getattr(_foreach, f"_foreach_{name}")

    def function(inputs: Tensors, other: Any, /) -> Any:
        return listed(inputs, other)

    return _described(function, name, "of each tensor of a list and a number, or the items of a second list")


def _scaled(name: str) -> Function:
    listed = getattr(_foreach, f"_foreach_{name}")

    def function(inputs: Tensors, other: Any, /, *, alpha: Any = None) -> Any:
        return listed(inputs, other) if alpha is None else listed(inputs, other, alpha=alpha)

    return _described(function, name, "of each tensor of a list and ``alpha`` times the second operand")


def _pointwise(name: str) -> Function:
    listed = getattr(_foreach, f"_foreach_{name}")

    def function(inputs: Tensors, tensor1: Tensors, tensor2: Tensors, /, *, value: Any = 1) -> Any:
        return listed(inputs, tensor1, tensor2, value)

    return _described(function, name, "of the tensors of three lists and a factor, or one for each")


def lerp(inputs: Tensors, end: Tensors, weight: Any, /) -> tuple[Tensor, ...]:
    """:func:`ferrotorch.lerp` of each tensor of a list towards that of another.

    Args:
        inputs, end: the tensors.
        weight: a number, or a list with a number or a tensor for each.
    """
    return _foreach._foreach_lerp(inputs, end, weight)


def lerp_(inputs: Tensors, end: Tensors, weight: Any, /) -> Tensors:
    """:func:`lerp` in place."""
    return _foreach._foreach_lerp_(inputs, end, weight)


def pow(input: Any, exponent: Any, /) -> tuple[Tensor, ...]:
    """:func:`ferrotorch.pow` of each tensor of a list, or of a number by each tensor of the second list."""
    result: tuple[Tensor, ...] = _foreach.__dict__["_foreach_pow"](input, exponent)
    return result


def norm(inputs: Tensors, /, *, ord: Any = 2, dtype: Any = None) -> tuple[Tensor, ...]:
    """:func:`ferrotorch.linalg.vector_norm` of each tensor of a list.

    Args:
        inputs: the tensors.
        ord: the order of the norm.
        dtype: of the results.
    """
    return _foreach._foreach_norm(inputs, ord, dtype)


def max(inputs: Tensors, /) -> tuple[Tensor, ...]:
    """The largest element of each tensor of a list."""
    return _foreach._foreach_max(inputs)


def mm(inputs: Tensors, mat2: Tensors, /) -> tuple[Tensor, ...]:
    """The products of the matrices of two lists."""
    return _foreach._foreach_mm(inputs, mat2)


def clone(inputs: Tensors, /, *, memory_format: Any = None) -> tuple[Tensor, ...]:
    """Copies of the tensors of a list."""
    return _foreach._foreach_clone(inputs, memory_format=memory_format)


def copy_(inputs: Tensors, src: Tensors, /, *, non_blocking: bool = False) -> Tensors:
    """Copy the tensors of the second list into those of the first."""
    return _foreach._foreach_copy_(inputs, src, non_blocking)


def zero_(inputs: Tensors, /) -> Tensors:
    """Set all elements of the tensors of a list to zero."""
    return _foreach._foreach_zero_(inputs)


for _names, _maker in (
    (_foreach._UNARY, _unary),
    (_BINARY, _binary),
    (("add", "sub"), _scaled),
    (("addcmul", "addcdiv"), _pointwise),
):
    for _name in _names:
        globals().update({_name: _maker(_name), f"{_name}_": _maker(f"{_name}_")})
pow_ = _binary("pow_")

__all__ = sorted(name for name, value in globals().items() if callable(value) and name[0] != "_" and name[0].islower())
