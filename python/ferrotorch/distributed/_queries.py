"""What processes ask about their groups."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, ClassVar

from ferrotorch import _C
from ferrotorch.distributed import _groups
from ferrotorch.distributed._groups import GroupMember, ProcessGroup, member

__all__ = [
    "Backend",
    "get_backend",
    "get_backend_config",
    "get_default_backend_for_device",
    "get_global_rank",
    "get_group_rank",
    "get_node_local_rank",
    "get_pg_count",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "is_available",
    "is_backend_available",
    "is_gloo_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
    "set_timeout",
]


class Backend(str):
    """The name of what programs ask to carry messages between processes; it is MPI whatever the name."""

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    UCC = "ucc"
    MPI = "mpi"
    XCCL = "xccl"
    # What programs ask to carry tensors of a device, where they do not choose.
    default_device_backend_map: ClassVar[dict[str, str]] = {"cpu": "gloo", "wgpu": "gloo"}
    backend_list: ClassVar[list[str]] = [UNDEFINED, GLOO, MPI]
    backend_capability: ClassVar[dict[str, list[str]]] = {GLOO: ["cpu", "wgpu"], MPI: ["cpu", "wgpu"]}

    def __new__(cls, name: str) -> Backend:
        """The name in small letters.

        Raises:
            ValueError: no string.
        """
        if not isinstance(name, str):
            raise ValueError("Backend constructor parameter must be string-ish")
        return super().__new__(cls, name.lower())


def is_available() -> bool:
    """True: one process is a group without further ado, and more are with mpi4py."""
    return True


def is_gloo_available() -> bool:
    """True: MPI serves programs that ask for Gloo."""
    return True


def is_nccl_available() -> bool:
    """False: there are no CUDA devices. A program that asks for NCCL nevertheless is served by MPI."""
    return False


def is_ucc_available() -> bool:
    """False: UCC is not here."""
    return False


def is_xccl_available() -> bool:
    """False: XCCL is not here."""
    return False


def is_backend_available(backend: str) -> bool:
    """Is what a name stands for served?"""
    return backend.lower() == "gloo" or (backend.lower() == "mpi" and _groups.is_mpi_available())


def is_torchelastic_launched() -> bool:
    """Was the process started by PyTorch's launcher?"""
    return "TORCHELASTIC_RUN_ID" in os.environ


def get_rank(group: Any = None) -> int:
    """The number of this process in a group; -1 where it is not in it.

    Raises:
        ValueError: there is no group.
    """
    if group == GroupMember.NON_GROUP_MEMBER:
        return -1
    found = member("get_rank", group)
    return -1 if found is None else found.rank()


def get_world_size(group: Any = None) -> int:
    """The number of processes in a group; -1 where this one is not in it.

    Raises:
        ValueError: there is no group.
    """
    if group == GroupMember.NON_GROUP_MEMBER:
        return -1
    found = member("get_world_size", group)
    return -1 if found is None else found.size()


def get_backend(group: Any = None) -> Backend:
    """The name that a group was made with; ``mpi`` if with none.

    Raises:
        ValueError: there is no group, or this process is not in it.
    """
    return Backend(_group_of("get_backend", group).name())


def get_backend_config(group: Any = None) -> str:
    """The kinds of devices whose tensors a group exchanges, with the name that it was made with."""
    name = get_backend(group)
    return f"cpu:{name},wgpu:{name}"


def get_default_backend_for_device(device: Any) -> str:
    """The name of what carries the tensors of a device, where programs do not choose.

    Raises:
        ValueError: a device whose tensors are not exchanged.
    """
    kind = device.type if isinstance(device, _C.device) else _C.device(device).type
    if kind not in Backend.default_device_backend_map:
        raise ValueError(f"Default backend not registered for device : {device}")
    return Backend.default_device_backend_map[kind]


def set_timeout(timeout: timedelta, group: Any = None) -> None:
    """Set how long later operations of a group may take.

    Raises:
        ValueError: there is no group, or this process is not in it.
        TypeError: no time.
    """
    _group_of("set_timeout", group)._timeout = _groups._seconds(timeout)


def _group_of(name: str, group: Any) -> ProcessGroup:
    if group == GroupMember.NON_GROUP_MEMBER:
        raise ValueError("Invalid process group specified")
    found = member(name, group)
    if found is None or found.group_name not in _groups._state.groups:
        raise ValueError("Invalid process group specified")
    return found


def _known_groups() -> list[ProcessGroup]:
    world = _groups._state.world
    return [*([] if world is None else [world]), *_groups._state.groups.values()]


def group_named(name: str) -> ProcessGroup:
    """The group of a name.

    Raises:
        RuntimeError: there is none.
    """
    for each in _known_groups():
        if each.group_name == name:
            return each
    raise RuntimeError(f"Could not resolve the process group registered under the name {name!r}")


def group_of_ranks(ranks: list[int]) -> ProcessGroup:
    """The group of processes with some numbers, in any order.

    Raises:
        ValueError: nobody has made it.
    """
    for each in _known_groups():
        if sorted(each.ranks) == sorted(ranks):
            return each
    raise ValueError(f"there is no group of the ranks {ranks}: make it by new_group")


def get_process_group_ranks(group: Any = None) -> list[int]:
    """The numbers in the group of all processes of those in ``group``, in the order of the group."""
    return list(_group_of("get_process_group_ranks", group).ranks)


def get_group_rank(group: Any, global_rank: int) -> int:
    """The number in ``group`` of a process of the job.

    Raises:
        ValueError: it is not in the group.
    """
    return _group_of("get_group_rank", group)._to_local("get_group_rank", global_rank)


def get_global_rank(group: Any, group_rank: int) -> int:
    """The number in the group of all of a process of ``group``.

    Raises:
        ValueError: the group has no such process.
    """
    found = _group_of("get_global_rank", group)
    if not 0 <= group_rank < found.size():
        raise ValueError(f"Group rank {group_rank} is not part of group {found}")
    return found.ranks[group_rank]


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The number of this process among those on its machine.

    Raises:
        RuntimeError: nobody said, and there is no ``fallback_rank``.
    """
    if "LOCAL_RANK" in os.environ:
        return int(os.environ["LOCAL_RANK"])
    if fallback_rank is not None:
        return int(fallback_rank)
    raise RuntimeError(
        "LOCAL_RANK is not in the environment. Consider passing fallback_rank to allow `get_node_local_rank` to work"
    )


def get_pg_count() -> int:
    """The number of groups that this process is in."""
    return len(_groups._state.groups)
