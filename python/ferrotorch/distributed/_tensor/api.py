"""The older place of what makes tensors whose parts lie in several processes."""

from ferrotorch.distributed.tensor import DTensor, distribute_module, distribute_tensor

__all__ = ["DTensor", "distribute_module", "distribute_tensor"]
