"""Writing and reading the states of modules and optimizers by several processes."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _barriers, _groups, _objects
from ferrotorch.distributed.checkpoint._files import CheckpointException, FileSystemReader, FileSystemWriter
from ferrotorch.distributed.checkpoint.default_planner import load_planner, save_planner
from ferrotorch.distributed.tensor._api import DTensor, unwrap

__all__ = ["async_save", "load", "load_state_dict", "save", "save_state_dict"]

Path = str | os.PathLike[str]


def _is_stateful(thing: Any) -> bool:
    return hasattr(thing, "state_dict") and hasattr(thing, "load_state_dict")


def _states(state_dict: dict[str, Any]) -> dict[str, Any]:
    """The states of what has one, in the place of it."""
    return {name: each.state_dict() if _is_stateful(each) else each for name, each in state_dict.items()}


def _entries(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The leaves of nested dicts and lists, with their places."""
    if isinstance(tree, dict) and tree:
        for key, below in tree.items():
            yield from _entries(below, (*path, key))
    elif isinstance(tree, list) and tree:
        for number, below in enumerate(tree):
            yield from _entries(below, (*path, number))
    else:
        yield path, tree


def _name(path: tuple[Any, ...]) -> str:
    """A place as text; keys that are numbers are told from texts."""
    return json.dumps(path)


def _owners(entries: dict[str, int], group: Any, takes_first: bool = False) -> dict[str, int]:
    """Which process writes each entry: of those that have it the one with least to write so far, or the first."""
    everyones: list[Any] = [entries]
    if group is not None:
        everyones = [None] * group.size()
        _objects.all_gather_object(everyones, entries, group)
    holders: dict[str, list[int]] = {}
    for rank, theirs in enumerate(everyones):
        for name in theirs:
            holders.setdefault(name, []).append(rank)
    written = [0] * len(everyones)
    owners: dict[str, int] = {}
    for name in sorted(holders, key=lambda each: (-everyones[holders[each][0]][each], each)):
        owners[name] = min(holders[name], key=lambda rank: (0 if takes_first else written[rank], rank))
        written[owners[name]] += everyones[owners[name]][name]
    return owners


def _group_of(process_group: Any, no_dist: bool) -> Any:
    if no_dist or not _groups.is_initialized():
        return None
    return _groups.member("checkpoint", process_group)


def save(
    state_dict: dict[str, Any],
    *,
    checkpoint_id: Path | None = None,
    storage_writer: FileSystemWriter | None = None,
    planner: Any = None,
    process_group: Any = None,
    no_dist: bool = False,
) -> None:
    """Write a state together. The checkpoint that was there before is replaced when everything is on the disk.

    Args:
        state_dict: Nested dicts and lists of tensors and plain values, alike in all processes, or different ones under
            different keys; objects with ``state_dict()`` at the top stand for their states.
        checkpoint_id: The folder.
        storage_writer: Instead of it.
        planner: Options, a :class:`DefaultSavePlanner`.
        process_group: Who writes; by default all processes.
        no_dist: This process writes alone.

    Raises:
        ValueError: no folder.
        TypeError: a planner of another class.
    """
    takes_first = save_planner(planner).dedup_save_to_lowest_rank
    if storage_writer is None:
        if checkpoint_id is None:
            raise ValueError("save: give checkpoint_id or storage_writer")
        storage_writer = FileSystemWriter(checkpoint_id)
    group = _group_of(process_group, no_dist)
    rank = 0 if group is None else group.rank()
    everything = {_name(path): leaf for path, leaf in _entries(_states(state_dict))}
    spread = {name: leaf for name, leaf in everything.items() if isinstance(leaf, DTensor)}
    leaves = {name: leaf for name, leaf in everything.items() if name not in spread}
    sizes = {name: leaf.nbytes if isinstance(leaf, torch.Tensor) else 64 for name, leaf in leaves.items()}
    owners = _owners(sizes, group, takes_first)
    tag = [uuid.uuid4().hex[:12]]
    if group is not None:
        _objects.broadcast_object_list(tag, group=group, group_src=0)
    mine = {name: _detached(leaf) for name, leaf in leaves.items() if owners[name] == rank}
    part = f"part-{tag[0]}-{rank}.pt"
    pieces = _pieces(spread, part)
    mine |= {piece[1]: _detached(spread[name].to_local()) for name, piece in pieces.items()}
    if mine:
        storage_writer.write_part(part, mine)
    everyones: list[Any] = [pieces]
    if group is not None:
        everyones = [None] * group.size()
        # Nobody is ahead of this: all parts are on the disk when it is done.
        _objects.all_gather_object(everyones, pieces, group)
    if rank == 0:
        places: dict[str, Any] = {name: f"part-{tag[0]}-{owner}.pt" for name, owner in owners.items()}
        for name, leaf in spread.items():
            of_all = [theirs[name] for theirs in everyones if name in theirs]
            places[name] = {"shape": list(leaf.shape), "pieces": of_all}
        storage_writer.finish(places)
    if group is not None:
        _barriers.barrier(group)


