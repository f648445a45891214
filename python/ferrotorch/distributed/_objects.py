"""Collective operations on Python objects, which are pickled: only between processes that trust one another."""

from __future__ import annotations

import pickle
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives, _point_to_point
from ferrotorch.distributed._collectives import root_of
from ferrotorch.distributed._groups import ProcessGroup, member

__all__ = [
    "all_gather_object",
    "broadcast_object_list",
    "gather_object",
    "recv_object_list",
    "scatter_object_list",
    "send_object_list",
]

Tensor = torch.Tensor


def _pickled(thing: Any) -> Tensor:
    return torch.frombuffer(bytearray(pickle.dumps(thing)), dtype=torch.uint8)


def _unpickled(data: Tensor) -> Any:
    return pickle.loads(data.numpy().tobytes())


def _sizes(group: ProcessGroup, size: int) -> list[int]:
    """The sizes that all processes name."""
    sizes = torch.empty(group.size(), dtype=torch.int64)
    _collectives.all_gather_into_tensor(sizes, torch.tensor([size]), group)
    return sizes.tolist()


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """Give every process the objects of all, in ``object_list`` in the order of ranks.

    Args:
        object_list: A list with a place for each process.
        obj: This process's, of any type that can be pickled.
        group: The processes; by default all.

    Raises:
        ValueError: a list that is too short.
    """
    found = member("all_gather_object", group)
    if found is None:
        return
    if len(object_list) < found.size():
        raise ValueError(f"all_gather_object: the list has {len(object_list)} places for {found.size()} processes")
    data = _pickled(obj)
    parts = [torch.empty(size, dtype=torch.uint8) for size in _sizes(found, data.numel())]
    _collectives.all_gather(parts, data, found)
    object_list[: found.size()] = [_unpickled(part) for part in parts]


def gather_object(
    obj: Any,
    object_gather_list: list[Any] | None = None,
    dst: int | None = None,
    group: Any = None,
    group_dst: int | None = None,
) -> None:
    """Give the process ``dst`` (by default 0) the objects of all, in ``object_gather_list``.

    Args:
        obj: This process's.
        object_gather_list: At ``dst`` a list with a place for each process, elsewhere None.
        dst: The number of the process in the job.
        group: The processes; by default all.
        group_dst: Instead of ``dst``: its number in the group.
    """
    found = member("gather_object", group)
    if found is None:
        return
    root = 0 if dst is None and group_dst is None else root_of("gather_object", found, dst, group_dst)
    is_root = root == found.rank()
    _collectives._list_at_root("gather_object", found, root, object_gather_list, "object_gather_list", "destination")
    data = _pickled(obj)
    sizes = _sizes(found, data.numel())
    parts = [torch.empty(size, dtype=torch.uint8) for size in sizes] if is_root else None
    _collectives.gather(data, parts, group=found, group_dst=root)
    if parts is not None and object_gather_list is not None:
        object_gather_list[:] = [_unpickled(part) for part in parts]


def broadcast_object_list(
    object_list: list[Any],
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
) -> None:
    """Give every process the objects of the process ``src`` (by default 0), in ``object_list``.

    Args:
        object_list: Of the same length everywhere.
        src: The number of the process in the job.
        group: The processes; by default all.
        device: Accepted: objects go through host memory.
        group_src: Instead of ``src``: its number in the group.

    Raises:
        ValueError: lists of different lengths.
    """
    found = member("broadcast_object_list", group)
    if found is None:
        return
    root = 0 if src is None and group_src is None else root_of("broadcast_object_list", found, src, group_src)
    is_root = root == found.rank()
    data = _pickled(object_list) if is_root else torch.empty(0, dtype=torch.uint8)
    head = torch.tensor([data.numel(), len(object_list)])
    _collectives.broadcast(head, group=found, group_src=root)
    size, count = head.tolist()
    if not is_root:
        data = torch.empty(size, dtype=torch.uint8)
    _collectives.broadcast(data, group=found, group_src=root)
    if count != len(object_list):
        raise ValueError(f"broadcast_object_list: {count} objects come for a list of {len(object_list)}")
    if not is_root:
        object_list[:] = _unpickled(data)


def scatter_object_list(
    scatter_object_output_list: list[Any],
    scatter_object_input_list: list[Any] | None = None,
    src: int | None = None,
    group: Any = None,
    group_src: int | None = None,
) -> None:
    """Give each process its object of a list at the process ``src``, in the first place of its own list.

    Args:
        scatter_object_output_list: A list with at least one place.
        scatter_object_input_list: At ``src`` an object for each process; elsewhere it does not matter.
        src: The number of the process in the job; by default 0.
        group: The processes; by default all.
        group_src: Instead of ``src``: its number in the group.

    Raises:
        ValueError: lists that are too short.
    """
    found = member("scatter_object_list", group)
    if found is None:
        return
    if not isinstance(scatter_object_output_list, list) or not scatter_object_output_list:
        raise ValueError("Expected argument scatter_object_output_list to be a list of size at least 1.")
    root = 0 if src is None and group_src is None else root_of("scatter_object_list", found, src, group_src)
    is_root = root == found.rank()
    given = scatter_object_input_list if is_root else None
    objects = _collectives._list_at_root(
        "scatter_object_list", found, root, given, "scatter_object_input_list", "source"
    )
    parts = [_pickled(thing) for thing in objects]
    size = torch.empty(1, dtype=torch.int64)
    sizes = [torch.tensor([part.numel()]) for part in parts] or None
    _collectives.scatter(size, sizes, group=found, group_src=root)
    data = torch.empty(int(size.item()), dtype=torch.uint8)
    _collectives.scatter(data, parts or None, group=found, group_src=root)
    scatter_object_output_list[0] = _unpickled(data)


def send_object_list(
    object_list: list[Any],
    dst: int | None = None,
    group: Any = None,
    device: Any = None,
    group_dst: int | None = None,
    use_batch: bool = False,
) -> None:
    """Send objects to a process, which calls :func:`recv_object_list` with a list of the same length."""
    data = _pickled(object_list)
    _point_to_point.send(torch.tensor([data.numel(), len(object_list)]), dst, group, group_dst=group_dst)
    _point_to_point.send(data, dst, group, group_dst=group_dst)


def recv_object_list(
    object_list: list[Any],
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
    use_batch: bool = False,
) -> int:
    """Receive objects into a list; returns the number of who sent them, -1 outside of the group.

    Raises:
        ValueError: another number of objects than the list has places.
    """
    head = torch.empty(2, dtype=torch.int64)
    sender = _point_to_point.recv(head, src, group, group_src=group_src)
    if sender == -1:
        return -1
    size, count = head.tolist()
    data = torch.empty(size, dtype=torch.uint8)
    _point_to_point.recv(data, sender, group)
    if count != len(object_list):
        raise ValueError(f"recv_object_list: {count} objects come for a list of {len(object_list)}")
    object_list[:] = _unpickled(data)
    return sender
