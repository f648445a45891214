"""The file format of `save` and `load`: names, pickles and archives."""

from .reduce import reduce_tensor

__all__ = ["reduce_tensor"]
