"""The older names of :mod:`ferrotorch.amp` for GPUs."""

from ferrotorch.cuda.amp.autocast_mode import autocast, custom_bwd, custom_fwd
from ferrotorch.cuda.amp.common import amp_definitely_not_available
from ferrotorch.cuda.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "amp_definitely_not_available", "autocast", "custom_bwd", "custom_fwd"]
