"""Writing the states of modules and optimizers by several processes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from ferrotorch.distributed.checkpoint._async_saving import AsyncCheckpointerType, AsyncSaveResponse, saved_beside
from ferrotorch.distributed.checkpoint._messages import Messages
from ferrotorch.distributed.checkpoint._save_planner import DefaultSavePlanner
from ferrotorch.distributed.checkpoint._storage_utils import storage_for
from ferrotorch.distributed.checkpoint.metadata import STATE_DICT_TYPE, Metadata
from ferrotorch.distributed.checkpoint.planner import SavePlan, SavePlanner
from ferrotorch.distributed.checkpoint.stateful import Stateful
from ferrotorch.distributed.checkpoint.storage import StorageWriter, WriteResult
from ferrotorch.distributed.checkpoint.utils import _DistWrapper

__all__ = ["AsyncCheckpointerType", "AsyncSaveResponse", "async_save", "save", "save_state_dict"]


def save(
    state_dict: STATE_DICT_TYPE,
    *,
    checkpoint_id: Any = None,
    storage_writer: StorageWriter | None = None,
    planner: SavePlanner | None = None,
    process_group: Any = None,
    no_dist: bool = False,
    use_collectives: bool = True,
) -> Metadata:
    """Write a state together. The checkpoint that was there before is replaced when everything is on the disk.

    Args:
        state_dict: Nested dicts and lists of tensors and other values, alike in all processes, or different ones under
            different keys; objects with ``state_dict()`` and ``load_state_dict()`` at the top stand for their states.
        checkpoint_id: A folder, or a URL that the package fsspec knows.
        storage_writer: Who writes, by default files.
        planner: Who decides what is written, by default a :class:`DefaultSavePlanner`.
        process_group: Who takes part; by default all processes.
        no_dist: This process writes alone.
        use_collectives: False: each process writes a checkpoint of its own into the same folder, without a word to
            others until all are done. Only the process of the same number can read it.

    Returns:
        What is in the checkpoint.

    Raises:
        RuntimeError: neither a name nor a writer.
        CheckpointException: something failed in one of the processes.
    """
    writer = storage_for(storage_writer, checkpoint_id, reads=False)
    wrapper = _DistWrapper(process_group, not no_dist, 0)
    return _saved(_stateful_to_state_dict(state_dict), writer, planner, wrapper, use_collectives)


def _stateful_to_state_dict(state_dict: STATE_DICT_TYPE) -> STATE_DICT_TYPE:
    """The states of what has one, in the places of it."""
    return {key: value.state_dict() if isinstance(value, Stateful) else value for key, value in state_dict.items()}


def _takes(function: Callable[..., Any], name: str) -> bool:
    return name in inspect.signature(function).parameters


def _save_state_dict(
    state_dict: STATE_DICT_TYPE,
    storage_writer: StorageWriter,
    process_group: Any = None,
    coordinator_rank: int = 0,
    no_dist: bool = False,
    planner: SavePlanner | None = None,
    use_collectives: bool = True,
) -> Metadata:
    """:func:`save`, of a state in which nothing stands for its state."""
    wrapper = _DistWrapper(process_group, not no_dist, coordinator_rank)
    return _saved(state_dict, storage_writer, planner, wrapper, use_collectives)


def _saved(
    state_dict: STATE_DICT_TYPE,
    writer: StorageWriter,
    planner: SavePlanner | None,
    processes: _DistWrapper,
    use_collectives: bool = True,
) -> Metadata:
    """The steps of saving."""
    steps = _Saving(state_dict, writer, planner or DefaultSavePlanner(), processes, use_collectives)
    if use_collectives:
        plan = processes.reduce_scatter("plan", steps.local_plan, steps.global_plans)
        return processes.all_reduce("write", lambda: steps.write(plan), steps.finish)
    metadata = steps.finish([steps.write(steps.global_plans([steps.local_plan()])[0])])
    processes.barrier()
    return metadata


class _Saving:
    """One call that saves: what planner and writer are asked for, step by step."""

    def __init__(
        self,
        state_dict: STATE_DICT_TYPE,
        writer: StorageWriter,
        planner: SavePlanner,
        processes: _DistWrapper,
        use_collectives: bool,
    ) -> None:
        self.state_dict, self.writer, self.planner = state_dict, writer, planner
        self.processes, self.use_collectives = processes, use_collectives
        self.metadata: Metadata | None = None

    def local_plan(self) -> SavePlan:
        """What this process has."""
        is_coordinator = self.processes.is_coordinator
        if _takes(self.planner.set_up_planner, "storage_meta"):
            self.planner.set_up_planner(
                state_dict=self.state_dict,
                storage_meta=self.writer.storage_meta(),
                is_coordinator=is_coordinator,
            )
        else:
            # Planners of before PyTorch 2.3 do not hear of the storage.
            self.planner.set_up_planner(self.state_dict, is_coordinator)  # type: ignore[arg-type]
        about = {}
        if _takes(self.writer.set_up_storage_writer, "kwargs"):
            about = {"rank": self.processes.rank, "use_collectives": self.use_collectives}
        self.writer.set_up_storage_writer(is_coordinator, **about)
        return self.writer.prepare_local_plan(self.planner.create_local_plan())

    def global_plans(self, plans: list[SavePlan]) -> list[SavePlan]:
        """What each process writes."""
        plans, self.metadata = self.planner.create_global_plan(plans)
        return self.writer.prepare_global_plan(plans)

    def write(self, plan: SavePlan) -> list[WriteResult]:
        """Write what this process writes."""
        writing = self.writer.write_data(self.planner.finish_plan(plan), self.planner)
        writing.wait()
        return writing.value()

    def finish(self, results: list[list[WriteResult]]) -> Metadata:
        """Make a checkpoint of what all have written."""
        assert self.metadata is not None
        self.writer.finish(metadata=self.metadata, results=results)
        return self.metadata


def async_save(
    state_dict: STATE_DICT_TYPE,
    *,
    checkpoint_id: Any = None,
    storage_writer: StorageWriter | None = None,
    planner: SavePlanner | None = None,
    process_group: Any = None,
    async_checkpointer_type: AsyncCheckpointerType = AsyncCheckpointerType.THREAD,
    async_stager: Any = None,
    no_dist: bool = False,
    use_collectives: bool = True,
) -> Future[Any] | AsyncSaveResponse:
    """:func:`save` beside the program: the state is copied, then a thread, or another process, saves the copy.

    They talk through a store of their own, so the program may use the group meanwhile. A process, which is started for
    each checkpoint, leaves the program its interpreter; state, planner and writer are pickled for it.

    Args:
        state_dict: As for :func:`save`. The program may change it as soon as this returns.
        checkpoint_id, storage_writer, planner, process_group, no_dist, use_collectives: As for :func:`save`.
        async_checkpointer_type: ``THREAD`` or ``PROCESS``.
        async_stager: Who copies the state; by default the writer, if it can, or a `BlockingAsyncStager`.

    Returns:
        The future of what is in the checkpoint; where the stager returns a future, that of the copy too.

    Raises:
        TypeError: another type.
    """
    if not isinstance(async_checkpointer_type, AsyncCheckpointerType):
        raise TypeError(f"async_save: {async_checkpointer_type!r} is no AsyncCheckpointerType")
    writer = storage_for(storage_writer, checkpoint_id, reads=False)
    work = partial(_save_copy, writer, planner, use_collectives)
    state = _stateful_to_state_dict(state_dict)
    return saved_beside(state, writer, async_stager, work, process_group, no_dist, async_checkpointer_type)


def _save_copy(
    writer: StorageWriter,
    planner: SavePlanner | None,
    use_collectives: bool,
    state: STATE_DICT_TYPE,
    messages: Messages | None = None,
) -> Metadata:
    """Save a copy of a state; without messages of its own by the group of all."""
    wrapper = _DistWrapper(None, messages is None or messages.size > 1, 0, messages)
    return _saved(state, writer, planner, wrapper, use_collectives)


def save_state_dict(
    state_dict: STATE_DICT_TYPE,
    storage_writer: StorageWriter,
    process_group: Any = None,
    coordinator_rank: int = 0,
    no_dist: bool = False,
    planner: SavePlanner | None = None,
) -> Metadata:
    """The older form of :func:`save`, in which nothing stands for its state.

    Args:
        state_dict: As for :func:`save`.
        storage_writer: Who writes.
        process_group: Who takes part.
        coordinator_rank: The number, in the group, of the process that decides.
        no_dist: This process writes alone.
        planner: Who decides what is written.
    """
    storage_writer.reset()
    return _save_state_dict(state_dict, storage_writer, process_group, coordinator_rank, no_dist, planner)
