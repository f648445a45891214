"""Checkpoints as folders: files with values, and `.metadata`, which says where each is.

`.metadata` is what makes a checkpoint. It is replaced by renaming a file, which happens entirely or not at all, after
all other files are on the disk. A checkpoint that replaces another has files of other names, so that the old one is
whole until the new one is.
"""

from __future__ import annotations

import dataclasses
import io
import os
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._extension import ExtensionRegistry, StreamTransformExtension, changed_input
from ferrotorch.distributed.checkpoint._file_systems import FileSystem, FileSystemBase, PathLike
from ferrotorch.distributed.checkpoint._file_writing import (
    FileOptions,
    SerializationFormat,
    shared_out,
    synced,
    write_file,
)
from ferrotorch.distributed.checkpoint._load_planner import narrow_tensor_by_index
from ferrotorch.distributed.checkpoint._metadata_file import StorageInfo, is_inside, read_metadata, write_metadata
from ferrotorch.distributed.checkpoint.metadata import Metadata, MetadataIndex, StorageMeta
from ferrotorch.distributed.checkpoint.planner import (
    LoadItemType,
    LoadPlan,
    LoadPlanner,
    ReadItem,
    SavePlan,
    SavePlanner,
    WriteItem,
)
from ferrotorch.distributed.checkpoint.staging import BlockingAsyncStager
from ferrotorch.distributed.checkpoint.storage import StorageReader, StorageWriter, WriteResult
from ferrotorch.distributed.checkpoint.utils import _create_file_view
from ferrotorch.futures import Future

__all__ = ["FileSystem", "FileSystemBase", "FileSystemReader", "FileSystemWriter", "SerializationFormat"]

DEFAULT_SUFFIX = ".distcp"
CURRENT_DCP_VERSION = "1.0.0"
_METADATA = ".metadata"
_StorageInfo = StorageInfo
# The list of the format that this library had before it had PyTorch's.
_FORMER_LIST = "checkpoint.json"


@dataclass
class _StoragePrefix:
    """How the names of the files of one process begin."""

    prefix: str


def done(value: Any = None) -> Future[Any]:
    """A future of something that is there."""
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def _metadata_name(rank: int | None) -> str:
    return _METADATA if rank is None else f"__{rank}{_METADATA}"


