"""Optimizers of several processes: with a state that is spread, or with parameters that are averaged now and then."""

from ferrotorch.distributed.optim.post_localSGD_optimizer import PostLocalSGDOptimizer
from ferrotorch.distributed.optim.zero_redundancy_optimizer import ZeroRedundancyOptimizer

__all__ = ["PostLocalSGDOptimizer", "ZeroRedundancyOptimizer"]
