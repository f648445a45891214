"""Pipes: data sets that are made of others, step by step, by functions that each pipe has as methods.

:class:`IterDataPipe` gives samples one after the other, :class:`MapDataPipe` by key. New pipes are for programs that
have them; a generator in an ``IterableDataset`` does the same.
"""

from . import iter, map
from .datapipe import DataChunk, IterDataPipe, MapDataPipe, functional_datapipe, shared_seed

__all__ = ["DataChunk", "IterDataPipe", "MapDataPipe", "functional_datapipe", "iter", "map", "shared_seed"]
