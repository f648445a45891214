"""What processes send one another in an operation to which each gives sizes of its own: they have to agree on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.distributed._work import DistError

__all__ = ["Sizes", "SizesCheck"]


class Sizes(NamedTuple):
    """How many elements this process sends to each of a group, and how many it expects of each."""

    sent: Sequence[int]
    expected: Sequence[int]

    @staticmethod
    def with_root(size: int, root: int, own: int, of_all: Sequence[int], is_scatter: bool) -> Sizes:
        """Those of an operation in which one process has a list, and every process a tensor of ``own`` elements."""
        at_root = [own if rank == root else 0 for rank in range(size)]
        listed = list(of_all) or [0] * size
        return Sizes(listed, at_root) if is_scatter else Sizes(at_root, listed)


class SizesCheck:
    """The request by which processes tell one another what they send.

    Args:
        group: The processes.
        name: The operation.
        sizes: Those of this process.
    """

    def __init__(self, group: Any, name: str, sizes: Sizes) -> None:
        self._group, self._name, self._expected = group, name, sizes.expected
        self._came, self._sent = torch.zeros(group.size(), dtype=torch.int64), torch.tensor(list(sizes.sent))
        ones = [1] * group.size()
        self._request = group._communicator.all_to_all(self._came, ones, self._sent, ones)

    def Test(self) -> bool:
        """Has it arrived? Raises where another process sends less or more than this one expects."""
        if not self._request.Test():
            return False
        for rank, (came, expected) in enumerate(zip(self._came.tolist(), self._expected, strict=True)):
            if came != expected:
                raise DistError(
                    f"{self._name}: rank {self._group.ranks[rank]} sends {came} elements to rank "
                    f"{self._group._global_rank}, which expects {expected}"
                )
        return True
