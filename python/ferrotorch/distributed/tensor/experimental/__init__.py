"""What is new about tensors whose parts lie in several processes."""

from __future__ import annotations

from ferrotorch.distributed.tensor._dispatch import implicit_replication
from ferrotorch.distributed.tensor.experimental._local_map import local_map
from ferrotorch.distributed.tensor.experimental._register_sharding import register_sharding

__all__ = ["implicit_replication", "local_map", "register_sharding"]
