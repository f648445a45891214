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
    def all_reduce(self, tensor: Tensor, op: ReduceOp) -> Request:
        """Combine the tensors of all processes, and leave the result in each."""

    @abstractmethod
    def reduce(self, tensor: Tensor, op: ReduceOp, root: int) -> Request:
        """Combine the tensors of all processes, and leave the result in that of `root`."""

    @abstractmethod
    def reduce_scatter(self, output: Tensor, input: Tensor, counts: Sequence[int], op: ReduceOp) -> Request:
        """Combine the inputs of all processes, and give each its share of the result."""

    @abstractmethod
    def broadcast(self, tensor: Tensor, root: int) -> Request:
        """Copy the tensor of `root` into those of all others."""

    @abstractmethod
    def all_gather(self, output: Tensor, counts: Sequence[int], input: Tensor) -> Request:
        """Give each process the inputs of all, one behind the other."""

    @abstractmethod
    def gather(self, output: Tensor | None, counts: Sequence[int], input: Tensor, root: int) -> Request:
        """Give `root` the inputs of all processes, one behind the other."""

    @abstractmethod
    def scatter(self, output: Tensor, input: Tensor | None, counts: Sequence[int], root: int) -> Request:
        """Give each process its share of the input of `root`."""

    @abstractmethod
    def all_to_all(
        self, output: Tensor, output_counts: Sequence[int], input: Tensor, input_counts: Sequence[int]
    ) -> Request:
        """Exchange shares: each process sends one to every other."""

    @abstractmethod
    def send(self, tensor: Tensor, destination: int, tag: int) -> Request:
        """Send a tensor to one process."""

    @abstractmethod
    def receive(self, tensor: Tensor, source: int | None, tag: int) -> Request:
        """Receive a tensor from one process, or from any."""

    @abstractmethod
    def barrier(self) -> Request:
        """Wait for all processes."""

    @abstractmethod
    def subset(self, ranks: Sequence[int], tag: int) -> Communicator:
        """The communicator of some of the processes; they, and no others, make it together."""

    @abstractmethod
    def free(self) -> None:
        """Give back what the communicator holds."""


class _Done:
    """A request that has arrived."""

    def Test(self) -> bool:
        """Has it arrived?"""
        return True


class Alone(Communicator):
    """The communicator of one process, where collective operations are copies."""

    rank, size = 0, 1

    def all_reduce(self, tensor: Tensor, op: ReduceOp) -> Request:
        """Join the tensors of all, in each."""
        return _Done()

    def reduce(self, tensor: Tensor, op: ReduceOp, root: int) -> Request:
        """Join the tensors of all, in that of one process."""
        return _Done()

    def reduce_scatter(self, output: Tensor, input: Tensor, counts: Sequence[int], op: ReduceOp) -> Request:
        """Join the inputs of all, and give each its part."""
        return _copied(output, input)

    def broadcast(self, tensor: Tensor, root: int) -> Request:
        """Give all the tensor of one process."""
        return _Done()

    def all_gather(self, output: Tensor, counts: Sequence[int], input: Tensor) -> Request:
        """Give all the inputs of all."""
        return _copied(output, input)

    def gather(self, output: Tensor | None, counts: Sequence[int], input: Tensor, root: int) -> Request:
        """Give one process the inputs of all."""
        return _copied(output, input)

    def scatter(self, output: Tensor, input: Tensor | None, counts: Sequence[int], root: int) -> Request:
        """Give each its part of one process's input."""
        return _copied(output, input)

    def all_to_all(
        self, output: Tensor, output_counts: Sequence[int], input: Tensor, input_counts: Sequence[int]
    ) -> Request:
        """Give each its part of every input."""
        return _copied(output, input)

    def send(self, tensor: Tensor, destination: int, tag: int) -> Request:
        """Send a tensor to a process."""
        raise RuntimeError("send: there is no other process in the group")

    def receive(self, tensor: Tensor, source: int | None, tag: int) -> Request:
        """Receive a tensor, from one process or anyone."""
        raise RuntimeError("recv: there is no other process in the group")

    def barrier(self) -> Request:
        """Wait for all."""
        return _Done()

    def subset(self, ranks: Sequence[int], tag: int) -> Communicator:
        """The communicator of some of the processes."""
        return Alone()

    def free(self) -> None:
        """Nothing is held."""


def _copied(output: Tensor | None, input: Tensor | None) -> Request:
    if output is not None and input is not None:
        output.view(-1).copy_(input.view(-1))
    return _Done()
