"""The older place of :mod:`ferrotorch.distributed.tensor.experimental`."""

from ferrotorch.distributed.tensor.experimental import implicit_replication, local_map

__all__ = ["implicit_replication", "local_map"]
