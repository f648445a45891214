"""Modules on several devices. There is one device at work here: :class:`DataParallel` is the module itself."""

from ferrotorch.nn.parallel.data_parallel import DataParallel, data_parallel
from ferrotorch.nn.parallel.distributed import DistributedDataParallel
from ferrotorch.nn.parallel.scatter_gather import gather, parallel_apply, replicate, scatter

__all__ = [
    "DataParallel",
    "DistributedDataParallel",
    "data_parallel",
    "gather",
    "parallel_apply",
    "replicate",
    "scatter",
]
