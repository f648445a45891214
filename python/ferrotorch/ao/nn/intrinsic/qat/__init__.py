"""Fused layers whose weights are rounded while they are trained."""

from __future__ import annotations

from ferrotorch.ao.nn.intrinsic.qat.modules import *  # noqa: F403
from ferrotorch.ao.nn.intrinsic.qat.modules import __all__ as __all__
