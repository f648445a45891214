"""Messages between processes that each have a connection to every other one.

A message is a header, of a communicator, a tag and a length, and bytes. Whoever asks whether a request is done moves
everything on that is under way, as MPI does: what can be sent is sent, what has come goes to the memory that waits for
it, or to a buffer until a receiver names it.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Exchange", "Receipt", "Sending"]

_HEADER = struct.Struct("<QqQ")
Key = tuple[int, int, int]


class Sending:
    """A message that goes: done when the system has all of it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.is_done = False

    def Test(self) -> bool:
        """Has it gone?"""
        if not self.is_done:
            self._exchange.progress()
        return self.is_done


class Receipt:
    """A message that is waited for, by the memory that it goes into.

    Args:
        exchange: What moves messages.
        memory: As long as the message.
        shown: What it is for, for errors.
    """

    def __init__(self, exchange: Exchange, memory: memoryview, shown: str = "") -> None:
        self._exchange, self.memory, self._shown = exchange, memory, shown
        self.is_done = False
        self.sender, self.length = -1, 0

    def Test(self) -> bool:
        """Has it arrived?

        Raises:
            RuntimeError: it is shorter or longer than the memory.
        """
        if not self.is_done:
            self._exchange.progress()
        if self.is_done and self.length != len(self.memory):
            raise RuntimeError(f"recv: a message of {self.length} bytes from rank {self.sender} for {self._shown}")
        return self.is_done

    def source(self) -> int:
        """Who has sent it, by the number in the exchange."""
        return self.sender


class _Arriving:
    """A message of which the header has come: where its bytes go, and who waits for them."""

    def __init__(self, sender: int, length: int, receipt: Receipt | None) -> None:
        self.sender, self.length, self.receipt = sender, length, receipt
        self.is_direct = receipt is not None and len(receipt.memory) == length
        self.memory = receipt.memory if receipt is not None and self.is_direct else memoryview(bytearray(length))
        self.filled = 0

    @property
    def is_whole(self) -> bool:
        """Have all bytes come?"""
        return self.filled == self.length

    def deliver(self) -> None:
        """Give a message that is whole to who waits for it."""
        if self.receipt is None:
            return
        if not self.is_direct and len(self.receipt.memory) == self.length:
            self.receipt.memory[:] = self.memory
        self.receipt.sender, self.receipt.length, self.receipt.is_done = self.sender, self.length, True


class _Peer:
    """The connection to another process."""

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number, self.connection = number, connection
        self.outgoing: deque[tuple[memoryview, Sending | None]] = deque()
        self.header = bytearray()
        self.arriving: _Arriving | None = None


class Exchange:
    """The connections of a process.

    Args:
        rank: The number of this process.
        connections: Of every other one, by its number.
    """

    def __init__(self, rank: int, connections: dict[int, socket.socket]) -> None:
        self.rank = rank
        self.departed: set[int] = set()
        self._peers = {number: _Peer(number, connection) for number, connection in connections.items()}
        self._lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._waiting: dict[Key, deque[Receipt]] = {}
        self._early: dict[Key, deque[_Arriving]] = {}
        # What goes on by steps whenever messages move: operations of several rounds.
        self.steps: list[Callable[[], object]] = []
        for peer in self._peers.values():
            peer.connection.setblocking(False)
            self._selector.register(peer.connection, selectors.EVENT_READ, peer)

    def send(self, context: int, to: int, tag: int, memory: memoryview) -> Sending:
        """Send bytes to another process."""
        request = Sending(self)
        header = memoryview(_HEADER.pack(context, tag, len(memory)))
        with self._lock:
            peer = self._peers[to]
            if to not in self.departed:
                peer.outgoing += [(header, None), (memory, request)]
                self._write(peer)
        return request

    def receive(self, context: int, source: int | None, tag: int, memory: memoryview, shown: str = "") -> Receipt:
        """Receive bytes from another process, or from any."""
        receipt = Receipt(self, memory, shown)
        with self._lock:
            early = self._early_of(context, source, tag)
            if early is None:
                key = (context, -1 if source is None else source, tag)
                self._waiting.setdefault(key, deque()).append(receipt)
            else:
                early.receipt = receipt
                if early.is_whole:
                    early.deliver()
        return receipt

    def _early_of(self, context: int, source: int | None, tag: int) -> _Arriving | None:
        """The first message that came before anyone waited for it."""
        for number in self._peers if source is None else [source]:
            found = self._early.get((context, number, tag))
            if found:
                first = found.popleft()
                if not found:
                    del self._early[context, number, tag]
                return first
        return None

    def progress(self) -> None:
        """Move on what is under way, as far as it goes without waiting."""
        with self._lock:
            for peer in self._peers.values():
                if peer.outgoing:
                    self._write(peer)
            while ready := self._selector.select(0):
                for key, _ in ready:
                    self._read(key.data)
            for step in list(self.steps):
                step()

    def _write(self, peer: _Peer) -> None:
        try:
            while peer.outgoing:
                sent = peer.connection.sendmsg([memory for memory, _ in list(peer.outgoing)[:16]])
                while peer.outgoing and sent >= len(peer.outgoing[0][0]):
                    memory, request = peer.outgoing.popleft()
                    sent -= len(memory)
                    if request is not None:
                        request.is_done = True
                if sent:
                    memory, request = peer.outgoing[0]
                    peer.outgoing[0] = memory[sent:], request
        except BlockingIOError:
            pass
        except OSError:
            self._lose(peer)

    def _read(self, peer: _Peer) -> None:
        """Take what has come from a process: a header, or some of a message."""
        try:
            arriving = peer.arriving
            if arriving is None:
                part = peer.connection.recv(_HEADER.size - len(peer.header))
                peer.header += part
                is_open = bool(part)
                if len(peer.header) == _HEADER.size:
                    peer.arriving = arriving = self._announced(peer)
            else:
                came = peer.connection.recv_into(arriving.memory[arriving.filled :])
                arriving.filled += came
                is_open = came > 0
            if not is_open:
                self._lose(peer)
            elif arriving is not None and arriving.is_whole:
                peer.arriving = None
                arriving.deliver()
        except BlockingIOError:
            pass
        except OSError:
            self._lose(peer)

    def _announced(self, peer: _Peer) -> _Arriving:
        """The message that a header speaks of."""
        context, tag, length = _HEADER.unpack(peer.header)
        peer.header.clear()
        for source in (peer.number, -1):
            waiting = self._waiting.get((context, source, tag))
            if waiting:
                arriving = _Arriving(peer.number, length, waiting.popleft())
                if not waiting:
                    del self._waiting[context, source, tag]
                return arriving
        arriving = _Arriving(peer.number, length, None)
        self._early.setdefault((context, peer.number, tag), deque()).append(arriving)
        return arriving

    def _lose(self, peer: _Peer) -> None:
        """A process has ended, or has left the group."""
        if peer.number not in self.departed:
            self.departed.add(peer.number)
            peer.outgoing.clear()
            self._selector.unregister(peer.connection)

    def leave(self) -> None:
        """Send what is still to be sent, then let the others know that no more will come."""
        with self._lock:
            for peer in self._peers.values():
                if peer.number in self.departed:
                    peer.connection.close()
                    continue
                try:
                    peer.connection.setblocking(True)
                    for memory, _ in peer.outgoing:
                        peer.connection.sendall(memory)
                    peer.connection.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                _left.append(peer.connection)
            self._selector.close()


# Connections that this process has left. Closing one with bytes in it that nobody has read could take back what was
# sent last, so they are closed with the process.
_left: list[Any] = []
