"""The older place of :mod:`ferrotorch.distributed.tensor.placement_types`."""

from ferrotorch.distributed.tensor.placement_types import Partial, Placement, Replicate, Shard

__all__ = ["Partial", "Placement", "Replicate", "Shard"]
