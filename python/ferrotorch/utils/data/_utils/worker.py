"""Worker processes of a `DataLoader`."""

from ferrotorch.utils.data._worker import WorkerInfo, get_worker_info

__all__ = ["WorkerInfo", "get_worker_info"]
