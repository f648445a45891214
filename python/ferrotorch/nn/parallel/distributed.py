"""A module that several processes train together."""

from __future__ import annotations

from typing import Any

from ferrotorch.nn.modules.module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """A module whose gradients are averaged over processes, which cannot be made here.

    Raises:
        ValueError: always; there is no group of processes.
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        raise ValueError(
            "Default process group has not been initialized, please make sure to call init_process_group. "
            "DistributedDataParallel needs one, and ferrotorch has no groups of processes: use the module itself"
        )
