"""Keys and values that processes share: in one process, in a file, at a process that others reach by TCP."""

from ferrotorch.distributed._stores._contract import DistNetworkError, DistStoreError, QueueEmptyError, Store
from ferrotorch.distributed._stores._file import FileStore
from ferrotorch.distributed._stores._prefix import PrefixStore
from ferrotorch.distributed._stores._table import HashStore
from ferrotorch.distributed._stores._tcp import TCPStore

__all__ = [
    "DistNetworkError",
    "DistStoreError",
    "FileStore",
    "HashStore",
    "PrefixStore",
    "QueueEmptyError",
    "Store",
    "TCPStore",
]
