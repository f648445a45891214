"""Checkpoints as folders of safetensors, as the Hugging Face Hub has them."""

from __future__ import annotations

import dataclasses
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._hf_files import CUSTOM_METADATA_KEY, Archive, file_name, merged
from ferrotorch.distributed.checkpoint._load_planner import narrow_tensor_by_index
from ferrotorch.distributed.checkpoint._metadata_file import StorageInfo
from ferrotorch.distributed.checkpoint.filesystem import (
    FileSystemReader,
    FileSystemWriter,
    SerializationFormat,
    done,
    put,
)
from ferrotorch.distributed.checkpoint.metadata import (
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    StorageMeta,
    TensorProperties,
    TensorStorageMetadata,
)
from ferrotorch.distributed.checkpoint.planner import LoadPlan, LoadPlanner, ReadItem, SavePlan, SavePlanner, WriteItem
from ferrotorch.distributed.checkpoint.storage import WriteResult
from ferrotorch.futures import Future

__all__ = ["HuggingFaceStorageReader", "HuggingFaceStorageWriter"]

SUFFIX = ".safetensors"
_INDEX = "model.safetensors.index.json"
_SHARDED = "sharded"


class HuggingFaceStorageWriter(FileSystemWriter):
    """Writes tensors, and nothing else, as safetensors.

    Args:
        path: The folder.
        fqn_to_index_mapping: By names of tensors, the number of the file that each is in, from 1; by default one file.
        thread_count: So many threads write, each a file.
        save_distributed: Each process writes its pieces of tensors that are spread into
            files of its own; else all tensors have to be whole.
        enable_consolidation: Such pieces go to a folder ``sharded``, and are put together in ``path``.
        thread_count_consolidation: So many threads put them together.
    """

    def __init__(
        self,
        path: str,
        fqn_to_index_mapping: dict[str, int] | None = None,
        thread_count: int = 1,
        save_distributed: bool = False,
        enable_consolidation: bool = False,
        thread_count_consolidation: int = 1,
    ) -> None:
        super().__init__(path=path, serialization_format=SerializationFormat.SAFETENSORS, thread_count=thread_count)
        self.fqn_to_index_mapping = fqn_to_index_mapping
        self.save_distributed, self.enable_consolidation = save_distributed, enable_consolidation
        self.thread_count_consolidation = thread_count_consolidation
        self.consolidated_output_path: str | None = None
        if enable_consolidation:
            self.consolidated_output_path = os.fspath(self.path)
            self.path = self.fs.concat_path(self.path, _SHARDED)

    def prepare_global_plan(self, plans: list[SavePlan]) -> list[SavePlan]:
        """Tell each process in which file each tensor is, and the number that its files have."""
        about: dict[str, Any] = {}
        if self.fqn_to_index_mapping is not None:
            about["fqn_to_index_mapping"] = self.fqn_to_index_mapping
        shares = [{"shard_index": number} if self.save_distributed else {} for number in range(1, len(plans) + 1)]
        return [
            dataclasses.replace(plan, storage_data={**about, **share})
            for plan, share in zip(plans, shares, strict=True)
        ]

    def write_data(self, plan: SavePlan, planner: SavePlanner) -> Future[list[WriteResult]]:
        """Write the files of this process."""
        about = plan.storage_data
        numbers: dict[str, int] = about.get("fqn_to_index_mapping") or {}
        files: dict[str, list[WriteItem]] = {}
        for item in plan.items:
            number = numbers[item.index.fqn] if numbers else 1
            name = file_name(number, max(numbers.values(), default=1), about.get("shard_index"))
            files.setdefault(name, []).append(item)
        return done(self._write_files(files, planner))

    def finish(self, metadata: Metadata, results: list[list[WriteResult]]) -> None:
        """Write the list of files; with ``enable_consolidation`` put pieces together before."""
        if self.save_distributed and not self.enable_consolidation:
            # Tensors are in several files, for which there is no list.
            return
        if self.save_distributed:
            assert self.consolidated_output_path is not None
            numbers = self.fqn_to_index_mapping or dict.fromkeys(metadata.state_dict_metadata, 1)
            merged(os.fspath(self.path), self.consolidated_output_path, numbers, self.thread_count_consolidation)
            return
        infos: dict[str, StorageInfo] = {each.index.fqn: each.storage_data for of_rank in results for each in of_rank}
        index = {
            "metadata": {"total_size": sum(info.length for info in infos.values())},
            "weight_map": {name: info.relative_path for name, info in infos.items()},
        }
        with self.fs.create_stream(self.fs.concat_path(self.path, _INDEX), "w") as file:
            json.dump(index, file, indent=2)

    @property
    def metadata_path(self) -> str:
        """The name of the list of files."""
        return _INDEX


class HuggingFaceStorageReader(FileSystemReader):
    """Reads a folder of safetensors, from the Hub or of :class:`HuggingFaceStorageWriter`.

    Args:
        path: The folder.
        thread_count: So many threads read, each a file.
    """

    def __init__(self, path: str, thread_count: int = 1) -> None:
        super().__init__(path=path)
        self.thread_count = thread_count

    def read_metadata(self) -> Metadata:
        """What is in the files of the folder."""
        entries: dict[str, Any] = {}
        places: dict[MetadataIndex, StorageInfo] = {}
        for path in sorted(self.fs.ls(self.path)):
            if path.endswith(SUFFIX):
                with Archive(path) as archive:
                    self._add(archive, path, entries, places)
        if not entries:
            raise FileNotFoundError(f"there are no safetensors in {self.path}")
        return Metadata(entries, storage_data=places, storage_meta=StorageMeta(load_id=self.load_id))

    def _add(self, archive: Archive, path: str, entries: dict[str, Any], places: dict[MetadataIndex, Any]) -> None:
        """Add the pieces in a file to what is in the checkpoint."""
        sharding = json.loads(archive.about.get(CUSTOM_METADATA_KEY) or "{}")
        for name, (dtype, shape) in archive.entries.items():
            offset = torch.Size(sharding[name]["saved_offsets"] if name in sharding else [0] * len(shape))
            chunk = ChunkStorageMetadata(offsets=offset, sizes=torch.Size(shape))
            end = [begin + length for begin, length in zip(offset, shape, strict=True)]
            entry = entries.setdefault(name, TensorStorageMetadata(TensorProperties(dtype=dtype), torch.Size(end), []))
            entry.chunks.append(chunk)
            entry.size = torch.Size(map(max, entry.size, end))
            places[MetadataIndex(name, offset)] = StorageInfo(path, 0, 0)

    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        """Read what a plan says, file by file; of tensors the rows that it says."""
        by_file: dict[str, list[ReadItem]] = {}
        for item in plan.items:
            by_file.setdefault(self.storage_data[item.storage_index].relative_path, []).append(item)

        def read(path: str) -> None:
            with Archive(path) as archive:
                for item in by_file[path]:
                    self._process_read_request(archive, item, planner)

        if self.thread_count <= 1 or len(by_file) <= 1:
            for path in by_file:
                read(path)
        else:
            with ThreadPoolExecutor(self.thread_count) as threads:
                list(threads.map(read, by_file))
        return done()

    def _process_read_request(self, archive: Archive, item: ReadItem, planner: LoadPlanner) -> None:
        piece = archive.tensor(item.storage_index.fqn)
        put(planner, item, narrow_tensor_by_index(piece, item.storage_offsets, item.lengths))
