"""What is sent to other processes in the place of tensors."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler

from ferrotorch.multiprocessing._shared import _reduce as reduce_tensor
from ferrotorch.multiprocessing._shared import register as init_reductions

__all__ = ["ForkingPickler", "init_reductions", "reduce_tensor"]
