"""Groups that divide another one: by lists of ranks, by machines, or each process into its part."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ferrotorch.distributed._groups import ProcessGroup, make_group, member, new_group
from ferrotorch.distributed._queries import get_process_group_ranks

__all__ = ["new_subgroups", "new_subgroups_by_enumeration", "split_group"]


def split_group(
    parent_pg: Any = None,
    split_ranks: list[list[int]] | None = None,
    timeout: timedelta | None = None,
    pg_options: Any = None,
    group_desc: str | None = None,
    backend: str | None = None,
) -> Any:
    """The part of a group that this process is in, when all its processes divide it together.

    Args:
        parent_pg: The group; by default that of all.
        split_ranks: The parts, as lists of ranks of that group; their order is that of the new ranks.
        timeout: How long an operation may take; by default as in the group of all.
        pg_options: Accepted.
        group_desc: A description.
        backend: A name; by default that of the group.

    Returns:
        The part; ``GroupMember.NON_GROUP_MEMBER`` where none has this process.

    Raises:
        ValueError: no parts, a rank in two of them or out of range; this process is not in the group.
    """
    parent = member("split_group", parent_pg)
    if parent is None:
        raise ValueError("split_group: this process is not in the parent group")
    if not split_ranks:
        raise ValueError("split_ranks cannot be None or empty")
    named = [rank for part in split_ranks for rank in part]
    if len(set(named)) != len(named):
        raise ValueError(f"the split group cannot have duplicate ranks: {split_ranks}")
    if not all(part and all(0 <= rank < parent.size() for rank in part) for part in split_ranks):
        raise ValueError(f"the split ranks {split_ranks} have to be parts of the {parent.size()} ranks of {parent}")
    of_job = [[parent._to_global(rank) for rank in part] for part in split_ranks]
    made = [make_group(part, timeout, backend or parent.name()) for part in of_job]
    own = next((one for one in made if isinstance(one, ProcessGroup)), None)
    if own is None:
        return made[0]
    own.group_desc = group_desc or f"{parent.group_desc}:split"
    return own


def new_subgroups_by_enumeration(
    ranks_per_subgroup_list: Sequence[Sequence[int]],
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    group_desc: str | None = None,
) -> tuple[Any, list[Any]]:
    """Groups of the processes named in lists; the one that this process is in, and all.

    Raises:
        ValueError: no lists, or a process that is in two of them.
    """
    if not ranks_per_subgroup_list:
        raise ValueError("The arg 'ranks_per_subgroup_list' cannot be empty")
    named = [rank for ranks in ranks_per_subgroup_list for rank in ranks]
    if len(set(named)) != len(named):
        raise ValueError(f"a rank is in two subgroups of {list(ranks_per_subgroup_list)}")
    made = [new_group(ranks, timeout, backend, group_desc=group_desc) for ranks in ranks_per_subgroup_list]
    mine = next((one for one in made if isinstance(one, ProcessGroup)), None)
    return mine, made


def new_subgroups(
    group_size: int | None = None,
    group: Any = None,
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    group_desc: str | None = None,
) -> tuple[Any, list[Any]]:
    """Groups of ``group_size`` processes of a group in a row; by default as many as there are on each machine.

    Raises:
        ValueError: the size does not divide the number of processes.
    """
    ranks = get_process_group_ranks(group)
    size = group_size or int(os.environ["LOCAL_WORLD_SIZE"])
    count = len(ranks)
    if size < 1 or count < size:
        raise ValueError(f"The arg 'group_size' ({size}) must not exceed the world size ({count})")
    if count % size:
        raise ValueError(f"The world size ({count}) must be divisible by 'group_size' ({size})")
    rows = [ranks[start : start + size] for start in range(0, count, size)]
    return new_subgroups_by_enumeration(rows, timeout, backend, pg_options, group_desc)
