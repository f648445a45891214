"""Reading the states of modules and optimizers by several processes."""

from __future__ import annotations

import inspect
from typing import Any

from ferrotorch.distributed.checkpoint._load_planner import DefaultLoadPlanner, _EmptyStateDictLoadPlanner
from ferrotorch.distributed.checkpoint._storage_utils import storage_for
from ferrotorch.distributed.checkpoint.metadata import STATE_DICT_TYPE, Metadata
from ferrotorch.distributed.checkpoint.planner import LoadPlan, LoadPlanner
from ferrotorch.distributed.checkpoint.stateful import Stateful
from ferrotorch.distributed.checkpoint.storage import StorageReader
from ferrotorch.distributed.checkpoint.utils import _DistWrapper

__all__ = ["load", "load_state_dict"]


def load(
    state_dict: STATE_DICT_TYPE,
    *,
    checkpoint_id: Any = None,
    storage_reader: StorageReader | None = None,
    planner: LoadPlanner | None = None,
    process_group: Any = None,
    no_dist: bool = False,
) -> None:
    """Read a state: into the tensors of ``state_dict``, and in the place of its other values.

    Any number of processes may read, each what its own tensors, or its pieces of them, meet.

    Args:
        state_dict: As for :func:`save`, with the same keys at the top in all processes; objects with ``state_dict()``
            and ``load_state_dict()`` there are given what is read.
        checkpoint_id: A folder, or a URL that the package fsspec knows.
        storage_reader: Who reads, by default files.
        planner: Who decides what is read, by default a :class:`DefaultLoadPlanner`.
        process_group: Who takes part; by default all processes.
        no_dist: This process reads alone.

    Raises:
        RuntimeError: neither a name nor a reader.
        CheckpointException: something failed in one of the processes: there is no checkpoint, none of a key, or a
            tensor of another shape.
    """
    reader = storage_for(storage_reader, checkpoint_id, reads=True)
    # All processes go through the states of objects in the same order: these may talk.
    keys = sorted(state_dict, key=str)
    states = {
        key: state_dict[key].state_dict() if isinstance(state_dict[key], Stateful) else state_dict[key] for key in keys
    }
    _load_state_dict(states, reader, process_group, no_dist=no_dist, planner=planner)
    for key in keys:
        if isinstance(state_dict[key], Stateful):
            state_dict[key].load_state_dict(states[key])
        else:
            state_dict[key] = states[key]


def _load_state_dict(
    state_dict: STATE_DICT_TYPE,
    storage_reader: StorageReader,
    process_group: Any = None,
    coordinator_rank: int = 0,
    no_dist: bool = False,
    planner: LoadPlanner | None = None,
) -> None:
    """:func:`load`, into a state in which nothing stands for its state."""
    processes = _DistWrapper(process_group, not no_dist, coordinator_rank)
    steps = _Loading(state_dict, storage_reader, planner or DefaultLoadPlanner(), processes)
    plan = processes.reduce_scatter("plan", steps.local_plan, steps.global_plans)
    processes.all_gather("read", lambda: steps.read(plan))


class _Loading:
    """One call that loads: what planner and reader are asked for, step by step."""

    def __init__(
        self, state_dict: STATE_DICT_TYPE, reader: StorageReader, planner: LoadPlanner, processes: _DistWrapper
    ) -> None:
        self.state_dict, self.reader, self.planner, self.processes = state_dict, reader, planner, processes

    def local_plan(self) -> LoadPlan:
        """What this process needs."""
        metadata, is_shared = self._metadata()
        is_coordinator = self.processes.is_coordinator
        self.planner.set_up_planner(self.state_dict, metadata, is_coordinator)
        about = {}
        if "kwargs" in inspect.signature(self.reader.set_up_storage_reader).parameters:
            about = {"rank": self.processes.rank, "use_collectives": is_shared}
        self.reader.set_up_storage_reader(metadata, is_coordinator, **about)
        return self.reader.prepare_local_plan(self.planner.create_local_plan())

    def _metadata(self) -> tuple[Metadata, bool]:
        """What is in the checkpoint that all wrote, or in that which this process wrote for itself."""
        try:
            return self.reader.read_metadata(), True
        except FileNotFoundError:
            if "kwargs" not in inspect.signature(self.reader.read_metadata).parameters:
                raise
            try:
                return self.reader.read_metadata(rank=self.processes.rank), False
            except FileNotFoundError:
                pass
            raise

    def global_plans(self, plans: list[LoadPlan]) -> list[LoadPlan]:
        """What each process reads."""
        return self.reader.prepare_global_plan(self.planner.create_global_plan(plans))

    def read(self, plan: LoadPlan) -> None:
        """Read what this process reads."""
        self.reader.read_data(self.planner.finish_plan(plan), self.planner).wait()


def _load_state_dict_from_keys(
    keys: set[str] | str | None = None,
    *,
    checkpoint_id: Any = None,
    storage_reader: StorageReader | None = None,
    process_group: Any = None,
) -> dict[str, Any]:
    """What a checkpoint has, in this process: everything, or what has some names or is below them.

    Args:
        keys: The names.
        checkpoint_id, storage_reader, process_group: As for :func:`load`.
    """
    reader = storage_for(storage_reader, checkpoint_id, reads=True)
    state: dict[str, Any] = {}
    wanted = {keys} if isinstance(keys, str) else keys
    _load_state_dict(state, reader, process_group, planner=_EmptyStateDictLoadPlanner(wanted))
    return state


def load_state_dict(
    state_dict: STATE_DICT_TYPE,
    storage_reader: StorageReader,
    process_group: Any = None,
    coordinator_rank: int = 0,
    no_dist: bool = False,
    planner: LoadPlanner | None = None,
) -> None:
    """The older form of :func:`load`, in which nothing stands for its state.

    Args:
        state_dict: As for :func:`load`.
        storage_reader: Who reads.
        process_group: Who takes part.
        coordinator_rank: The number, in the group, of the process that decides.
        no_dist: This process reads alone.
        planner: Who decides what is read.
    """
    storage_reader.reset()
    _load_state_dict(state_dict, storage_reader, process_group, coordinator_rank, no_dist, planner)
