"""Groups of processes: the one of all, made by :func:`init_process_group`, and parts of it."""

from __future__ import annotations

import importlib.util
import os
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ferrotorch import _C
from ferrotorch.distributed import _environment
from ferrotorch.distributed._communicator import Alone, Communicator
from ferrotorch.distributed._work import Work

__all__ = [
    "GroupMember",
    "ProcessGroup",
    "default_pg_timeout",
    "destroy_process_group",
    "group",
    "init_process_group",
    "is_initialized",
    "is_mpi_available",
    "make_group",
    "new_group",
]

default_pg_timeout = timedelta(minutes=30)
_INSTALL = "pip install 'ferrotorch[mpi]', or mpi4py for the MPI of this machine"
UNINITIALIZED = "Default process group has not been initialized, please make sure to call init_process_group."


class ProcessGroup:
    """Processes that compute together, in the order of their ranks. :func:`new_group` makes them."""

    def __init__(
        self, communicator: Communicator, ranks: Sequence[int], name: str, backend: str, timeout: float
    ) -> None:
        self.ranks = list(ranks)
        self.group_name = name
        self.group_desc = name
        self.bound_device_id: Any = None
        self.sequence = 0
        self._communicator = communicator
        self._backend = backend
        self._timeout = timeout
        self._global_rank = self.ranks[communicator.rank]

    def rank(self) -> int:
        """The number of this process in the group."""
        return self._communicator.rank

    def size(self) -> int:
        """The number of processes."""
        return self._communicator.size

    def name(self) -> str:
        """The name of what carries the group's messages, as it was asked for."""
        return self._backend

    def __repr__(self) -> str:
        return f"<ProcessGroup {self.group_name!r} of ranks {self.ranks}>"

    def _to_global(self, rank: int) -> int:
        return self.ranks[rank]

    def _to_local(self, name: str, rank: int) -> int:
        """The number in this group of a process of the job."""
        if rank not in self.ranks:
            raise ValueError(f"{name}: global rank {rank} is not part of group {self}")
        return self.ranks.index(rank)

    def _departed(self) -> list[int]:
        """The processes of the group that have ended."""
        job = _state.job
        return [] if job is None else [rank for rank in self.ranks if rank in job.notice_departed()]


class _State:
    """What this process knows of its groups."""

    job: Any = None
    world: ProcessGroup | None = None
    # Carries what processes tell one another about groups, by numbers of the job.
    side: Communicator = Alone()
    groups: dict[str, ProcessGroup]
    made: int = 0

    def __init__(self) -> None:
        self.groups = {}


_state = _State()


class _WorldOfClass(type):
    """A class with an attribute ``WORLD``: the group of all processes."""

    @property
    def WORLD(cls) -> ProcessGroup | None:
        """The group of all processes; None before :func:`init_process_group`."""
        return _state.world


class group(metaclass=_WorldOfClass):
    """``group.WORLD`` is the group of all processes."""


class GroupMember(metaclass=_WorldOfClass):
    """What processes get for a group that they are not in: ``NON_GROUP_MEMBER``."""

    NON_GROUP_MEMBER = -100


def is_initialized() -> bool:
    """Is there a group of all processes?"""
    return _state.world is not None


def is_mpi_available() -> bool:
    """Is mpi4py installed? Groups of more than one process need it."""
    return importlib.util.find_spec("mpi4py") is not None


def member(name: str, of: Any) -> ProcessGroup | None:
    """The group that a call means; None, with a warning, where this process is not in it.

    Raises:
        ValueError: there is no group yet.
    """
    if of is None:
        if _state.world is None:
            raise ValueError(UNINITIALIZED)
        return _state.world
    if isinstance(of, ProcessGroup):
        return of
    if of is GroupMember.NON_GROUP_MEMBER or of == GroupMember.NON_GROUP_MEMBER:
        import warnings

        rank = -1 if _state.world is None else _state.world.rank()
        warnings.warn(f"Running {name} on global rank {rank} which does not belong to the given group.", stacklevel=3)
        return None
    raise TypeError(f"{name}: group must be a ProcessGroup or None, got {type(of).__name__}")


def _expected_size() -> int:
    """How many processes the environment speaks of."""
    place = _environment.place_of(os.environ)
    return place.world_size if place else int(os.environ.get("WORLD_SIZE", "1"))


def _connect() -> Any:
    """The job of MPI; None for one process that has no MPI.

    Raises:
        RuntimeError: there is more than one process, and no MPI.
    """
    expected = _expected_size()
    if not is_mpi_available():
        if expected > 1:
            raise RuntimeError(
                f"init_process_group: {expected} processes need mpi4py, which is not installed: {_INSTALL}"
            )
        return None
    try:
        from ferrotorch.distributed._job import Job
    except (ImportError, RuntimeError) as error:
        if expected > 1:
            raise RuntimeError(f"init_process_group: mpi4py cannot load MPI ({error}): {_INSTALL}") from error
        return None
    return Job()


