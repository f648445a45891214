"""The older place of :mod:`ferrotorch.distributed.tensor.experimental`."""

from ferrotorch.distributed.tensor.experimental import implicit_replication

__all__ = ["implicit_replication"]
