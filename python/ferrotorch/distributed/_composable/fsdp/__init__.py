"""The older place of :mod:`ferrotorch.distributed.fsdp`."""

from ferrotorch.distributed.fsdp import FSDPModule, fully_shard

__all__ = ["FSDPModule", "fully_shard"]
