"""What tensors over processes do: which messages modules need, and how a tensor lies."""

from ferrotorch.distributed.tensor.debug._comm_mode import CommDebugMode
from ferrotorch.distributed.tensor.debug._visualize_sharding import visualize_sharding

__all__ = ["CommDebugMode", "visualize_sharding"]
