"""Special functions."""

from __future__ import annotations

from ferrotorch import _C
from ferrotorch._C import log_softmax, logit, logsumexp, polygamma, round, softmax  # noqa: A004 (PyTorch's names)
from ferrotorch._functions.arithmetic import mvlgamma as multigammaln

_NATIVE = {name: op for name, op in vars(_C._special).items() if not name.startswith("_")}
globals().update(_NATIVE)
__all__ = sorted([*_NATIVE, "log_softmax", "logit", "logsumexp", "multigammaln", "polygamma", "round", "softmax"])