class FileSystemWriter(BlockingAsyncStager, StorageWriter):
    """Writes checkpoints into a folder.

    Args:
        path: The folder; is made if it is not there.
        single_file_per_rank: False: each tensor and each other value has a file of its own.
        sync_files: Wait until files are on the disk. Without it a checkpoint that a crash of the machine interrupts
            may be lost, the old one too.
        thread_count: So many threads write, each a file.
        per_thread_copy_ahead: Accepted: tensors are copied from their device one by one.
        cache_staged_state_dict: Keep the memory into which :func:`async_save` copies the state, for the next time.
        overwrite: Replace a checkpoint that is there.
        serialization_format: What the files are; those of safetensors are for :class:`HuggingFaceStorageReader`.
    """

    fs: FileSystemBase

    def __init__(
        self,
        path: PathLike,
        single_file_per_rank: bool = True,
        sync_files: bool = True,
        thread_count: int = 1,
        per_thread_copy_ahead: int = 10_000_000,
        cache_staged_state_dict: bool = False,
        overwrite: bool = True,
        _extensions: Sequence[StreamTransformExtension] | None = None,
        serialization_format: SerializationFormat = SerializationFormat.TORCH_SAVE,
    ) -> None:
        BlockingAsyncStager.__init__(self, cache_staged_state_dict=cache_staged_state_dict)
        self.fs = FileSystem()
        self.path = self.fs.init_path(path)
        self.single_file_per_rank, self.sync_files = single_file_per_rank, sync_files
        self.thread_count, self.per_thread_copy_ahead = thread_count, per_thread_copy_ahead
        self.overwrite = overwrite
        self.serialization_format = serialization_format
        self.save_id = str(uuid.uuid4())
        self.rank: int | None = None
        self.use_collectives = True
        self._options = FileOptions(sync_files, serialization_format, tuple(_extensions or ()))

    def reset(self, checkpoint_id: PathLike | None = None) -> None:
        """Begin a checkpoint, in this folder if one is given."""
        if checkpoint_id:
            self.path = self.fs.init_path(checkpoint_id)
        self.save_id = str(uuid.uuid4())

    def set_up_storage_writer(self, is_coordinator: bool, *args: Any, **kwargs: Any) -> None:
        """Hear the number of this process, and whether each process finishes its own checkpoint."""
        self.rank = kwargs.get("rank")
        self.use_collectives = kwargs.get("use_collectives", True)

    def _own_rank(self) -> int | None:
        """The number of this process, where it writes a checkpoint for itself."""
        return None if self.use_collectives else self.rank

    def _metadata_path(self) -> PathLike:
        return self.fs.concat_path(self.path, _metadata_name(self._own_rank()))

    def prepare_local_plan(self, plan: SavePlan) -> SavePlan:
        """Make the folder.

        Raises:
            RuntimeError: there is a checkpoint, and it is not to be replaced.
        """
        self.fs.mkdir(self.path)
        if not self.overwrite and self.fs.exists(self._metadata_path()):
            raise RuntimeError(f"Checkpoint already exists and self.overwrite={self.overwrite!r}. It is {self.path}")
        rank = self._own_rank()
        return plan if rank is None else dataclasses.replace(plan, storage_data=self._prefix(rank))

    def prepare_global_plan(self, plans: list[SavePlan]) -> list[SavePlan]:
        """Give each process a beginning of names for its files."""
        return [
            dataclasses.replace(plan, storage_data=self._prefix(rank)) if plan.storage_data is None else plan
            for rank, plan in enumerate(plans)
        ]

    def _prefix(self, rank: int) -> _StoragePrefix:
        """Names that no file of a checkpoint which is there has."""
        is_there = self.fs.exists(self._metadata_path())
        return _StoragePrefix(f"__{rank}_{self.save_id[:8]}_" if is_there else f"__{rank}_")

    def write_data(self, plan: SavePlan, planner: SavePlanner) -> Future[list[WriteResult]]:
        """Write the files of this process."""
        count = max(self.thread_count, 1)
        shares = shared_out(count, plan.items) if self.single_file_per_rank else [[item] for item in plan.items]
        prefix = plan.storage_data.prefix
        filled = [share for share in shares if share]
        files = {f"{prefix}{number}{DEFAULT_SUFFIX}": share for number, share in enumerate(filled)}
        return done(self._write_files(files, planner))

    def _write_files(self, files: dict[str, list[WriteItem]], planner: SavePlanner) -> list[WriteResult]:
        def write(name: str) -> list[WriteResult]:
            path = self.fs.concat_path(self.path, name)
            return write_file(self.fs, path, name, files[name], planner, self._options)

        if self.thread_count <= 1 or len(files) <= 1:
            return [result for name in files for result in write(name)]
        with ThreadPoolExecutor(self.thread_count) as threads:
            return [result for results in threads.map(write, files) for result in results]

    def finish(self, metadata: Metadata, results: list[list[WriteResult]]) -> None:
        """Write `.metadata`, by which the checkpoint takes the place of the old one, and remove what was that one's."""
        metadata.version = CURRENT_DCP_VERSION
        metadata.storage_data = {each.index: each.storage_data for of_rank in results for each in of_rank}
        metadata.storage_meta = self.storage_meta()
        path = self._metadata_path()
        new = self.fs.concat_path(self.path, f"{_metadata_name(self._own_rank())}.tmp")
        with self.fs.create_stream(new, "wb") as stream:
            write_metadata(metadata, stream)
            if self.sync_files:
                synced(stream)
        self.fs.rename(new, path)
        if self.sync_files:
            self.fs.settle(self.path)
        self._remove_others({info.relative_path for info in metadata.storage_data.values()})

    def _remove_others(self, kept: set[str]) -> None:
        """Remove the files of the checkpoint that was replaced, and those of saving that was interrupted."""
        rank = self._own_rank()
        prefix = "__" if rank is None else f"__{rank}_"
        for path in self.fs.ls(self.path):
            name = os.path.basename(path)
            if name.startswith(prefix) and name.endswith(DEFAULT_SUFFIX) and name not in kept:
                with suppress(OSError):
                    self.fs.rm_file(path)

    def storage_meta(self) -> StorageMeta | None:
        """The folder, and the name of this call."""
        return StorageMeta(checkpoint_id=os.fspath(self.checkpoint_id), save_id=self.save_id)

    @property
    def checkpoint_id(self) -> PathLike:
        """The folder."""
        return self.path

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: PathLike) -> bool:
        """Can it be a folder?"""
        return FileSystem.validate_checkpoint_id(checkpoint_id)


