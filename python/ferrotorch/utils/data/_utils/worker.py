"""Worker processes of a `DataLoader`."""

from typing import Any

from ferrotorch.utils.data import _worker
from ferrotorch.utils.data._worker import WorkerInfo, _generate_state, get_worker_info

__all__ = ["WorkerInfo", "_generate_state", "get_worker_info"]


def __getattr__(name: str) -> Any:
    """What changes when a worker begins."""
    if name == "_worker_info":
        return _worker._worker_info
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
