"""Collective operations, which need a group of processes: there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

_NAMES = [
    "all_gather",
    "all_gather_into_tensor",
    "all_gather_object",
    "all_reduce",
    "all_to_all",
    "all_to_all_single",
    "barrier",
    "broadcast",
    "broadcast_object_list",
    "gather",
    "gather_object",
    "irecv",
    "isend",
    "monitored_barrier",
    "new_group",
    "recv",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
    "scatter_object_list",
    "send",
]


def _refusing(name: str) -> Callable[..., NoReturn]:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError(
            "Default process group has not been initialized, please make sure to call init_process_group. "
            f"torch.distributed.{name}() needs one, and ferrotorch has no groups of processes"
        )

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"``{name}`` of a group of processes.\n\n    Raises:\n        ValueError: always; there is none.\n"
    return refuse


globals().update({name: _refusing(name) for name in _NAMES})
__all__ = list(_NAMES)
