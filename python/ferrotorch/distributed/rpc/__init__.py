"""Calls of functions in other processes: there are none here, and whatever would make one says so.

Programs ask for :func:`is_available`; classes are there to be asked for by ``isinstance``.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ferrotorch.distributed._absent import Absent

__all__ = [
    "BackendType", "RRef", "RpcBackendOptions", "TensorPipeRpcBackendOptions", "WorkerInfo", "get_worker_info",
    "init_rpc", "is_available", "remote", "rpc_async", "rpc_sync", "shutdown",
]  # fmt: skip


def is_available() -> bool:
    """False: no other process can be called."""
    return False


class BackendType(Absent):
    """What carries calls to other processes, which there is nothing of here."""


class RpcBackendOptions(Absent):
    """Options of what carries calls, which cannot be made here."""


class TensorPipeRpcBackendOptions(RpcBackendOptions):
    """Options of what carries calls, which cannot be made here."""


class RRef(Absent):
    """A value in another process, which cannot be made here."""


class WorkerInfo(Absent):
    """A process that can be called, of which there is none here."""


def _refuse(name: str) -> NoReturn:
    raise RuntimeError(
        f"torch.distributed.rpc.{name}: ferrotorch calls no functions in other processes; exchange tensors and objects "
        "by torch.distributed (send, recv, all_gather_object, ...), or keys and values by a TCPStore"
    )


def init_rpc(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: processes do not call one another here."""
    _refuse("init_rpc")


def shutdown(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: there is nothing to end."""
    _refuse("shutdown")


def rpc_sync(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: no function is called in another process here."""
    _refuse("rpc_sync")


def rpc_async(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: no function is called in another process here."""
    _refuse("rpc_async")


def remote(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: no value is made in another process here."""
    _refuse("remote")


def get_worker_info(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises RuntimeError: no process can be called here."""
    _refuse("get_worker_info")
