"""By this name, too, programs ask whether a module is spread over processes."""

from __future__ import annotations

from ferrotorch.distributed.fsdp import FullyShardedDataParallel

__all__ = ["FullyShardedDataParallel"]
