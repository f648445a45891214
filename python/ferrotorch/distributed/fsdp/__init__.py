"""Modules whose parameters are spread over processes: there are none here, and no module is one of them."""

from __future__ import annotations

from typing import Any, NoReturn

from ferrotorch.nn.modules.module import Module

__all__ = ["FSDPModule", "FullyShardedDataParallel", "fully_shard"]

_ABSENT = "ferrotorch cannot spread the parameters of a module over processes"


class FullyShardedDataParallel(Module):
    """A module whose parameters are spread over processes, which cannot be made here.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(_ABSENT)


class FSDPModule:
    """The type of modules whose parameters are spread over processes: there are none."""


def fully_shard(module: Module, **kwargs: Any) -> NoReturn:
    """Spread the parameters of a module over processes.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)
