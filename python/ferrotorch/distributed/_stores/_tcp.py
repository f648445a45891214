"""A store that one process keeps, and others reach by TCP.

A message is a number of fields, each with its length before it: the name of an operation, the milliseconds that it may
wait, its arguments; in answers how it ended, and its results. There is nothing in it that would be run.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
import weakref
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from ferrotorch.distributed._stores._contract import DistNetworkError, DistStoreError, QueueEmptyError
from ferrotorch.distributed._stores._table import Table, TableStore

__all__ = ["TCPStore"]

_OPERATIONS = frozenset(
    [b"set", b"get", b"add", b"compare_set", b"append", b"check", b"wait", b"delete", b"keys", b"push", b"pop",
     b"length"]
)  # fmt: skip
# How an operation ended, and the error that the asking process raises.
_ERRORS: dict[bytes, type[Exception]] = {b"late": DistStoreError, b"empty": QueueEmptyError, b"value": ValueError}
_DONE = b"done"
_WORKERS = "init/"
# What an answer may take beyond the time that its operation may wait.
_SLACK = 10.0
# No message is longer than this; more fields or bytes are none of ours.
_MOST = 2**31


def _send(connection: socket.socket, fields: Sequence[bytes]) -> None:
    parts = [struct.pack("<I", len(fields))]
    for field in fields:
        parts += [struct.pack("<Q", len(field)), field]
    connection.sendall(b"".join(parts))


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            raise ConnectionError("connection was closed by the other side")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _receive(connection: socket.socket) -> list[bytes]:
    (count,) = struct.unpack("<I", _exactly(connection, 4))
    fields = []
    for _ in range(count):
        (length,) = struct.unpack("<Q", _exactly(connection, 8))
        if length > _MOST:
            raise ConnectionError(f"a field of {length} bytes: no message of a store")
        fields.append(_exactly(connection, length))
    return fields


def _answer(table: Table, name: bytes, seconds: float, fields: Sequence[bytes]) -> list[bytes]:
    """The answer to a message."""
    if name not in _OPERATIONS:
        return [b"value", b"unknown operation " + name[:40]]
    try:
        return [_DONE, *table.run(name.decode(), seconds, fields)]
    except QueueEmptyError as error:
        return [b"empty", str(error).encode()]
    except DistStoreError as error:
        return [b"late", str(error).encode()]
    except (ValueError, TypeError, KeyError) as error:
        return [b"value", str(error).encode()]


class _Connections:
    """What a server holds: the socket at which it listens, and one for each process that asks."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        # Where closing does not wake the thread that accepts, it looks around.
        listener.settimeout(1.0)
        self._open: set[socket.socket] = set()
        self._table = Table("wait")
        self._lock = threading.Lock()

    def accept(self) -> None:
        """Answer everybody who comes, each in a thread, until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True, name="TCPStore").start()

    def _serve(self, connection: socket.socket) -> None:
        """Answer one process until it closes."""
        with contextlib.suppress(OSError, struct.error, ValueError), connection:
            while True:
                name, wait, *fields = _receive(connection)
                _send(connection, _answer(self._table, name, int(wait) / 1000, fields))
        with self._lock:
            self._open.discard(connection)

    def close(self) -> None:
        """Listen and answer no more."""
        with self._lock:
            for each in (self._listener, *self._open):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _listener(port: int, bound: int | None) -> socket.socket:
    """A socket that listens at a port of all addresses of this machine."""
    if bound is not None:
        listener = socket.socket(fileno=bound)
        listener.listen(1024)
        return listener
    if socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024)
    return socket.create_server(("", port), backlog=1024)


class _Server:
    """Keeps a table for other processes, in threads, as long as there is a store that holds the server."""

    def __init__(self, port: int, bound: int | None) -> None:
        try:
            listener = _listener(port, bound)
        except OSError as error:
            raise DistNetworkError(
                f"The server socket has failed to listen on any local network address. port: {port}, message: {error}"
            ) from error
        self.port: int = listener.getsockname()[1]
        connections = _Connections(listener)
        threading.Thread(target=connections.accept, daemon=True, name="TCPStore").start()
        weakref.finalize(self, connections.close)


class TCPStore(TableStore):
    """A store that the process with ``is_master`` keeps; the others reach it at its name and port.

    Args:
        host_name: The machine of that process.
        port: Its port; 0 takes one that is free, see :attr:`port`.
        world_size: How many processes there will be; None if that is not known.
        is_master: This process keeps the store.
        timeout: How long to wait: for a connection, for the others, for keys.
        wait_for_workers: Return when all ``world_size`` processes have made their store.
        multi_tenant: Several stores of this process may keep one port.
        master_listen_fd: A socket that has its port already.
        use_libuv: Accepted: there is one kind of server.

    Raises:
        ValueError: there are to be no processes.
        DistNetworkError: the port is taken; nobody answers in time.
        DistStoreError: not all processes come in time.
    """

    _own_key = _WORKERS
    # Servers of this process that several stores may use, by port.
    _shared: ClassVar[weakref.WeakValueDictionary[int, _Server]] = weakref.WeakValueDictionary()

    def __init__(
        self,
        host_name: str,
        port: int,
        world_size: int | None = None,
        is_master: bool = False,
        timeout: timedelta = timedelta(seconds=300),
        wait_for_workers: bool = True,
        multi_tenant: bool = False,
        master_listen_fd: int | None = None,
        use_libuv: bool = True,
    ) -> None:
        if world_size == 0:
            raise ValueError("TCPStore world size cannot be 0")
        if world_size is not None and world_size < 0:
            world_size = None
        self.set_timeout(timeout)
        self.host, self.libuvBackend = host_name, use_libuv
        self._server = self._serve(port, multi_tenant, master_listen_fd) if is_master else None
        self.port: int = port if self._server is None else self._server.port
        self._lock = threading.Lock()
        self._connection: socket.socket | None = self._connected()
        if wait_for_workers and world_size is not None:
            self._meet(world_size)

    def _serve(self, port: int, multi_tenant: bool, bound: int | None) -> _Server:
        """The server, in threads of this process."""
        found: _Server | None = self._shared.get(port) if multi_tenant else None
        if found is not None:
            return found
        server = _Server(port, bound)
        if multi_tenant:
            self._shared[server.port] = server
        return server

    def _connected(self) -> socket.socket:
        """A connection to the process that keeps the store, which may begin later than this one."""
        seconds = self._timeout.total_seconds()
        deadline, nap = time.monotonic() + seconds, 0.01
        while True:
            left = deadline - time.monotonic()
            try:
                connection = socket.create_connection((self.host, self.port), max(left, 0.01))
            except OSError as error:
                if left <= nap:
                    raise DistNetworkError(
                        f"The client socket has timed out after {round(seconds * 1000)}ms while trying to connect to "
                        f"({self.host}, {self.port}): {error}"
                    ) from error
                time.sleep(nap)
                nap = min(2 * nap, 0.5)
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection

    def _meet(self, world_size: int) -> None:
        """Wait until all processes have their store."""
        seconds, begin = self._timeout.total_seconds(), time.monotonic()
        here = self.add(_WORKERS, 1)
        while self._server is not None and here < world_size:
            if time.monotonic() - begin > seconds:
                raise DistStoreError(
                    f"Timed out after {seconds:g} seconds waiting for clients. {here}/{world_size} clients joined."
                )
            time.sleep(0.005)
            here = self.add(_WORKERS, 0)

    def _ask(self, name: str, fields: Sequence[bytes], timeout: timedelta | None = None) -> list[bytes]:
        seconds = (timeout or self._timeout).total_seconds()
        try:
            status, *results = self._exchanged([name.encode(), b"%d" % round(seconds * 1000), *fields], seconds)
        except (OSError, struct.error) as error:
            raise DistNetworkError(
                f"{name}: the store at ({self.host}, {self.port}) does not answer: {error}. Did the process that "
                "keeps it end?"
            ) from error
        if status != _DONE:
            raise _ERRORS[status](results[0].decode())
        return results

    def _exchanged(self, message: list[bytes], seconds: float) -> list[bytes]:
        """The answer to a message; one at a time."""
        with self._lock:
            connection = self._connection or self._connected()
            # Whatever interrupts this, Ctrl-C too, the answer to it must not be taken for that to the next message.
            self._connection = None
            try:
                connection.settimeout(seconds + _SLACK)
                _send(connection, message)
                answer = _receive(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            return answer

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()

    def clone(self) -> TCPStore:
        """Another object for the same keys, for another thread."""
        made = TCPStore(self.host, self.port, timeout=self._timeout)
        made._server = self._server
        return made

    def __repr__(self) -> str:
        kept = "<nullptr>" if self._server is None else f"TCPServer(port={self.port})"
        if self._connection is None:
            return f"TCPStore(client=<nullptr>, server={kept})"
        (own, own_port), number = self._connection.getsockname()[:2], self._connection.fileno()
        shown = f"SocketImpl(fd={number}, addr=[{own}]:{own_port}, remote=[{self.host}]:{self.port})"
        return f"TCPStore(client=TCPClient({shown}), server={kept})"
