"""Losses over spread classes, under PyTorch's name of the module."""

from ferrotorch.distributed.tensor.parallel._loss import loss_parallel

__all__ = ["loss_parallel"]
