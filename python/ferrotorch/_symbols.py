"""Numbers that PyTorch's compiler does not know yet: there are none here, sizes are ordinary numbers."""

from __future__ import annotations

__all__ = ["SymBool", "SymFloat", "SymInt"]


class _Symbol:
    """The base of the three. There are no such numbers: ``isinstance`` is False."""

    def __init__(self, node: object) -> None:
        raise RuntimeError(f"{type(self).__name__}: sizes are ordinary numbers here, nothing is compiled")


class SymInt(_Symbol):
    """A whole number that is not known yet."""


class SymFloat(_Symbol):
    """A number that is not known yet."""


class SymBool(_Symbol):
    """A truth value that is not known yet."""
