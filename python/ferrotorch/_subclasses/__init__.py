"""Tensors that PyTorch's compiler traces with: there are none here."""

from ferrotorch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

__all__ = ["FakeTensor", "FakeTensorMode"]
