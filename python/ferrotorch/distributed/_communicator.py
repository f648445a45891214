"""What carries the messages of a process group: the contract, and the group of one process that needs no MPI."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from ferrotorch import _C
from ferrotorch.distributed._reduce_op import ReduceOp

__all__ = ["Alone", "Communicator", "Request"]

Tensor = _C.Tensor


class Request(Protocol):
    """A message or collective operation that is on its way. Asking whether it has arrived moves it on."""

    def Test(self) -> bool:
        """Has it arrived?"""


class Communicator(ABC):
    """Processes that exchange the memory of tensors.

    All tensors are contiguous and in host memory, and stay as they are until the request is done. Ranks are those of
    this communicator. ``counts`` are numbers of elements for each process, in the order of ranks.
    """

    rank: int
    size: int

    @abstractmethod
    def all_reduce(self, tensor: Tensor, op: ReduceOp) -> Request: ...

    @abstractmethod
    def reduce(self, tensor: Tensor, op: ReduceOp, root: int) -> Request: ...

    @abstractmethod
    def reduce_scatter(self, output: Tensor, input: Tensor, counts: Sequence[int], op: ReduceOp) -> Request: ...

    @abstractmethod
    def broadcast(self, tensor: Tensor, root: int) -> Request: ...

    @abstractmethod
    def all_gather(self, output: Tensor, counts: Sequence[int], input: Tensor) -> Request: ...

    @abstractmethod
    def gather(self, output: Tensor | None, counts: Sequence[int], input: Tensor, root: int) -> Request: ...

    @abstractmethod
    def scatter(self, output: Tensor, input: Tensor | None, counts: Sequence[int], root: int) -> Request: ...

    @abstractmethod
    def all_to_all(
        self, output: Tensor, output_counts: Sequence[int], input: Tensor, input_counts: Sequence[int]
    ) -> Request: ...

    @abstractmethod
    def send(self, tensor: Tensor, destination: int, tag: int) -> Request: ...

    @abstractmethod
    def receive(self, tensor: Tensor, source: int | None, tag: int) -> Request: ...

    @abstractmethod
    def barrier(self) -> Request: ...

    @abstractmethod
    def subset(self, ranks: Sequence[int], tag: int) -> Communicator:
        """The communicator of some of the processes; they, and no others, make it together."""

    @abstractmethod
    def free(self) -> None:
        """Give back what the communicator holds."""


class _Done:
    """A request that has arrived."""

    def Test(self) -> bool:
        return True


class Alone(Communicator):
    """The communicator of one process, where collective operations are copies."""

    rank, size = 0, 1

    def all_reduce(self, tensor: Tensor, op: ReduceOp) -> Request:
        return _Done()

    def reduce(self, tensor: Tensor, op: ReduceOp, root: int) -> Request:
        return _Done()

    def reduce_scatter(self, output: Tensor, input: Tensor, counts: Sequence[int], op: ReduceOp) -> Request:
        return _copied(output, input)

    def broadcast(self, tensor: Tensor, root: int) -> Request:
        return _Done()

    def all_gather(self, output: Tensor, counts: Sequence[int], input: Tensor) -> Request:
        return _copied(output, input)

    def gather(self, output: Tensor | None, counts: Sequence[int], input: Tensor, root: int) -> Request:
        return _copied(output, input)

    def scatter(self, output: Tensor, input: Tensor | None, counts: Sequence[int], root: int) -> Request:
        return _copied(output, input)

    def all_to_all(
        self, output: Tensor, output_counts: Sequence[int], input: Tensor, input_counts: Sequence[int]
    ) -> Request:
        return _copied(output, input)

    def send(self, tensor: Tensor, destination: int, tag: int) -> Request:
        raise RuntimeError("send: there is no other process in the group")

    def receive(self, tensor: Tensor, source: int | None, tag: int) -> Request:
        raise RuntimeError("recv: there is no other process in the group")

    def barrier(self) -> Request:
        return _Done()

    def subset(self, ranks: Sequence[int], tag: int) -> Communicator:
        return Alone()

    def free(self) -> None:
        """Nothing is held."""


def _copied(output: Tensor | None, input: Tensor | None) -> Request:
    if output is not None and input is not None:
        output.view(-1).copy_(input.view(-1))
    return _Done()
