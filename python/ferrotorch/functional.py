"""Tensor functions that are compositions of operators."""

from __future__ import annotations

from functools import wraps
from typing import Any

from ferrotorch import _C
from ferrotorch._functions._out import write_out
from ferrotorch._size import Size

Tensor = _C.Tensor

__all__ = [
    "broadcast_shapes", "einsum", "is_complex", "is_floating_point", "is_nonzero", "numel",
    "resolve_conj", "resolve_neg", "tensordot",
]  # fmt: skip


def numel(input: Tensor) -> int:
    """Number of elements."""
    return input.numel()


def is_floating_point(input: Tensor) -> bool:
    """Is the dtype float16, bfloat16, float32 or float64?"""
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Is the dtype complex?"""
    return input.dtype.is_complex


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugation is never put off."""
    return input


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: negation is never put off."""
    return input


def is_nonzero(input: Tensor) -> bool:
    """Is the single element not zero?"""
    if input.numel() != 1:
        raise RuntimeError("Boolean value of Tensor with other than one value is ambiguous")
    return bool(input)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes broadcast to."""
    sizes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    ndim = max((len(s) for s in sizes), default=0)
    result = [1] * ndim
    for size in sizes:
        for i, n in enumerate(size, ndim - len(size)):
            if n < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({n})")
            if n not in (1, result[i]) and result[i] != 1:
                raise RuntimeError(f"Shape mismatch: objects cannot be broadcast to a single shape: {sizes}")
            result[i] = n if n != 1 else result[i]
    return Size(result)


def einsum(*args: Any) -> Tensor:
    """Sums of products by an equation: ``einsum("ij,jk->ik", a, b)``, or operands with lists of subscripts."""
    if isinstance(args[0], str):
        equation, operands = args[0], args[1:]
    else:
        operands, lists = args[: len(args) // 2 * 2 : 2], args[1::2]
        terms = ["".join("..." if s is Ellipsis else chr(ord("a") + s) for s in subscripts) for subscripts in lists]
        output = (
            ""
            if len(args) % 2 == 0
            else "->" + "".join("..." if s is Ellipsis else chr(ord("a") + s) for s in args[-1])
        )
        equation = ",".join(terms) + output
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    return _C._einsum(equation, list(operands))


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """Contraction over the last ``dims`` dimensions of ``a`` and the first of ``b``, or over pairs of lists."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        pairs = list(range(a.dim() - dims, a.dim())), list(range(dims))
    else:
        pairs = tuple([d] if isinstance(d, int) else list(d) for d in dims)  # type: ignore[assignment]
    result = _C._tensordot(a, b, pairs[0], pairs[1])
    return write_out("tensordot", result, out)


def _install() -> None:
    """Make each composed function a function of the package and, with its in-place form, a method of ``Tensor``."""
    from ferrotorch._functions import arithmetic, copies, reductions

    functions_only = {
        "cross",
        "complex",
        "polar",
        "randint_like",
        "cdist",
        "trapz",
        "trapezoid",
        "cumulative_trapezoid",
    }
    for family in (arithmetic, copies, reductions):
        for name, function in family.FUNCTIONS.items():
            globals()[name] = function
            __all__.append(name)
            if name == "cross" or (name not in functions_only and family is not copies) or name == "narrow_copy":
                setattr(Tensor, name, function)
    for name in ("deg2rad", "rad2deg", "float_power", "ldexp", "mvlgamma", "renorm"):
        in_place = _in_place(globals()[name], name + "_")
        setattr(Tensor, in_place.__name__, in_place)
        if name in ("deg2rad", "rad2deg", "ldexp"):
            globals()[in_place.__name__] = in_place
            __all__.append(in_place.__name__)


def _in_place(function: Any, name: str) -> Any:
    @wraps(function)
    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return input.copy_(function(input, *args, **kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``{function.__name__}`` in place."
    return method


_install()
