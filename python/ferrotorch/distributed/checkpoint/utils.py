"""Steps of several processes of which each may fail, values of states by name, and windows of files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, TypeVar

import ferrotorch as torch
from ferrotorch.distributed import _groups
from ferrotorch.distributed.checkpoint._messages import Alone, Messages, OfGroup
from ferrotorch.distributed.checkpoint.api import CheckpointException, Failure, _is_wrapped_exception, _wrap_exception
from ferrotorch.distributed.checkpoint.metadata import STATE_DICT_TYPE, MetadataIndex
from ferrotorch.distributed.checkpoint.protocol import _get_checkpointable_tensor_shard, _is_checkpointable_tensor

__all__ = ["find_state_dict_object", "find_tensor_shard"]

T = TypeVar("T")
R = TypeVar("R")


def messages_of(process_group: Any, no_dist: bool, root: int = 0) -> Messages:
    """How the processes of a call talk: through their group, or not at all."""
    if no_dist or not _groups.is_initialized():
        return Alone()
    return OfGroup(_groups.member("checkpoint", process_group), root)


def _caught(step: Callable[[], Any]) -> Any:
    """What a step returns, or what it raises, as other processes are told."""
    try:
        return step()
    except BaseException as error:
        return _wrap_exception(error)


class _DistWrapper:
    """Steps that are taken by every process, of whose results one process makes something.

    Whatever is raised in one process, all raise a :class:`CheckpointException` that names the step.

    Args:
        group: The processes; by default all.
        use_dist: False: this process is alone.
        coordinator_rank: The number of who makes something of the results.
        messages: How they talk, if not through the group.
    """

    def __init__(self, group: Any, use_dist: bool, coordinator_rank: int, messages: Messages | None = None) -> None:
        self.group, self.use_dist = group, use_dist
        self.messages = messages or messages_of(group, not use_dist, coordinator_rank)
        self.rank = self.messages.rank
        self.coordinator_rank = self.messages.root
        self.is_coordinator = self.rank == self.messages.root

    def get_rank(self) -> int:
        """The number of this process."""
        return self.rank

    def get_world_size(self) -> int:
        """The number of processes."""
        return self.messages.size

    def reduce_scatter(self, step: str, map_fun: Callable[[], T], reduce_fun: Callable[[list[T]], list[R]]) -> R:
        """``map_fun()`` everywhere; ``reduce_fun(results)`` in one process; its results each where it belongs."""
        made = self._reduced(step, map_fun, reduce_fun)
        if isinstance(made, CheckpointException):
            made = [made] * self.get_world_size()
        return self._returned(self.messages.scatter(made))

    def all_reduce(self, step: str, map_fun: Callable[[], T], reduce_fun: Callable[[list[T]], R]) -> R:
        """``map_fun()`` everywhere; ``reduce_fun(results)`` in one process; its result everywhere."""
        return self._returned(self.messages.broadcast(self._reduced(step, map_fun, reduce_fun)))

    def all_gather(self, step: str, map_fun: Callable[[], T]) -> list[T]:
        """``map_fun()`` everywhere; the results of all everywhere."""
        results = self.messages.all_gather(_caught(map_fun))
        failures = _failures(results)
        if failures:
            raise CheckpointException(step, failures)
        return results

    def broadcast(self, step: str, map_fun: Callable[[], T]) -> T:
        """``map_fun()`` in one process; its result everywhere."""
        made: Any = _caught(map_fun) if self.is_coordinator else None
        if _is_wrapped_exception(made):
            made = CheckpointException(step, {self.rank: made})
        return self._returned(self.messages.broadcast(made))

    def barrier(self) -> None:
        """Wait for all."""
        self.messages.barrier()

    def _reduced(self, step: str, map_fun: Callable[[], Any], reduce_fun: Callable[[list[Any]], Any]) -> Any:
        """What one process makes of everyone's results, or what went wrong; None elsewhere."""
        results = self.messages.gather(_caught(map_fun))
        if results is None:
            return None
        failures = _failures(results)
        if not failures:
            made = _caught(lambda: reduce_fun(results))
            if not _is_wrapped_exception(made):
                return made
            failures = {self.rank: made}
        return CheckpointException(step, failures)

    @staticmethod
    def _returned(result: Any) -> Any:
        if isinstance(result, CheckpointException):
            raise result
        return result


def _failures(results: list[Any]) -> dict[int, Failure]:
    return {rank: each for rank, each in enumerate(results) if _is_wrapped_exception(each)}


def find_tensor_shard(tensor: torch.Tensor, index: MetadataIndex) -> torch.Tensor:
    """The piece of a tensor that begins at ``index.offset``.

    A tensor that has ``__get_tensor_shard__(index)``, as a `DTensor` does, says itself which it is.

    Raises:
        ValueError: this process has no such piece.
    """
    own = getattr(tensor, "__get_tensor_shard__", None)
    if own is not None:
        found: torch.Tensor = own(index)
        return found
    if _is_checkpointable_tensor(tensor):
        return _get_checkpointable_tensor_shard(tensor, index)
    if index.offset is not None and any(index.offset):
        raise ValueError(f"FQN: '{index.fqn}' is not a ShardedTensor, can't find by offset: '{index.offset}'")
    return tensor


def find_state_dict_object(state_dict: STATE_DICT_TYPE, index: MetadataIndex) -> Any:
    """What a state has under a name: of tensors, the piece that begins at ``index.offset``.

    Raises:
        ValueError: there is nothing of that name, or no such piece.
    """
    if index.fqn not in state_dict:
        raise ValueError(f"Could not find FQN: '{index.fqn}'")
    value = state_dict[index.fqn]
    if isinstance(value, torch.Tensor):
        return find_tensor_shard(value, index)
    if index.offset is not None:
        raise ValueError(f"FQN: '{index.fqn}' is not a ShardedTensor, can't find by offset: '{index.offset}'")
    return value


def all_keys(state_dict: STATE_DICT_TYPE, process_group: Any = None) -> set[Any]:
    """The keys that the states of all processes have."""
    return set().union(*messages_of(process_group, False).all_gather(list(state_dict)))


def _assert_same_keys(state_dict: STATE_DICT_TYPE, process_group: Any = None) -> None:
    """Compare the keys of the states of all processes.

    Raises:
        AssertionError: others have keys that this process does not have.
    """
    missing = all_keys(state_dict, process_group) - state_dict.keys()
    if missing:
        raise AssertionError(f"Key(s) present in other ranks but not this one, difference: {missing}")


class _ReaderView(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: Any, offset: int, length: int) -> None:
        super().__init__()
        self._file, self._offset, self._length, self._place = file, offset, length, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """Is the file?"""
        return bool(self._file.seekable())

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the part."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        self._place = max(origin + offset, 0)
        return self._place

    def tell(self) -> int:
        """The place in the part."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Read as much as there is room, and left in the part."""
        view = memoryview(buffer).cast("B")
        count = max(min(len(view), self._length - self._place), 0)
        self._file.seek(self._offset + self._place)
        found = self._file.readinto(view[:count]) if hasattr(self._file, "readinto") else None
        if found is None:
            data = self._file.read(count)
            found = len(data)
            view[:found] = data
        self._place += found
        return int(found)


def _create_file_view(file: Any, offset: int, length: int) -> io.IOBase:
    """The part of a file that begins somewhere and has some length, as a file; read ahead by blocks."""
    return io.BufferedReader(_ReaderView(file, offset, length))