def _pieces(spread: dict[str, DTensor], part: str) -> dict[str, list[Any]]:
    """What this process writes of tensors that are spread: the part, a name in it, offset and shape in the whole.

    Raises:
        RuntimeError: processes have summands of a tensor.
    """
    pieces = {}
    for name, tensor in spread.items():
        spec = tensor._spec
        if any(placement.is_partial() for placement in spec.placements):
            raise RuntimeError(f"save: {name} is spread as {spec.placements}: redistribute it to Shard or Replicate")
        shape = spec.local_shape()
        if spec.is_first_copy() and all(shape):
            pieces[name] = [part, name, list(spec.local_offset()), list(shape)]
    return pieces


def _detached(leaf: Any) -> Any:
    """A leaf as it is written: a tensor with memory of its own size, on the host."""
    if not isinstance(leaf, torch.Tensor):
        return leaf
    plain = leaf.detach().cpu()
    return plain if plain.untyped_storage().nbytes() == plain.nbytes else plain.clone()


def load(
    state_dict: dict[str, Any],
    *,
    checkpoint_id: Path | None = None,
    storage_reader: FileSystemReader | None = None,
    planner: Any = None,
    process_group: Any = None,
    no_dist: bool = False,
) -> None:
    """Read a state: into the tensors of ``state_dict``, and in the place of its other values.

    Any number of processes may read, each what its own ``state_dict`` names.

    Args:
        state_dict: As for :func:`save`; objects with ``load_state_dict()`` at the top get what is read.
        checkpoint_id: The folder.
        storage_reader: Instead of it.
        planner: Options, a :class:`DefaultLoadPlanner`.
        process_group: Accepted: processes read without one another.
        no_dist: Accepted.

    Raises:
        ValueError: no folder.
        TypeError: a planner of another class.
        CheckpointException: no checkpoint there, none of a key, or a tensor of another shape.
    """
    is_partial = load_planner(planner).allow_partial_load
    if storage_reader is None:
        if checkpoint_id is None:
            raise ValueError("load: give checkpoint_id or storage_reader")
        storage_reader = FileSystemReader(checkpoint_id)
    states = _states(state_dict)
    present = set(storage_reader.names())
    for path, leaf in list(_entries(states)):
        if is_partial and _name(path) not in present:
            continue
        if isinstance(leaf, torch.Tensor):
            _fill(leaf, storage_reader, path)
        else:
            _put(states, path, storage_reader.read(_name(path)))
    for name, each in state_dict.items():
        if _is_stateful(each):
            each.load_state_dict(states[name])
        else:
            state_dict[name] = states[name]


def _fill(tensor: torch.Tensor, reader: FileSystemReader, path: tuple[Any, ...]) -> None:
    """Read a tensor, or this process's part of one that is spread."""
    name = _name(path)
    shape = reader.shape(name)
    if shape != list(tensor.shape):
        raise CheckpointException(
            f"Size mismatch between saved {shape} and current: {list(tensor.shape)} for {'.'.join(map(str, path))}"
        )
    offset, own = (0,) * tensor.dim(), tuple(tensor.shape)
    if isinstance(tensor, DTensor):
        offset, own = tensor._spec.local_offset(), tensor._spec.local_shape()
        tensor = unwrap(tensor)
    if all(own):
        with torch.no_grad():
            tensor.detach().copy_(reader.window(name, offset, own))


def _put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value


def async_save(
    state_dict: dict[str, Any],
    *,
    checkpoint_id: Path | None = None,
    storage_writer: FileSystemWriter | None = None,
    planner: Any = None,
    process_group: Any = None,
    async_checkpointer_type: Any = None,
    async_stager: Any = None,
    no_dist: bool = False,
) -> Future[None]:
    """:func:`save`, with a future of its end. The checkpoint is on the disk when this returns: MPI has one thread.

    Args:
        state_dict: As for :func:`save`.
        checkpoint_id, storage_writer, planner, process_group, no_dist: As for :func:`save`.
        async_checkpointer_type, async_stager: Accepted: nothing is left to do beside the program.
    """
    save(
        state_dict,
        checkpoint_id=checkpoint_id,
        storage_writer=storage_writer,
        planner=planner,
        process_group=process_group,
        no_dist=no_dist,
    )
    future: Future[None] = Future()
    future.set_result(None)
    return future


def save_state_dict(
    state_dict: dict[str, Any],
    storage_writer: FileSystemWriter,
    process_group: Any = None,
    coordinator_rank: int = 0,
    no_dist: bool = False,
    planner: Any = None,
) -> None:
    """The older form of :func:`save`."""
    save(state_dict, storage_writer=storage_writer, planner=planner, process_group=process_group, no_dist=no_dist)


def load_state_dict(
    state_dict: dict[str, Any],
    storage_reader: FileSystemReader,
    process_group: Any = None,
    coordinator_rank: int = 0,
    no_dist: bool = False,
    planner: Any = None,
) -> None:
    """The older form of :func:`load`."""
    load(state_dict, storage_reader=storage_reader, planner=planner, process_group=process_group, no_dist=no_dist)
