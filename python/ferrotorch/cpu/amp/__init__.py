"""The older names of :mod:`ferrotorch.amp` for the host."""

from ferrotorch.cpu.amp.autocast_mode import autocast
from ferrotorch.cpu.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast"]
