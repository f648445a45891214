"""Processes that nobody started together, which find one another by a store and talk through sockets."""

from ferrotorch.distributed._sockets._job import SocketJob

__all__ = ["SocketJob"]
