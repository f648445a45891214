"""Where PyTorch keeps groups of processes: the names of :mod:`ferrotorch.distributed`, and some inner ones."""

from __future__ import annotations

import warnings
from typing import Any

import ferrotorch.distributed as distributed
from ferrotorch.distributed import _groups

__all__ = ["_get_default_group", "_get_global_rank", "_rank_not_in_group"]


def _get_default_group() -> distributed.ProcessGroup:
    """The group of all processes.

    Raises:
        ValueError: there is none yet.
    """
    if _groups._state.world is None:
        raise ValueError(_groups.UNINITIALIZED)
    return _groups._state.world


def _get_global_rank(group: Any, rank: int) -> int:
    """The older name of :func:`ferrotorch.distributed.get_global_rank`."""
    warnings.warn(
        "`torch.distributed.distributed_c10d._get_global_rank` is deprecated, please use "
        "`torch.distributed.distributed_c10d.get_global_rank` instead",
        FutureWarning,
        stacklevel=2,
    )
    return distributed.get_global_rank(group, rank)


def _rank_not_in_group(group: Any) -> bool:
    """Is this process outside of a group?"""
    return bool(group is not None and group == distributed.GroupMember.NON_GROUP_MEMBER)


def __getattr__(name: str) -> Any:
    """A name of the package."""
    if name in distributed.__all__:
        return getattr(distributed, name)
    raise AttributeError(f"module 'torch.distributed.distributed_c10d' has no attribute {name!r}")
