"""The older place of :mod:`ferrotorch.distributed.tensor`."""

from ferrotorch.distributed.tensor import DTensor

__all__ = ["DTensor"]
