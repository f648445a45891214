"""Collective operations over messages: each process sends every other what it needs, in one round or two."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed._communicator import Communicator, Request
from ferrotorch.distributed._reduce_op import ReduceOp, arithmetic_dtype
from ferrotorch.distributed._sockets._messages import Exchange, Receipt

__all__ = ["SocketCommunicator"]

Tensor = torch.Tensor
Rounds = Iterator[list[Any]]

# Signed integers of the same bits: wide unsigned ones have no addition, and theirs is the same.
_SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def _add(first: Tensor, second: Tensor) -> Tensor:
    dtype = first.dtype
    signed = _SIGNED.get(dtype, dtype)
    return torch.add(first.view(signed), second.view(signed)).view(dtype)


_STEPS: dict[ReduceOp, Callable[..., Tensor]] = {
    ReduceOp.SUM: _add, ReduceOp.AVG: _add, ReduceOp.PRODUCT: torch.mul, ReduceOp.MIN: torch.minimum,
    ReduceOp.MAX: torch.maximum, ReduceOp.BAND: torch.bitwise_and, ReduceOp.BOR: torch.bitwise_or,
    ReduceOp.BXOR: torch.bitwise_xor,
}  # fmt: skip


def _bytes(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor."""
    if not tensor.nbytes:
        return memoryview(bytearray())
    return memoryview((ctypes.c_char * tensor.nbytes).from_address(tensor.data_ptr())).cast("B")


def _flat(tensor: Tensor) -> Tensor:
    """The elements in a line, outside of any graph."""
    return tensor.detach().view(-1)


def _join(parts: Sequence[Tensor], op: ReduceOp) -> Tensor:
    """The elements of tensors joined in the order of ranks, which makes results the same in every process."""
    dtype, step = parts[0].dtype, _STEPS[op]
    wide = arithmetic_dtype(dtype)
    joined = parts[0].to(wide)
    for part in parts[1:]:
        joined = step(joined, part.to(wide))
    return joined.to(dtype)


class _Rounds:
    """The request of an operation of several rounds: the next one begins when all messages of the last are done."""

    def __init__(self, exchange: Exchange, rounds: Rounds) -> None:
        self._exchange, self._rounds = exchange, rounds
        self._open: list[Any] = []
        self._is_done = False
        self._error: Exception | None = None
        self._step()
        if not self._is_done:
            exchange.steps.append(self._step)

    def Test(self) -> bool:
        """Is it done?"""
        if not self._is_done:
            self._exchange.progress()
        if self._error is not None:
            raise self._error
        return self._is_done

    def _step(self) -> None:
        """Begin the rounds whose turn it is. Anyone's request may call this, so errors wait for who asks this one."""
        try:
            while not self._is_done and all(request.is_done for request in self._open):
                for request in self._open:
                    request.Test()
                self._open = next(self._rounds)
        except StopIteration:
            self._is_done = True
        except Exception as error:
            self._is_done, self._error = True, error
        if self._is_done and self._step in self._exchange.steps:
            self._exchange.steps.remove(self._step)


