"""Questions about sizes that might be symbols. Sizes are always numbers here, so each has its answer at once."""

from __future__ import annotations

from typing import Any

__all__ = [
    "definitely_false",
    "definitely_true",
    "free_symbols",
    "free_unbacked_symbols",
    "guard_bool",
    "guard_float",
    "guard_int",
    "guard_or_false",
    "guard_or_true",
    "guard_scalar",
    "guard_size_oblivious",
    "has_free_symbols",
    "has_free_unbacked_symbols",
    "has_static_value",
    "hint_int",
    "is_concrete_bool",
    "is_concrete_float",
    "is_concrete_int",
    "is_symbolic",
    "parallel_and",
    "parallel_or",
    "statically_known_false",
    "statically_known_true",
    "sym_and",
    "sym_eq",
    "sym_or",
]


def guard_bool(a: Any) -> bool:
    """A truth value as a Python ``bool``."""
    return bool(a)


def guard_int(a: Any) -> int:
    """A whole number as a Python ``int``."""
    return int(a)


def guard_float(a: Any) -> float:
    """A number as a Python ``float``."""
    return float(a)


def guard_scalar(a: Any) -> bool | int | float:
    """A truth value or number, as it is.

    Raises:
        AssertionError: it is none of these.
    """
    if not isinstance(a, bool | int | float):
        raise AssertionError(f"unrecognized scalar {a}")
    return a


guard_or_false = guard_or_true = guard_size_oblivious = guard_bool
definitely_true = statically_known_true = guard_bool


def definitely_false(a: Any) -> bool:
    """Is it false?"""
    return not a


statically_known_false = definitely_false


def hint_int(a: Any, fallback: int | None = None) -> int:
    """The value of a size.

    Sizes are numbers, so ``fallback`` is not needed.
    """
    return int(a)


def is_symbolic(val: Any) -> bool:
    """False: no number is a symbol.

    Sizes are numbers: nothing is asked of ``val``.
    """
    return False


def is_concrete_bool(a: Any) -> bool:
    """Is it a ``bool``?"""
    return isinstance(a, bool)


def is_concrete_int(a: Any) -> bool:
    """Is it an ``int``?"""
    return isinstance(a, int)


def is_concrete_float(a: Any) -> bool:
    """Is it a ``float``?"""
    return isinstance(a, float)


def has_static_value(a: Any) -> bool:
    """True: every number has its value.

    Sizes are numbers: nothing is asked of ``a``.
    """
    return True


def free_symbols(val: Any) -> set[Any]:
    """The symbols in sizes, tensors or collections of them: none.

    Sizes are numbers: nothing is asked of ``val``.
    """
    return set()


free_unbacked_symbols = free_symbols


def has_free_symbols(val: Any) -> bool:
    """False: there are no symbols.

    Sizes are numbers: nothing is asked of ``val``.
    """
    return False


has_free_unbacked_symbols = has_free_symbols


def sym_eq(x: Any, y: Any) -> bool:
    """Are two numbers, or two sequences of numbers, the same?"""
    if isinstance(x, list | tuple) and isinstance(y, list | tuple):
        return len(x) == len(y) and all(map(sym_eq, x, y))
    return bool(x == y)


def sym_and(*operands: Any) -> bool:
    """Are all true?"""
    return all(operands)


def sym_or(*operands: Any) -> bool:
    """Is one true?"""
    return any(operands)


parallel_and, parallel_or = sym_and, sym_or
