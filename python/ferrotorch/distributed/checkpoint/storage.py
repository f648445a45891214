"""Where checkpoints are kept: the contract of those who write and read them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from ferrotorch.distributed.checkpoint.metadata import Metadata, MetadataIndex, StorageMeta
from ferrotorch.distributed.checkpoint.planner import LoadPlan, LoadPlanner, SavePlan, SavePlanner
from ferrotorch.futures import Future

__all__ = ["StorageReader", "StorageWriter", "WriteResult"]

Path = str | os.PathLike[str]


@dataclass(frozen=True)
class WriteResult:
    """Something that was written: its name, length, and where it is, in the words of who wrote it."""

    index: MetadataIndex
    size_in_bytes: int
    storage_data: Any


class StorageWriter(ABC):
    """Writes checkpoints.

    In each call that saves: :meth:`reset` if it names a checkpoint; :meth:`set_up_storage_writer` and
    :meth:`prepare_local_plan` in every process; :meth:`prepare_global_plan` in one; :meth:`write_data` in every
    process; :meth:`finish` in one.
    """

    @abstractmethod
    def reset(self, checkpoint_id: Path | None = None) -> None:
        """Begin a checkpoint, of this name if one is given."""

    @abstractmethod
    def set_up_storage_writer(self, is_coordinator: bool, *args: Any, **kwargs: Any) -> None:
        """Hear whether this is the process that finishes the checkpoint.

        A method that takes ``**kwargs`` also hears ``rank`` and ``use_collectives``.
        """

    @abstractmethod
    def prepare_local_plan(self, plan: SavePlan) -> SavePlan:
        """The plan of this process, with what the writer adds to it."""

    @abstractmethod
    def prepare_global_plan(self, plans: list[SavePlan]) -> list[SavePlan]:
        """The plans of all processes, with what the writer adds to them."""

    @abstractmethod
    def write_data(self, plan: SavePlan, planner: SavePlanner) -> Future[list[WriteResult]]:
        """Write everything in a plan, as ``planner.resolve_data`` gives it."""

    @abstractmethod
    def finish(self, metadata: Metadata, results: list[list[WriteResult]]) -> None:
        """Write what is in the checkpoint, now that everything is there; with that it is valid."""

    @classmethod
    @abstractmethod
    def validate_checkpoint_id(cls, checkpoint_id: Path) -> bool:
        """Can checkpoints of this name be written?"""

    def storage_meta(self) -> StorageMeta | None:
        """Where the checkpoint is, for planners."""
        return None


class StorageReader(ABC):
    """Reads checkpoints.

    In each call that loads: :meth:`reset` if it names a checkpoint; :meth:`read_metadata`,
    :meth:`set_up_storage_reader` and :meth:`prepare_local_plan` in every process; :meth:`prepare_global_plan` in one;
    :meth:`read_data` in every process.
    """

    @abstractmethod
    def reset(self, checkpoint_id: Path | None = None) -> None:
        """Begin to read a checkpoint, of this name if one is given."""

    @abstractmethod
    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        """What is in the checkpoint. With ``rank``, in the part of it that a process wrote for itself."""

    @abstractmethod
    def set_up_storage_reader(self, metadata: Metadata, is_coordinator: bool, *args: Any, **kwargs: Any) -> None:
        """Keep what is in the checkpoint."""

    @abstractmethod
    def prepare_local_plan(self, plan: LoadPlan) -> LoadPlan:
        """The plan of this process, with what the reader adds to it."""

    @abstractmethod
    def prepare_global_plan(self, plans: list[LoadPlan]) -> list[LoadPlan]:
        """The plans of all processes, with what the reader adds to them."""

    @abstractmethod
    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        """Read everything in a plan, into what the planner gives for it."""

    @classmethod
    @abstractmethod
    def validate_checkpoint_id(cls, checkpoint_id: Path) -> bool:
        """Can checkpoints of this name be read?"""
