"""Modules whose parameters are spread over processes: there are none here, and no module is one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from ferrotorch.nn.modules.module import Module

__all__ = [
    "CPUOffloadPolicy",
    "FSDPModule",
    "FullyShardedDataParallel",
    "MixedPrecisionPolicy",
    "OffloadPolicy",
    "fully_shard",
]

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


@dataclass(frozen=True)
class MixedPrecisionPolicy:
    """Settings of :func:`fully_shard`: dtypes of parameters, of sums of gradients and of results."""

    param_dtype: Any = None
    reduce_dtype: Any = None
    output_dtype: Any = None
    cast_forward_inputs: bool = True


@dataclass
class OffloadPolicy:
    """Settings of :func:`fully_shard`: parameters stay on their device."""


@dataclass
class CPUOffloadPolicy(OffloadPolicy):
    """Settings of :func:`fully_shard`: parameters are kept by the host."""

    pin_memory: bool = True


def fully_shard(module: Module, **kwargs: Any) -> NoReturn:
    """Spread the parameters of a module over processes.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)
