"""Who decides what is saved and loaded by whom: the contract of planners, and the plans that they make."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch.distributed.checkpoint.metadata import (
    STATE_DICT_TYPE,
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    StorageMeta,
    TensorProperties,
)

__all__ = [
    "BytesIOWriteData",
    "LoadItemType",
    "LoadPlan",
    "LoadPlanner",
    "ReadItem",
    "SavePlan",
    "SavePlanner",
    "TensorWriteData",
    "WriteItem",
    "WriteItemType",
]


class WriteItemType(Enum):
    """What is written: a whole tensor, a piece of one, or another value."""

    TENSOR = auto()
    SHARD = auto()
    BYTE_IO = auto()


class LoadItemType(Enum):
    """What is read: a tensor or another value."""

    TENSOR = auto()
    BYTE_IO = auto()


@dataclass(frozen=True)
class BytesIOWriteData:
    """How long a value that is no tensor is."""

    nbytes: int


@dataclass(frozen=True)
class TensorWriteData:
    """A piece of a tensor: which one, and what the whole is."""

    chunk: ChunkStorageMetadata
    properties: TensorProperties
    size: torch.Size


@dataclass(frozen=True)
class WriteItem:
    """Something that one process writes.

    Args:
        index: Its name.
        type: What it is.
        bytes_io_data: Its length, if it is no tensor and that is known.
        tensor_data: Which piece of which tensor, if it is one.
    """

    index: MetadataIndex
    type: WriteItemType
    bytes_io_data: BytesIOWriteData | None = None
    tensor_data: TensorWriteData | None = None

    def tensor_storage_size(self) -> int | None:
        """The bytes of the whole tensor; None of other values."""
        if self.tensor_data is None:
            return None
        return self.tensor_data.size.numel() * int(self.tensor_data.properties.dtype.itemsize)


@dataclass(frozen=True)
class ReadItem:
    """Something that one process reads.

    Args:
        type: What it is.
        dest_index: Where it goes: the name in the state.
        dest_offsets: Where the rectangle begins in this process's tensor.
        storage_index: Where it comes from: the name in the checkpoint.
        storage_offsets: Where the rectangle begins in the piece of that name.
        lengths: How long the rectangle is.
    """

    type: LoadItemType
    dest_index: MetadataIndex
    dest_offsets: torch.Size
    storage_index: MetadataIndex
    storage_offsets: torch.Size
    lengths: torch.Size


@dataclass(frozen=True)
class SavePlan:
    """What a process writes, with whatever planner and writer add.

    A plan that is not ``usable`` stands for the one of last time.
    """

    items: list[WriteItem]
    storage_data: Any = None
    planner_data: Any = None
    usable: bool = True


@dataclass
class LoadPlan:
    """What a process reads, with whatever planner and reader add."""

    items: list[ReadItem]
    storage_data: Any = None
    planner_data: Any = None


class SavePlanner(ABC):
    """Decides what is saved, by whom, and in which form.

    In each call that saves, the methods are called in this order: :meth:`set_up_planner` and
    :meth:`create_local_plan` in every process; :meth:`create_global_plan` in one, with the plans of all;
    :meth:`finish_plan` in every process; then :meth:`resolve_data` for everything that is written. Programs derive
    :class:`DefaultSavePlanner` rather than this: to change the state in ``set_up_planner``, values in
    ``resolve_data``, shares in ``create_global_plan``.
    """

    # Plans of last time, by the name of a planner: this process's own, those of all, and what came of them.
    _cached_save_plan: ClassVar[dict[str, SavePlan]] = {}
    _cached_final_save_plan: ClassVar[dict[str, SavePlan]] = {}
    _cached_all_plans: ClassVar[dict[str, list[SavePlan]]] = {}
    _cached_global_plan: ClassVar[dict[str, list[SavePlan]]] = {}
    _cached_metadata: ClassVar[dict[str, Metadata]] = {}

    @abstractmethod
    def set_up_planner(
        self, state_dict: STATE_DICT_TYPE, storage_meta: StorageMeta | None = None, is_coordinator: bool = False
    ) -> None:
        """Keep the state; it is not given again. Called in every process."""

    @abstractmethod
    def create_local_plan(self) -> SavePlan:
        """What this process has to write. Called in every process."""

    @abstractmethod
    def create_global_plan(self, all_plans: list[SavePlan]) -> tuple[list[SavePlan], Metadata]:
        """What each process writes, given what each has, and what will be in the checkpoint. Called in one process."""

    @abstractmethod
    def finish_plan(self, new_plan: SavePlan) -> SavePlan:
        """What this process writes, given what was decided about it. Called in every process."""

    @abstractmethod
    def resolve_data(self, write_item: WriteItem) -> torch.Tensor | io.BytesIO:
        """The tensor, or the bytes of another value, that are written.

        May be called several times for an item, and from several threads. Tensors may be views, on any device.
        """


class LoadPlanner(ABC):
    """Decides what is loaded, by whom, and where it goes.

    In each call that loads, the methods are called in this order: :meth:`set_up_planner` and
    :meth:`create_local_plan` in every process; :meth:`create_global_plan` in one; :meth:`finish_plan` in every process;
    then for everything that is read :meth:`load_bytes`, or :meth:`resolve_tensor` and :meth:`commit_tensor`.
    """

    @abstractmethod
    def set_up_planner(
        self, state_dict: STATE_DICT_TYPE, metadata: Metadata | None = None, is_coordinator: bool = False
    ) -> None:
        """Keep the state that is loaded into, and what is in the checkpoint. Called in every process."""

    @abstractmethod
    def create_local_plan(self) -> LoadPlan:
        """What this process has to read. Called in every process."""

    @abstractmethod
    def create_global_plan(self, global_plan: list[LoadPlan]) -> list[LoadPlan]:
        """What each process reads, given what each has to. Called in one process."""

    @abstractmethod
    def finish_plan(self, central_plan: LoadPlan) -> LoadPlan:
        """What this process reads, given what was decided about it. Called in every process."""

    @abstractmethod
    def load_bytes(self, read_item: ReadItem, value: io.BytesIO) -> None:
        """Put a value that is no tensor into the state."""

    def resolve_bytes(self, read_item: ReadItem) -> io.BytesIO:
        """The bytes to read into, for readers that ask for them: planners may have none.

        Raises:
            NotImplementedError: unless a derived class does otherwise.
        """
        raise NotImplementedError("LoadPlanner.resolve_bytes is not implemented")

    @abstractmethod
    def resolve_tensor(self, read_item: ReadItem) -> torch.Tensor:
        """The rectangle of the state that is read into; or another tensor, for :meth:`commit_tensor` to copy from."""

    @abstractmethod
    def commit_tensor(self, read_item: ReadItem, tensor: torch.Tensor) -> None:
        """Called when the tensor that :meth:`resolve_tensor` returned has been read."""
