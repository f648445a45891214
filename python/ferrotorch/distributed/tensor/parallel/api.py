"""Computing modules together, under PyTorch's name of the module."""

from ferrotorch.distributed.tensor.parallel._api import parallelize_module

__all__ = ["parallelize_module"]
