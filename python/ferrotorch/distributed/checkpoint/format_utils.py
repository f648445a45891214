"""From checkpoints of several processes to files of `torch.save`, and back."""

from __future__ import annotations

import os
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives, _groups
from ferrotorch.distributed.checkpoint._load_planner import (
    DefaultLoadPlanner,
    _EmptyStateDictLoadPlanner,
    narrow_tensor_by_index,
)
from ferrotorch.distributed.checkpoint._nested_dict import flatten_state_dict
from ferrotorch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter, done, put
from ferrotorch.distributed.checkpoint.metadata import (
    STATE_DICT_TYPE,
    STORAGE_TYPES,
    Metadata,
    TensorProperties,
    TensorStorageMetadata,
)
from ferrotorch.distributed.checkpoint.planner import LoadItemType, LoadPlan, LoadPlanner
from ferrotorch.distributed.checkpoint.planner_helpers import _create_chunk_list
from ferrotorch.distributed.checkpoint.state_dict_loader import _load_state_dict
from ferrotorch.distributed.checkpoint.state_dict_saver import _save_state_dict
from ferrotorch.distributed.checkpoint.storage import StorageReader
from ferrotorch.futures import Future

__all__ = ["BroadcastingTorchSaveReader", "DynamicMetaLoadPlanner", "dcp_to_torch_save", "torch_save_to_dcp"]

Path = str | os.PathLike[str]


def _only_tensors(name: str, who: Any) -> RuntimeError:
    return RuntimeError(
        f"Non-tensor value identified at {name}. At this time {type(who).__name__} only supports loading Tensors."
    )


class BroadcastingTorchSaveReader(StorageReader):
    """Reads a file of `torch.save` in one process, which gives the others what they need: tensors only.

    The planner has to be a :class:`DynamicMetaLoadPlanner`.

    Args:
        checkpoint_id: The file.
        coordinator_rank: The process.
    """

    def __init__(self, checkpoint_id: Path | None = None, coordinator_rank: int = 0) -> None:
        self.checkpoint_id, self.coordinator_rank = checkpoint_id, coordinator_rank
        self.is_coordinator = False

    def read_metadata(self) -> Metadata:
        """Nothing: what is in the file the planner takes from the state."""
        return Metadata(state_dict_metadata={})

    def set_up_storage_reader(self, metadata: Metadata, is_coordinator: bool) -> None:
        """Hear whether this process reads.

        Raises:
            AssertionError: no file, or another process than ``coordinator_rank`` is to read.
        """
        assert self.checkpoint_id is not None, "checkpoint_id must be set before setting up storage reader"
        self.is_coordinator = is_coordinator
        rank = _groups.member("checkpoint", None).rank() if _groups.is_initialized() else 0  # type: ignore[union-attr]
        if is_coordinator and rank != self.coordinator_rank:
            raise AssertionError(f"Coordinator rank mismatch: expected {self.coordinator_rank}, got {rank}")

    def prepare_local_plan(self, plan: LoadPlan) -> LoadPlan:
        """The plan as it is."""
        return plan

    def prepare_global_plan(self, plans: list[LoadPlan]) -> list[LoadPlan]:
        """The plans as they are."""
        return plans

    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        """Read the file in one process; each takes its pieces of each tensor that is sent to all.

        Raises:
            RuntimeError: the state has values that are no tensors.
        """
        assert isinstance(planner, DefaultLoadPlanner)
        state: dict[str, Any] = {}
        if self.is_coordinator:
            state = torch.load(self.checkpoint_id, map_location="cpu")
            state = flatten_state_dict(state)[0] if planner.flatten_state_dict else state
        for item in plan.items:
            name = item.storage_index.fqn
            if item.type is LoadItemType.BYTE_IO:
                raise _only_tensors(name, self)
            tensor = self._everywhere(state.get(name), planner.state_dict[name])
            put(planner, item, narrow_tensor_by_index(tensor, item.storage_offsets, item.lengths))
        return done()

    def _everywhere(self, tensor: Any, like: torch.Tensor) -> torch.Tensor:
        """The tensor that the reading process has."""
        if not self.is_coordinator:
            tensor = torch.empty(like.shape, dtype=like.dtype)
        tensor = tensor.to(like.dtype).contiguous()
        if _groups.is_initialized():
            _collectives.broadcast(tensor, src=self.coordinator_rank)
        found: torch.Tensor = tensor
        return found

    def reset(self, checkpoint_id: Path | None = None) -> None:
        """Read this file."""
        self.checkpoint_id = checkpoint_id

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: Path) -> bool:
        """Is it a file?"""
        return os.path.isfile(checkpoint_id)


class DynamicMetaLoadPlanner(DefaultLoadPlanner):
    """Takes what is in a checkpoint from the state that is loaded into: for files that do not say, of tensors only."""

    def set_up_planner(
        self, state_dict: STATE_DICT_TYPE, metadata: Metadata | None = None, is_coordinator: bool = False
    ) -> None:
        """Keep the state, and describe it as if it were what is loaded: each tensor in one piece.

        Raises:
            RuntimeError: it has values that are no tensors.
        """
        super().set_up_planner(state_dict, metadata, is_coordinator)
        entries: dict[str, STORAGE_TYPES] = {}
        for name, value in self.state_dict.items():
            if not isinstance(value, torch.Tensor):
                raise _only_tensors(name, self)
            whole = _create_chunk_list(torch.empty(value.size(), device="meta"))
            entries[name] = TensorStorageMetadata(TensorProperties(dtype=value.dtype), torch.Size(value.size()), whole)
        self.metadata = Metadata(state_dict_metadata=entries)


def dcp_to_torch_save(dcp_checkpoint_dir: Path, torch_save_path: Path) -> None:
    """Write the state in a checkpoint, with whole tensors, by `torch.save`; one process does it.

    Raises:
        CheckpointException: there is no checkpoint.
    """
    state: STATE_DICT_TYPE = {}
    reader = FileSystemReader(dcp_checkpoint_dir)
    _load_state_dict(state, storage_reader=reader, planner=_EmptyStateDictLoadPlanner(), no_dist=True)
    torch.save(state, torch_save_path)


def torch_save_to_dcp(torch_save_path: Path, dcp_checkpoint_dir: Path) -> None:
    """Write the state in a file of `torch.save` as a checkpoint; one process does it."""
    state = torch.load(torch_save_path, map_location="cpu")
    _save_state_dict(state, storage_writer=FileSystemWriter(dcp_checkpoint_dir), no_dist=True)


def _main() -> None:
    """``python -m ferrotorch.distributed.checkpoint.format_utils torch_to_dcp|dcp_to_torch SOURCE TARGET``."""
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["torch_to_dcp", "dcp_to_torch"], help="Conversion mode")
    parser.add_argument("src", help="Path to the source model")
    parser.add_argument("dst", help="Path to the destination model")
    args = parser.parse_args()
    is_to_dcp = args.mode == "torch_to_dcp"
    if not (os.path.isfile if is_to_dcp else os.path.isdir)(args.src):
        parser.exit(1, f"No checkpoint found at {args.src}. Skipping conversion.\n")
    (torch_save_to_dcp if is_to_dcp else dcp_to_torch_save)(args.src, args.dst)


if __name__ == "__main__":
    _main()
