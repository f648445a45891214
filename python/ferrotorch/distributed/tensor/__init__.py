"""Tensors whose parts lie in several processes: there are none here, and no tensor is one of them."""

from __future__ import annotations

from typing import Any, NoReturn

from ferrotorch import _C
from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard

__all__ = ["DTensor", "Partial", "Placement", "Replicate", "Shard", "distribute_tensor"]


class DTensor(_C.Tensor):
    """A tensor whose parts lie in several processes, which cannot be made here. ``isinstance`` of it is False."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises: there are no groups of processes."""
        raise RuntimeError("DTensor: ferrotorch has no groups of processes. Use ordinary tensors in one process")


def distribute_tensor(tensor: _C.Tensor, device_mesh: Any = None, placements: Any = None, **options: Any) -> NoReturn:
    """Spread a tensor over processes.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("distribute_tensor: ferrotorch has no tensors whose parts lie in several processes")
