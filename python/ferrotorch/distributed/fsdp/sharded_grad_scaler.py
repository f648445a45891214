"""Scaling of losses where gradients are spread over processes."""

from __future__ import annotations

from ferrotorch.amp import GradScaler

__all__ = ["ShardedGradScaler"]


class ShardedGradScaler(GradScaler):
    """`GradScaler`: whether a gradient is finite is asked of the whole, so all processes skip the same steps."""