class FileSystemReader(StorageReader):
    """Reads a checkpoint from a folder.

    Args:
        path: The folder.
        _extension_registry: What undoes changes of the bytes that the checkpoint names.
    """

    fs: FileSystemBase

    def __init__(self, path: PathLike, _extension_registry: ExtensionRegistry | None = None) -> None:
        self.fs = FileSystem()
        self.path = self.fs.init_path(path)
        self.storage_data: dict[MetadataIndex, Any] = {}
        self.load_id = str(uuid.uuid4())
        self._registry = _extension_registry or ExtensionRegistry()

    def reset(self, checkpoint_id: PathLike | None = None) -> None:
        """Begin to read a checkpoint, in this folder if one is given."""
        self.storage_data = {}
        if checkpoint_id:
            self.path = self.fs.init_path(checkpoint_id)
        self.load_id = str(uuid.uuid4())

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        """What is in the checkpoint; with ``rank``, in that which a process wrote for itself.

        Raises:
            FileNotFoundError: there is none in the folder.
            pickle.UnpicklingError: `.metadata` is damaged, or holds more than what is in a checkpoint.
        """
        path = self.fs.concat_path(self.path, _metadata_name(kwargs.get("rank")))
        if not self.fs.exists(path):
            raise FileNotFoundError(self._what_is_missing(_metadata_name(kwargs.get("rank"))))
        with self.fs.create_stream(path, "rb") as stream:
            metadata = read_metadata(stream)
        if getattr(metadata, "storage_meta", None) is None:
            metadata.storage_meta = StorageMeta()
        assert metadata.storage_meta is not None
        metadata.storage_meta.load_id = self.load_id
        return metadata

    def _what_is_missing(self, name: str) -> str:
        text = f"there is no checkpoint in {self.path}: it has no {name}"
        if self.fs.exists(self.fs.concat_path(self.path, _FORMER_LIST)):
            text += f", but a {_FORMER_LIST}, the list of a format of ferrotorch that is no longer read"
        return text

    def set_up_storage_reader(self, metadata: Metadata, is_coordinator: bool, *args: Any, **kwargs: Any) -> None:
        """Keep where everything is."""
        assert metadata.storage_data is not None
        self.storage_data = metadata.storage_data

    def prepare_local_plan(self, plan: LoadPlan) -> LoadPlan:
        """The plan as it is."""
        return plan

    def prepare_global_plan(self, plans: list[LoadPlan]) -> list[LoadPlan]:
        """The plans as they are."""
        return plans

    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        """Read what a plan says, file by file.

        Raises:
            ValueError: the checkpoint says that something is outside of its folder.
        """
        by_file: dict[str, list[ReadItem]] = {}
        for item in plan.items:
            by_file.setdefault(self.storage_data[item.storage_index].relative_path, []).append(item)
        for name, items in by_file.items():
            if not is_inside(name):
                raise ValueError(f"the checkpoint in {self.path} names a file outside of its folder: {name!r}")
            with self.fs.create_stream(self.fs.concat_path(self.path, name), "rb") as stream:
                for item in sorted(items, key=lambda each: self.storage_data[each.storage_index].offset):
                    self._read_item(item, stream, planner)
        return done()

    def _read_item(self, item: ReadItem, stream: Any, planner: LoadPlanner) -> None:
        info = self.storage_data[item.storage_index]
        part = _create_file_view(stream, info.offset, info.length)
        source = changed_input(self._registry, getattr(info, "transform_descriptors", None), part)
        if item.type is LoadItemType.BYTE_IO:
            planner.load_bytes(item, io.BytesIO(source.read(-1)))
            return
        if not source.seekable():
            source = io.BytesIO(source.read(-1))
        piece = torch.load(source, map_location="cpu", weights_only=True)
        put(planner, item, narrow_tensor_by_index(piece, item.storage_offsets, item.lengths))

    @property
    def checkpoint_id(self) -> PathLike:
        """The folder."""
        return self.path

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: PathLike) -> bool:
        """Can it be a folder?"""
        return FileSystem.validate_checkpoint_id(checkpoint_id)


def put(planner: LoadPlanner, item: ReadItem, rectangle: torch.Tensor) -> None:
    """Copy what an item is about to where the planner wants it.

    Raises:
        AssertionError: the planner gives a tensor of another shape.
    """
    target = planner.resolve_tensor(item).detach()
    if target.shape != rectangle.shape:
        raise AssertionError(f"req {item.storage_index} mismatch sizes {target.shape} vs {rectangle.shape}")
    target.copy_(rectangle)
    planner.commit_tensor(item, target)
