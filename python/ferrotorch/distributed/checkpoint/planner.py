"""The bases of planners, under PyTorch's name of their module."""

from ferrotorch.distributed.checkpoint.default_planner import LoadPlanner, SavePlanner

__all__ = ["LoadPlanner", "SavePlanner"]
