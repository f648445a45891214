"""Processes that compute together: there are none here. Every program is a process of its own.

``is_available()`` is False, as in a build of PyTorch without this part: packages then take the path for one process.
Functions that need a group of processes raise. See docs/compatibility.md.
"""

from __future__ import annotations

import enum
import importlib
from datetime import timedelta
from typing import Any, NoReturn

from ferrotorch.distributed import _collectives

__all__ = [
    "Backend",
    "GroupMember",
    "P2POp",
    "ProcessGroup",
    "ReduceOp",
    "Store",
    "Work",
    "default_pg_timeout",
    "destroy_process_group",
    "get_backend",
    "get_rank",
    "get_world_size",
    "group",
    "init_process_group",
    "is_available",
    "is_backend_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
    *_collectives.__all__,
]

default_pg_timeout = timedelta(minutes=30)
_ABSENT = "torch.distributed: ferrotorch has no groups of processes. Run the program as one process"
_UNINITIALIZED = "Default process group has not been initialized, please make sure to call init_process_group."
globals().update({name: getattr(_collectives, name) for name in _collectives.__all__})


class ReduceOp(enum.Enum):
    """How a collective operation joins tensors."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8


class Backend(str):
    """The name of what carries messages between processes: there is none."""

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    UCC = "ucc"
    MPI = "mpi"
    XCCL = "xccl"


class _Absent:
    """The base of objects of groups of processes, none of which can be made."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises: there are no groups of processes."""
        raise RuntimeError(_ABSENT)


class ProcessGroup(_Absent):
    """Processes that compute together."""


class Work(_Absent):
    """A collective operation that is on its way."""


class Store(_Absent):
    """What processes find one another by."""


class P2POp(_Absent):
    """A message from one process to another."""


class group:
    """The group of all processes: None, there is none."""

    WORLD: ProcessGroup | None = None


class GroupMember:
    """Whether this process is in a group."""

    WORLD: ProcessGroup | None = None
    NON_GROUP_MEMBER = -100


def is_available() -> bool:
    """False: there are no groups of processes."""
    return False


def is_initialized() -> bool:
    """False: there is no group."""
    return False


def is_nccl_available() -> bool:
    """False: NVIDIA's library is not here."""
    return False


def is_gloo_available() -> bool:
    """False: Gloo is not here."""
    return False


def is_mpi_available() -> bool:
    """False: MPI is not used."""
    return False


def is_ucc_available() -> bool:
    """False: UCC is not here."""
    return False


def is_xccl_available() -> bool:
    """False: XCCL is not here."""
    return False


def is_backend_available(backend: str) -> bool:
    """False: there is none."""
    return False


def is_torchelastic_launched() -> bool:
    """Was the process started by PyTorch's launcher?"""
    import os

    return "TORCHELASTIC_RUN_ID" in os.environ


def init_process_group(*args: Any, **kwargs: Any) -> NoReturn:
    """Join a group of processes.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


def destroy_process_group(group: Any = None) -> NoReturn:
    """Leave a group of processes.

    Raises:
        AssertionError: always; there is no group.
    """
    raise AssertionError("Process group cannot be None: " + _UNINITIALIZED)


def get_rank(group: Any = None) -> NoReturn:
    """The number of this process in its group.

    Raises:
        ValueError: always; there is no group.
    """
    raise ValueError(_UNINITIALIZED)


def get_world_size(group: Any = None) -> NoReturn:
    """The number of processes in a group.

    Raises:
        ValueError: always; there is no group.
    """
    raise ValueError(_UNINITIALIZED)


def get_backend(group: Any = None) -> NoReturn:
    """What carries the messages of a group.

    Raises:
        ValueError: always; there is no group.
    """
    raise ValueError(_UNINITIALIZED)


_PARTS = ("_tensor", "algorithms", "autograd", "checkpoint", "device_mesh", "distributed_c10d", "elastic", "fsdp",
          "nn", "optim", "rpc", "tensor", "utils")  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in _PARTS:
        try:
            return importlib.import_module(f"ferrotorch.distributed.{name}")
        except ModuleNotFoundError:
            pass
    raise AttributeError(f"module 'torch.distributed' has no attribute {name!r}: {_ABSENT}")
