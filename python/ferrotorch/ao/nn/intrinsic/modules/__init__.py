"""Layers that belong together, in floating point."""

from __future__ import annotations

from ferrotorch.ao.nn.intrinsic.modules.fused import *  # noqa: F403
from ferrotorch.ao.nn.intrinsic.modules.fused import __all__ as __all__