class SocketCommunicator(Communicator):
    """Processes that are connected by sockets.

    Args:
        exchange: The connections of this process.
        ranks: The numbers of the processes there, in the order that they have here.
        context: A number that tells messages of this communicator from others.
    """

    def __init__(self, exchange: Exchange, ranks: Sequence[int], context: int) -> None:
        self._exchange, self._ranks, self._context = exchange, list(ranks), context
        self.rank, self.size = self._ranks.index(exchange.rank), len(self._ranks)
        self._operations = 0
        self._subsets: dict[tuple[int, ...], int] = {}

    def _begin(self, rounds: Callable[[int], Rounds]) -> Request:
        """Begin an operation, whose messages have a tag that programs' messages have not."""
        self._operations += 1
        return _Rounds(self._exchange, rounds(-self._operations))

    def _others(self) -> list[int]:
        """The other processes, the next one first: not all send to the same one at once."""
        return [(self.rank + step) % self.size for step in range(1, self.size)]

    def _sent(self, to: int, tag: int, tensor: Tensor) -> Any:
        return self._exchange.send(self._context, self._ranks[to], tag, _bytes(tensor))

    def _received(self, source: int, tag: int, tensor: Tensor) -> Any:
        shown = f"a tensor of {tensor.nbytes} bytes, shape {list(tensor.shape)}, {tensor.dtype}"
        return self._exchange.receive(self._context, self._ranks[source], tag, _bytes(tensor), shown)

    def _swap(self, tag: int, sent: Sequence[Tensor], received: Sequence[Tensor]) -> list[Any]:
        """Send every process its tensor, and receive one from each; a process's own is copied."""
        received[self.rank].copy_(sent[self.rank])
        incoming = [self._received(other, tag, received[other]) for other in reversed(self._others())]
        return incoming + [self._sent(other, tag, sent[other]) for other in self._others()]

    def _reduced(self, tag: int, output: Tensor, shares: Sequence[Tensor], op: ReduceOp) -> Rounds:
        """One round: each gets its share of all, and joins them."""
        came = [torch.empty_like(output) for _ in range(self.size)]
        yield self._swap(tag, shares, came)
        output.copy_(_join(came, op))

    def all_reduce(self, tensor: Tensor, op: ReduceOp) -> Request:
        """Join the tensors of all, in each: everyone joins a share, and hands it round."""
        flat = _flat(tensor)
        shares = flat.tensor_split(self.size)

        def rounds(tag: int) -> Rounds:
            mine = torch.empty_like(shares[self.rank])
            yield from self._reduced(tag, mine, shares, op)
            yield self._swap(tag, [mine] * self.size, shares)

        return self._begin(rounds)

    def reduce(self, tensor: Tensor, op: ReduceOp, root: int) -> Request:
        """Join the tensors of all, in that of one process."""

        flat = _flat(tensor)

        def rounds(tag: int) -> Rounds:
            if self.rank != root:
                yield [self._sent(root, tag, flat)]
                return
            came = [flat if rank == root else torch.empty_like(flat) for rank in range(self.size)]
            yield [self._received(other, tag, came[other]) for other in self._others()]
            flat.copy_(_join(came, op))

        return self._begin(rounds)

    def reduce_scatter(self, output: Tensor, input: Tensor, counts: Sequence[int], op: ReduceOp) -> Request:
        """Join the inputs of all, and give each its part."""
        flat, shares = _flat(output), _flat(input).split(list(counts))
        return self._begin(lambda tag: self._reduced(tag, flat, shares, op))

    def broadcast(self, tensor: Tensor, root: int) -> Request:
        """Give all the tensor of one process."""

        def rounds(tag: int) -> Rounds:
            if self.rank == root:
                yield [self._sent(other, tag, tensor) for other in self._others()]
            else:
                yield [self._received(root, tag, tensor)]

        return self._begin(rounds)

    def all_gather(self, output: Tensor, counts: Sequence[int], input: Tensor) -> Request:
        """Give all the inputs of all."""
        places, own = _flat(output).split(list(counts)), _flat(input)
        return self._begin(lambda tag: iter([self._swap(tag, [own] * self.size, places)]))

    def gather(self, output: Tensor | None, counts: Sequence[int], input: Tensor, root: int) -> Request:
        """Give one process the inputs of all."""

        def rounds(tag: int) -> Rounds:
            if output is None:
                yield [self._sent(root, tag, input)]
                return
            places = _flat(output).split(list(counts))
            places[root].copy_(_flat(input))
            yield [self._received(other, tag, places[other]) for other in self._others()]

        return self._begin(rounds)

    def scatter(self, output: Tensor, input: Tensor | None, counts: Sequence[int], root: int) -> Request:
        """Give each its part of one process's input."""

        def rounds(tag: int) -> Rounds:
            if input is None:
                yield [self._received(root, tag, output)]
                return
            parts = _flat(input).split(list(counts))
            _flat(output).copy_(parts[root])
            yield [self._sent(other, tag, parts[other]) for other in self._others()]

        return self._begin(rounds)

    def all_to_all(
        self, output: Tensor, output_counts: Sequence[int], input: Tensor, input_counts: Sequence[int]
    ) -> Request:
        """Give each its part of every input."""
        places, parts = _flat(output).split(list(output_counts)), _flat(input).split(list(input_counts))
        return self._begin(lambda tag: iter([self._swap(tag, parts, places)]))

    def send(self, tensor: Tensor, destination: int, tag: int) -> Request:
        """Send a tensor to a process."""
        request: Request = self._sent(destination, tag, tensor)
        return request

    def receive(self, tensor: Tensor, source: int | None, tag: int) -> Request:
        """Receive a tensor, from one process or anyone."""
        shown = f"a tensor of {tensor.nbytes} bytes, shape {list(tensor.shape)}, {tensor.dtype}"
        number = None if source is None else self._ranks[source]
        receipt = self._exchange.receive(self._context, number, tag, _bytes(tensor), shown)
        return _LocalReceipt(receipt, self._ranks)

    def barrier(self) -> Request:
        """Wait for all."""
        nothing = torch.empty(0, dtype=torch.uint8)
        return self._begin(lambda tag: iter([self._swap(tag, [nothing] * self.size, [nothing] * self.size)]))

    def subset(self, ranks: Sequence[int], tag: int) -> Communicator:
        """The communicator of some of the processes. They count how often they have made one of the same ranks."""
        chosen = tuple(self._ranks[rank] for rank in ranks)
        self._subsets[chosen] = made = self._subsets.get(chosen, 0) + 1
        name = hashlib.blake2b(f"{self._context} {chosen} {made}".encode(), digest_size=8)
        return SocketCommunicator(self._exchange, chosen, int.from_bytes(name.digest(), "little"))

    def free(self) -> None:
        """Nothing is held: connections are the job's."""


class _LocalReceipt:
    """A receipt whose sender has the number that it has in a communicator."""

    def __init__(self, receipt: Receipt, ranks: Sequence[int]) -> None:
        self._receipt, self._ranks = receipt, ranks

    def Test(self) -> bool:
        """Has it arrived?"""
        return self._receipt.Test()

    def source(self) -> int:
        """Who has sent it."""
        return self._ranks.index(self._receipt.source())
