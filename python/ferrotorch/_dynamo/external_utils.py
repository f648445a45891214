"""Questions about the compiler, which is not here."""

from ferrotorch.compiler import is_compiling

__all__ = ["is_compiling"]
