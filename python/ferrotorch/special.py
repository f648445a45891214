"""Special functions."""

from __future__ import annotations

from ferrotorch import _C, _interception
from ferrotorch._functions import arithmetic

_NATIVE = {name: op for name, op in vars(_C._special).items() if not name.startswith("_")}
globals().update(_NATIVE)

# Functions that the package itself has under another or the same name.
_SHARED = {
    "log_softmax": _C.log_softmax,
    "logit": _C.logit,
    "logsumexp": _C.logsumexp,
    "multigammaln": arithmetic.mvlgamma,
    "polygamma": _C.polygamma,
    "round": _C.round,
    "softmax": _C.softmax,
}
globals().update(_SHARED)
__all__ = sorted([*_NATIVE, *_SHARED])


def __dir__() -> list[str]:
    """The functions alone, without what the module is made of."""
    return __all__


_interception.functions(globals(), __all__)
