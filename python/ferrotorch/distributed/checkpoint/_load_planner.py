"""The planner of loading that is used where a call names none."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.checkpoint._nested_dict import FLATTEN_MAPPING, flatten_state_dict, real_places
from ferrotorch.distributed.checkpoint._plans import create_default_global_load_plan, create_default_local_load_plan
from ferrotorch.distributed.checkpoint._traverse import set_element
from ferrotorch.distributed.checkpoint.metadata import (
    STATE_DICT_TYPE,
    Metadata,
    MetadataIndex,
    TensorStorageMetadata,
)
from ferrotorch.distributed.checkpoint.planner import LoadPlan, LoadPlanner, ReadItem
from ferrotorch.distributed.checkpoint.planner_helpers import _init_state_dict
from ferrotorch.distributed.checkpoint.utils import find_state_dict_object

__all__ = ["DefaultLoadPlanner"]


def narrow_tensor_by_index(tensor: torch.Tensor, offsets: Sequence[int], sizes: Sequence[int]) -> torch.Tensor:
    """A rectangle of a tensor: where it begins in each dimension, and how long it is."""
    if tuple(sizes) == tuple(tensor.shape):
        return tensor
    window = zip(offsets, sizes, strict=True)
    return tensor[tuple(slice(begin, begin + length) for begin, length in window)]


class DefaultLoadPlanner(LoadPlanner):
    """Reads into the tensors of a state, each process what its pieces meet, and puts other values in their places.

    Args:
        flatten_state_dict: Entries of the checkpoint are leaves of nested dicts and lists.
        flatten_sharded_tensors: Accepted: no tensor here has pieces that are tensors over processes themselves.
        allow_partial_load: What the checkpoint does not have stays as it is.
    """

    original_state_dict: STATE_DICT_TYPE
    mappings: FLATTEN_MAPPING

    def __init__(
        self, flatten_state_dict: bool = True, flatten_sharded_tensors: bool = True, allow_partial_load: bool = False
    ) -> None:
        self.flatten_state_dict = flatten_state_dict
        self.flatten_sharded_tensors = flatten_sharded_tensors
        self.allow_partial_load = allow_partial_load
        self.original_state_dict = {}
        self.mappings = {}
        self._places: dict[str, tuple[Any, ...]] = {}

    def set_up_planner(
        self, state_dict: STATE_DICT_TYPE, metadata: Metadata | None = None, is_coordinator: bool = False
    ) -> None:
        """Keep the state, by names; tensors without memory get some."""
        _init_state_dict(state_dict)
        self.original_state_dict = state_dict
        self.state_dict = state_dict
        if self.flatten_state_dict:
            self._flatten()
        self.metadata = metadata
        self.is_coordinator = is_coordinator

    def _flatten(self, dicts_always: bool = True) -> None:
        self.state_dict, self.mappings = flatten_state_dict(self.original_state_dict, dicts_always=dicts_always)
        self._places = real_places(self.original_state_dict, dicts_always=dicts_always)

    def create_local_plan(self) -> LoadPlan:
        """What fills the state.

        Raises:
            RuntimeError: the checkpoint does not have a name of it.
            ValueError: a tensor has another shape there.
        """
        assert self.metadata is not None
        missing = self.metadata.state_dict_metadata.keys() - self.state_dict.keys()
        if self.flatten_state_dict and missing:
            # PyTorch before 2.4 saved dicts without tensors in them as one value.
            older, _ = flatten_state_dict(self.original_state_dict, dicts_always=False)
            if older.keys() & missing:
                self._flatten(dicts_always=False)
        return create_default_local_load_plan(self.state_dict, self.metadata, not self.allow_partial_load)

    def create_global_plan(self, global_plan: list[LoadPlan]) -> list[LoadPlan]:
        """The plans as they are."""
        return create_default_global_load_plan(global_plan)

    def finish_plan(self, central_plan: LoadPlan) -> LoadPlan:
        """The plan as it is."""
        return central_plan

    def load_bytes(self, read_item: ReadItem, value: io.BytesIO) -> None:
        """Put a value that is no tensor in its place. Files that hold more than data are refused; see `torch.load`."""
        name, loaded = read_item.dest_index.fqn, torch.load(value)
        if self.flatten_state_dict:
            set_element(self.original_state_dict, self._places.get(name, self.mappings[name]), loaded)
        else:
            self.state_dict[name] = loaded

    def resolve_tensor(self, read_item: ReadItem) -> torch.Tensor:
        """The rectangle of the state that is read into."""
        return self.transform_tensor(read_item, self.lookup_tensor(read_item.dest_index))

    def commit_tensor(self, read_item: ReadItem, tensor: torch.Tensor) -> None:
        """Nothing is left to do: what is read into is the state's own memory."""

    def lookup_tensor(self, index: MetadataIndex) -> torch.Tensor:
        """The tensor, or this process's part of it, of a name; for derived classes to change."""
        found: torch.Tensor = find_state_dict_object(self.state_dict, index)
        return found

    def transform_tensor(self, read_item: ReadItem, tensor: torch.Tensor) -> torch.Tensor:
        """The rectangle of it that is read into; for derived classes to change."""
        return narrow_tensor_by_index(tensor, read_item.dest_offsets, read_item.lengths)


class _EmptyStateDictLoadPlanner(DefaultLoadPlanner):
    """Makes the state that it loads into, which begins empty, of what is in the checkpoint; in one process.

    Args:
        keys: What is loaded: names, or beginnings of them up to a point; by default everything.
    """

    def __init__(self, keys: set[str] | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = keys

    def set_up_planner(
        self, state_dict: STATE_DICT_TYPE, metadata: Metadata | None = None, is_coordinator: bool = False
    ) -> None:
        """Give the state what is in the checkpoint.

        Raises:
            AssertionError: the state is not empty.
        """
        assert not state_dict, "the state has to be empty"
        assert metadata is not None
        places = metadata.planner_data or {}
        for name, entry in metadata.state_dict_metadata.items():
            path = places.get(name, (name,))
            if not self._is_asked_for(name, path):
                continue
            value: Any = entry
            if isinstance(entry, TensorStorageMetadata):
                value = torch.empty(entry.size, dtype=entry.properties.dtype)
            set_element(state_dict, path, value)
        super().set_up_planner(state_dict, metadata, is_coordinator)

    def _is_asked_for(self, name: str, path: tuple[Any, ...]) -> bool:
        if self.keys is None or name in self.keys:
            return True
        return any(".".join(map(str, path[:length])) in self.keys for length in range(1, len(path)))
