"""Hooks of communication: what :class:`~ferrotorch.nn.parallel.DistributedDataParallel` does with a full bucket."""

from ferrotorch.distributed.algorithms.ddp_comm_hooks import default_hooks

__all__ = ["default_hooks"]