def _is_by_sockets(init_method: str | None, world_size: int, rank: int, store: Any) -> bool:
    """Do processes that no launcher of MPI has started want to be a group?"""
    if _environment.place_of(os.environ) is not None:
        return False
    if store is not None or (init_method is not None and init_method != "env://"):
        return True
    knows_rank = rank != -1 or "RANK" in os.environ
    return knows_rank and (world_size if world_size != -1 else int(os.environ.get("WORLD_SIZE", "1"))) > 1


def _connect_by_sockets(init_method: str | None, timeout: timedelta, world_size: int, rank: int, store: Any) -> Any:
    """The processes that a store, or an address of one, brings together.

    Raises:
        ValueError: rank or number of processes are missing, or both a store and an address are given.
    """
    from ferrotorch.distributed._sockets import SocketJob
    from ferrotorch.distributed.rendezvous import rendezvous

    if store is None:
        store, rank, world_size = next(rendezvous(init_method or "env://", rank, world_size, timeout=timeout))
    elif init_method is not None:
        raise AssertionError("Cannot specify both init_method and store.")
    elif world_size <= 0:
        raise AssertionError("world_size must be positive if using store")
    elif rank < 0:
        raise AssertionError("rank must be non-negative if using store")
    return SocketJob(store, rank, world_size, timeout)


