"""Transforms of functions, by the names of PyTorch's package behind :mod:`ferrotorch.func`."""
