"""``TORCH_DISTRIBUTED_DEBUG=DETAIL``: before each collective operation processes compare what they are about to do.

A collective operation that processes call in different orders, or with tensors of different shapes or dtypes, hangs or
computes nonsense. With this setting it raises, in every process, and names both calls.
"""

from __future__ import annotations

import enum
import os
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.distributed._communicator import Request
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed._sizes import Sizes, SizesCheck
from ferrotorch.distributed._work import DistError, Work

__all__ = ["Call", "DebugLevel", "compared", "get_debug_level", "set_debug_level", "set_debug_level_from_env"]

# Longer descriptions are cut: what differs is most often in front.
_LENGTH = 512


class DebugLevel(enum.Enum):
    """How much processes check one another's calls."""

    OFF = 0
    INFO = 1
    DETAIL = 2


def _level_of_environment() -> DebugLevel:
    text = os.environ.get("TORCH_DISTRIBUTED_DEBUG", "OFF").upper()
    if text not in DebugLevel.__members__:
        raise ValueError(f"The value of TORCH_DISTRIBUTED_DEBUG must be one of OFF, INFO, DETAIL, got {text}")
    return DebugLevel[text]


_level: DebugLevel | None = None


def get_debug_level() -> DebugLevel:
    """The level that is set; at first what ``TORCH_DISTRIBUTED_DEBUG`` says."""
    global _level
    if _level is None:
        _level = _level_of_environment()
    return _level


def set_debug_level(level: DebugLevel) -> None:
    """Set the level, in all processes alike."""
    global _level
    _level = level


def set_debug_level_from_env() -> None:
    """Set the level as ``TORCH_DISTRIBUTED_DEBUG`` says."""
    set_debug_level(_level_of_environment())


class Call(NamedTuple):
    """An operation as all processes of a group have to call it; sizes that differ between them are apart."""

    name: str
    tensors: Sequence[torch.Tensor]
    details: str = ""
    sizes: Sizes | None = None

    def description(self) -> str:
        """The call, for people."""
        shapes = ", ".join(f"{list(tensor.shape)} {tensor.dtype}" for tensor in self.tensors[:8])
        more = f" and {len(self.tensors) - 8} more" if len(self.tensors) > 8 else ""
        return f"{self.name}({shapes}{more}{', ' if shapes and self.details else ''}{self.details})"

    def key(self) -> int:
        """A number that other calls hardly have: of the name, the numbers of elements and the dtypes."""
        sizes = [(tensor.numel(), tensor.dtype) for tensor in self.tensors]
        return zlib.crc32(f"{self.name}{sizes}{self.details}".encode())


class _Compared:
    """The request of a few bytes by which processes notice that they do not call the same, and that of the call."""

    def __init__(self, group: Any, call: Call) -> None:
        self._group, self._call, self._key = group, call, call.key()
        self._bounds = torch.tensor([self._key, -self._key])
        self._check: Request = group._communicator.all_reduce(self._bounds, ReduceOp.MIN)
        self._is_checked = False
        self.sizes: Request | None = None
        self.request: Request | None = None

    def Test(self) -> bool:
        """Has it arrived? Raises where another process calls something else."""
        if not self._is_checked:
            if not self._check.Test():
                return False
            self._is_checked = True
            self._compare()
        if self.sizes is not None:
            if not self.sizes.Test():
                return False
            self.sizes = None
        return self.request is None or self.request.Test()

    def _compare(self) -> None:
        if self._bounds.tolist() != [self._key, -self._key]:
            raise DistError(
                f"{self._call.name}: the processes of {self._group} do not call the same operation on tensors of the "
                f"same size and dtype. Rank {self._group._global_rank} calls {self._call.description()}. With "
                "TORCH_DISTRIBUTED_DEBUG=DETAIL in the environment the others' calls are shown, too"
            )


def compared(group: Any, call: Call, start: Callable[[], Request], async_op: bool) -> Request:
    """Begin an operation, and notice if not all processes of the group do.

    With level DETAIL they first exchange what they are about to do. Else they compare a number, before the operation
    or, where it is to be on its way at once, beside it; unless the environment says ``TORCH_DISTRIBUTED_DEBUG=OFF``.

    Raises:
        DistError: two processes do something else. Asking the request raises it, too.
    """
    group.sequence += 1
    if group.size() == 1:
        return start()
    if get_debug_level() is DebugLevel.DETAIL:
        _exchange(group, call)
        _compare_sizes(group, call)
        return start()
    if _is_unchecked():
        return start()
    check = _Compared(group, call)
    if not async_op:
        Work(group, call.name, check, [], keep=check).wait()
        _compare_sizes(group, call)
        return start()
    try:
        if call.sizes is not None:
            check.sizes = SizesCheck(group, call.name, call.sizes)
        check.request = start()
    except BaseException:
        # MPI still writes to what is compared.
        Work(group, call.name, check, [], keep=check)
        raise
    return check


def _compare_sizes(group: Any, call: Call) -> None:
    if call.sizes is not None:
        check = SizesCheck(group, call.name, call.sizes)
        Work(group, call.name, check, [], keep=check).wait()


@cache
def _is_unchecked() -> bool:
    return os.environ.get("TORCH_DISTRIBUTED_DEBUG", "").upper() == "OFF"


def _exchange(group: Any, call: Call) -> None:
    """Raise, in all processes of a group, unless all are about to do the same."""
    mine = f"{call.description()}, number {group.sequence} of the group".encode()[:_LENGTH].ljust(_LENGTH)
    calls = torch.empty(group.size() * _LENGTH, dtype=torch.uint8)
    sent = torch.frombuffer(bytearray(mine), dtype=torch.uint8)
    request = group._communicator.all_gather(calls, [_LENGTH] * group.size(), sent)
    Work(group, f"{call.name} (comparing calls)", request, [], keep=(calls, sent)).wait()
    lines = [bytes(row.tolist()).decode(errors="replace").rstrip() for row in calls.view(group.size(), _LENGTH)]
    other = next((rank for rank, line in enumerate(lines) if line != lines[0]), None)
    if other is not None:
        raise DistError(
            f"Detected mismatch between collectives on ranks. Rank {group.ranks[0]} is running collective: {lines[0]}, "
            f"but Rank {group.ranks[other]} is running collective: {lines[other]}."
        )
