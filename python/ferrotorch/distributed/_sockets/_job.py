"""How processes that have a store in common are connected: each listens, and says where; later ones call earlier."""

from __future__ import annotations

import json
import secrets
import socket
import struct
from datetime import timedelta
from typing import Any

from ferrotorch.distributed import _environment
from ferrotorch.distributed._communicator import Alone, Communicator
from ferrotorch.distributed._sockets._communicator import SocketCommunicator
from ferrotorch.distributed._sockets._messages import Exchange
from ferrotorch.distributed._stores import PrefixStore, Store

__all__ = ["SocketJob"]

# How a caller names itself: the word of the job, and its number.
_GREETING = struct.Struct("<16sQ")
# Programs may make groups again and again with one store.
_made = 0


def _own_address(store: Any) -> str:
    """The address of this machine that others reach: that by which it reaches the keeper of the store."""
    while isinstance(store, PrefixStore):
        store = store.underlying_store
    host = getattr(store, "host", None)
    if host is None:
        return "127.0.0.1"
    found = socket.getaddrinfo(host, 1, type=socket.SOCK_DGRAM)[0]
    with socket.socket(found[0], socket.SOCK_DGRAM) as probe:
        probe.connect(found[4])
        address: str = probe.getsockname()[0]
    return address


class SocketJob:
    """Processes that are connected to one another.

    Args:
        store: Keys and values that all of them see.
        rank: The number of this one.
        size: How many there are.
        timeout: How long to wait for the others.

    Raises:
        DistStoreError, TimeoutError: they do not come in time.
    """

    def __init__(self, store: Store, rank: int, size: int, timeout: timedelta) -> None:
        global _made
        _made += 1
        self.store, self.rank, self.size = store, rank, size
        self._communicators = 0
        shared = PrefixStore(f"sockets/{_made}", store)
        seconds = timeout.total_seconds()
        address = _own_address(store)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.create_server((address, 0), family=family, backlog=size) as listener:
            listener.settimeout(seconds)
            if rank == 0:
                shared.set("word", secrets.token_bytes(16))
            place = socket.gethostname(), *listener.getsockname()[:2]
            shared.set(str(rank), json.dumps(place))
            shared.wait(["word", *map(str, range(size))], timeout)
            self._word = shared.get("word")
            self._places = [json.loads(shared.get(str(other))) for other in range(size)]
            connections = {other: self._call(other, seconds) for other in range(rank)}
            while len(connections) < size - 1:
                self._answer(listener, connections, seconds)
        for connection in connections.values():
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._exchange = Exchange(rank, connections)

    def _call(self, other: int, seconds: float) -> socket.socket:
        """Connect to a process of a lower number."""
        connection = socket.create_connection(tuple(self._places[other][1:]), timeout=seconds)
        connection.sendall(_GREETING.pack(self._word, self.rank))
        return connection

    def _answer(self, listener: socket.socket, connections: dict[int, socket.socket], seconds: float) -> None:
        """Let a process of a higher number connect, and nobody who does not know the word."""
        connection, _ = listener.accept()
        connection.settimeout(seconds)
        greeting = connection.recv(_GREETING.size, socket.MSG_WAITALL)
        if len(greeting) == _GREETING.size:
            word, number = _GREETING.unpack(greeting)
            if secrets.compare_digest(word, self._word) and self.rank < number < self.size:
                connections[number] = connection
                return
        connection.close()

    def place(self) -> _environment.Place:
        """Where this process stands."""
        here = [rank for rank, place in enumerate(self._places) if place[0] == self._places[self.rank][0]]
        return _environment.Place(self.rank, self.size, here.index(self.rank), len(here))

    def communicator(self) -> Communicator:
        """A communicator of all processes; they make it together."""
        if self.size == 1:
            return Alone()
        self._communicators += 1
        return SocketCommunicator(self._exchange, range(self.size), self._communicators)

    def notice_departed(self) -> set[int]:
        """The processes that have ended or left the group."""
        return self._exchange.departed

    def leave(self) -> None:
        """End the connections."""
        self._exchange.leave()
