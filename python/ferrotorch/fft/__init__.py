"""Discrete Fourier transforms."""

from __future__ import annotations

from ferrotorch import _C, _interception

_NATIVE = {name: op for name, op in vars(_C._fft).items() if not name.startswith("_")}
globals().update(_NATIVE)
__all__ = sorted(_NATIVE)


def __dir__() -> list[str]:
    """The functions alone, without what the module is made of."""
    return __all__


_interception.functions(globals(), __all__)
