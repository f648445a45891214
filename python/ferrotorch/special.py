"""Special functions."""

from __future__ import annotations

from ferrotorch import _C

_NATIVE = {name: op for name, op in vars(_C._special).items() if not name.startswith("_")}
globals().update(_NATIVE)
__all__ = sorted([*_NATIVE, "log_softmax", "logit", "logsumexp", "multigammaln", "polygamma", "round", "softmax"])
