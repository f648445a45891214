"""Tensor functions that are compositions of operators."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C, _interception
from ferrotorch._checks import require_tensors
from ferrotorch._functions import FAMILIES
from ferrotorch._functions._out import write_out
from ferrotorch._size import Size

Tensor = _C.Tensor

__all__ = ["broadcast_shapes", "einsum", "tensordot"]

# In the order in which an equation without "->" puts the dimensions of its result.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _sizes(shape: Any) -> tuple[int, ...]:
    if isinstance(shape, int):
        return (shape,)
    if not isinstance(shape, (tuple, list)):
        raise RuntimeError(f"Input shapes should be of type ints, a tuple of ints, or a list of ints, got {shape}")
    return tuple(shape)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes broadcast to.

    Raises:
        RuntimeError: They do not broadcast, or one is neither an integer nor a sequence of integers.
        ValueError: A length is negative.
    """
    sizes = [_sizes(shape) for shape in shapes]
    result = [1] * max(map(len, sizes), default=0)
    for index, size in enumerate(sizes):
        for i in range(-1, -len(size) - 1, -1):
            if size[i] in (1, result[i]):
                continue
            if result[i] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {size[i]} at {i}! Mismatching argument at index "
                    f"{index} had {size}; but expected shape should be broadcastable to {result}"
                )
            if size[i] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            result[i] = size[i]
    return Size(result)


def _term(subscripts: Any) -> str:
    """A list of subscripts as the equation has it: 0 to 25 are ``A`` to ``Z``, 26 to 51 ``a`` to ``z``."""
    letters = []
    for subscript in subscripts:
        if subscript is not Ellipsis and not 0 <= subscript < len(_LETTERS):
            raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")
        letters.append("..." if subscript is Ellipsis else _LETTERS[subscript])
    return "".join(letters)


def _equation_and_operands(*args: Any) -> tuple[Any, ...]:
    """The equation of a call of :func:`einsum` and its operands, one argument each."""
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    if isinstance(args[0], str):
        equation, operands = args[0], args[1:]
    else:
        operands, lists = args[: len(args) // 2 * 2 : 2], args[1::2]
        output = "" if len(args) % 2 == 0 else "->" + _term(args[-1])
        equation = ",".join(map(_term, lists)) + output
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    return equation, *operands


def einsum(*args: Any) -> Tensor:
    """Sums of products by an equation: ``einsum("ij,jk->ik", a, b)``, or operands with lists of subscripts.

    ``einsum(a, [0, 1], b, [1, 2], [0, 2])`` is the same; a list holds integers from 0 to 51 and ``...``.

    Raises:
        ValueError: No operand, or an integer out of that range.
    """
    equation, *operands = _equation_and_operands(*args)
    return _C._einsum(equation, operands)


# Overrides get every form of a call as an equation with operands.
setattr(einsum, "_rewritten_for_overrides", _equation_and_operands)  # noqa: B010 (mypy knows no attributes of functions)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """Contraction over the last ``dims`` dimensions of ``a`` and the first of ``b``, or over pairs of lists."""
    require_tensors("tensordot", a=a, b=b)
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        pairs = list(range(a.dim() - dims, a.dim())), list(range(dims))
    elif isinstance(dims, tuple | list):
        of_a, of_b = dims
        pairs = [of_a] if isinstance(of_a, int) else list(of_a), [of_b] if isinstance(of_b, int) else list(of_b)
    else:
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two lists, "
            f"but got dims={dims}"
        )
    result = _C._tensordot(a, b, pairs[0], pairs[1])
    return write_out("tensordot", result, out, own_dtype=True)


def __getattr__(name: str) -> Any:
    """``F``, the functions of layers, by which packages reach them from here."""
    if name == "F":
        from ferrotorch.nn import functional

        return functional
    raise AttributeError(f"module 'torch.functional' has no attribute {name!r}")


for _family in FAMILIES:
    globals().update(_family.FUNCTIONS)
    __all__ += _family.FUNCTIONS

_interception.functions(globals(), (name for name in __all__ if name != "broadcast_shapes"))