def _check_place(rank: int, size: int, world_size: int, given_rank: int) -> None:
    asked = world_size if world_size != -1 else int(os.environ.get("WORLD_SIZE", size))
    if asked != size:
        raise ValueError(
            f"init_process_group: {asked} processes are asked for, and {size} were started by MPI: start the program "
            f"by `mpiexec -n {asked} python -m ferrotorch script.py`"
        )
    if given_rank not in (-1, rank):
        raise ValueError(f"init_process_group: rank={given_rank} is given, but MPI has started this process as {rank}")


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Make the group of all processes. All of them call it.

    Those that ``mpiexec`` started find one another by MPI, which carries their messages; the environment gets ``RANK``,
    ``WORLD_SIZE``, ``LOCAL_RANK`` and the other variables of ``torchrun``. Others, for instance of
    `torch.multiprocessing.spawn`, find one another by a store and talk through sockets. One process of which nobody
    says that there are more is a group by itself.

    Args:
        backend: A name, as programs for PyTorch give it; it does not matter for what carries messages.
        init_method: Where processes meet that MPI did not start: ``env://``, ``tcp://host:port`` or ``file://path``.
        timeout: How long an operation may take.
        world_size: The number of processes, if the program knows it.
        rank: The number of this process, if the program knows it.
        store: Instead of ``init_method``: a store that all of them see.
        group_name: Accepted.
        pg_options: Accepted.
        device_id: The device of this process.

    Raises:
        ValueError: a group was made before; the number of processes or of this one is not what MPI says.
        RuntimeError: more than one process, and no mpi4py.
    """
    if _state.world is not None:
        raise ValueError("trying to initialize the default process group twice!")
    seconds = _seconds(timeout)
    if _is_by_sockets(init_method, world_size, rank, store):
        _state.job = _connect_by_sockets(init_method, timedelta(seconds=seconds), world_size, rank, store)
        world_size, rank = _state.job.size, _state.job.rank
    elif _state.job is None:
        _state.job = _connect()
    job = _state.job
    communicator = Alone() if job is None else job.communicator()
    _check_place(communicator.rank, communicator.size, world_size, rank)
    _environment.fill(place=_environment.Place(0, 1, 0, 1) if job is None else job.place())
    _state.side = Alone() if job is None else job.communicator()
    name = (backend or "mpi").lower()
    _state.world = ProcessGroup(communicator, range(communicator.size), "0", name, seconds)
    _state.world.bound_device_id = device_id
    _state.groups = {"0": _state.world}
    _state.made = 1


def _seconds(timeout: timedelta | None) -> float:
    if timeout is None:
        return default_pg_timeout.total_seconds()
    if not isinstance(timeout, timedelta):
        raise TypeError(f"Expected timeout argument to be of type datetime.timedelta, got {timeout}")
    return timeout.total_seconds()


def destroy_process_group(group: Any = None) -> None:
    """Give back a group; by default all groups.

    Raises:
        AssertionError: there is no group.
        ValueError: the group was given back before.
    """
    if group == GroupMember.NON_GROUP_MEMBER:
        return
    chosen = group or _state.world
    if chosen is None:
        raise AssertionError("Process group cannot be None")
    if chosen.group_name not in _state.groups:
        raise ValueError("Invalid process group specified")
    is_world = chosen is _state.world
    for each in list(_state.groups.values()) if is_world else [chosen]:
        each._communicator.free()
        del _state.groups[each.group_name]
    if is_world:
        _state.side.free()
        _state.world, _state.side = None, Alone()
        if hasattr(_state.job, "leave"):
            _state.job.leave()
            _state.job = None


def _checked(ranks: Sequence[int] | None, world: ProcessGroup, sorts: bool = True) -> list[int]:
    """The processes of a new group, in the order of their numbers or in that given.

    Raises:
        ValueError: one is named twice, or is none of the job's.
    """
    if ranks is None:
        return list(world.ranks)
    chosen = [int(rank) for rank in ranks]
    if sorts:
        chosen.sort()
    if len(set(chosen)) != len(chosen):
        raise ValueError(f"new_group: a rank is named twice in {chosen}")
    if any(not 0 <= rank < world.size() for rank in chosen):
        raise ValueError(
            f"The new group's rank should be within the world_size set by init_process_group: {chosen} of "
            f"{world.size()}"
        )
    return chosen


def meet(world: ProcessGroup, ranks: Sequence[int], tag: int, name: str, timeout: float) -> None:
    """Wait until the processes of a list are here; the first one collects them and sends them on."""
    if len(ranks) == 1:
        return
    first, limit = ranks[0], timedelta(seconds=timeout)
    if world.rank() == first:
        for work in [hear(world, other, tag, name) for other in ranks[1:]]:
            work.wait(limit)
        for other in ranks[1:]:
            tell(world, other, tag, name).wait(limit)
    else:
        tell(world, first, tag, name).wait(limit)
        hear(world, first, tag, name).wait(limit)


def tell(group: ProcessGroup, rank: int, tag: int, name: str) -> Work:
    """Let a process know that this one is here."""
    token = _C.zeros(1, dtype=_C.uint8)
    return Work(group, name, _state.side.send(token, rank, tag), [], keep=token)


def hear(group: ProcessGroup, rank: int, tag: int, name: str) -> Work:
    """What :func:`tell` sends in another process."""
    token = _C.zeros(1, dtype=_C.uint8)
    return Work(group, name, _state.side.receive(token, rank, tag), [], keep=token)


def new_group(
    ranks: Sequence[int] | None = None,
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    use_local_synchronization: bool = False,
    group_desc: str | None = None,
    device_id: Any = None,
    group_name: str | None = None,
    sort_ranks: bool = True,
) -> Any:
    """A group of some of the processes, which make it together; the others may call this, too.

    Args:
        ranks: Their numbers in the group of all; by default all.
        timeout: How long an operation may take; by default as in the group of all.
        backend: A name; by default that of the group of all.
        pg_options: Accepted.
        use_local_synchronization: Accepted: only members wait for one another in any case.
        group_desc: A description.
        device_id: Accepted.
        group_name: A name.
        sort_ranks: Count the processes in the order of their numbers, not in that of ``ranks``.

    Returns:
        The group; ``GroupMember.NON_GROUP_MEMBER`` in processes that are not in it.

    Raises:
        ValueError: there is no group of all; ranks twice or out of range.
    """
    world = member("new_group", None)
    assert world is not None
    made = make_group(_checked(ranks, world, sort_ranks), timeout, backend, group_name)
    if isinstance(made, ProcessGroup):
        made.group_desc = group_desc or "undefined"
    return made


def make_group(chosen: list[int], timeout: timedelta | None, backend: str | None, name: str | None = None) -> Any:
    """The group of processes of the job in the order given; what is no group in processes that are not in it."""
    world = _state.world
    assert world is not None
    _state.made += 1
    if world.rank() not in chosen:
        return GroupMember.NON_GROUP_MEMBER
    seconds = world._timeout if timeout is None else _seconds(timeout)
    tag = _tag_of(chosen)
    meet(world, chosen, tag, f"new_group({chosen})", seconds)
    name = name or f"{_state.made - 1}:{','.join(map(str, chosen))}"
    communicator = world._communicator.subset(chosen, tag)
    made = ProcessGroup(communicator, chosen, name, (backend or world.name()).lower(), seconds)
    _state.groups[name] = made
    return made


def _tag_of(ranks: Sequence[int]) -> int:
    """A number for what members of a group say to one another; the same in all of them."""
    return zlib.crc32(",".join(map(str, ranks)).encode()) % 32000
