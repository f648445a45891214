"""How processes find a store by an address: ``tcp://host:port``, ``file:///path``, or what is in the environment.

Processes that MPI has started need none of this to make a group; others meet so, and programs may share a store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import ParseResult, urlparse, urlunparse

from ferrotorch.distributed._groups import default_pg_timeout
from ferrotorch.distributed._stores import FileStore, Store, TCPStore

__all__ = ["register_rendezvous_handler", "rendezvous"]

Found = tuple[Store, int, int]
Handler = Callable[..., Iterator[Found]]


def register_rendezvous_handler(scheme: str, handler: Handler) -> None:
    """Let addresses that begin with ``scheme://`` be understood by a generator of store, rank and number of processes.

    Raises:
        RuntimeError: there is one for such addresses.
    """
    if scheme in _handlers:
        raise RuntimeError(f"Rendezvous handler for {scheme}:// already registered")
    _handlers[scheme] = handler


def rendezvous(url: str, rank: int = -1, world_size: int = -1, **kwargs: Any) -> Iterator[Found]:
    """Find the other processes: an iterator of the store, the rank of this process and the number of all.

    Args:
        url: ``tcp://host:port``, ``file:///path`` or ``env://``, with ``?rank=0&world_size=2`` or without.
        rank: The rank, if the address does not say it.
        world_size: The number of processes, if the address does not say it.
        kwargs: More arguments of the handler, such as ``timeout``.

    Raises:
        RuntimeError: no address, or of an unknown kind.
        ValueError: something is missing in it, or in the environment.
    """
    if not isinstance(url, str | bytes):
        raise RuntimeError(f"`url` must be a string. {type(url)}: {url}")
    for name, given in (("rank", rank), ("world_size", world_size)):
        if not isinstance(given, int):
            raise RuntimeError(f"`{name}` must be an integer. {given}")
    shown = url.decode() if isinstance(url, bytes) else url
    address = urlparse(shown)
    given_numbers = {"rank": rank, "world_size": world_size}
    if any(number != -1 for number in given_numbers.values()):
        numbers = _numbers(address)
        if numbers.keys() & given_numbers.keys():
            raise AssertionError(f"The url: {shown} has node-specific arguments(rank, world_size) already.")
        numbers |= {name: str(number) for name, number in given_numbers.items() if number != -1}
        shown = urlunparse(address._replace(query="&".join(f"{name}={value}" for name, value in numbers.items())))
    if address.scheme not in _handlers:
        raise RuntimeError(f"No rendezvous handler for {address.scheme}://")
    return _handlers[address.scheme](shown, **kwargs)


def _numbers(address: ParseResult) -> dict[str, str]:
    """What stands behind the question mark."""
    pairs = (pair.partition("=") for pair in address.query.split("&") if pair)
    return {name: value for name, _, value in pairs}


def _place(kind: str, address: ParseResult) -> tuple[int, int]:
    """Rank and number of processes, which an address has to say."""
    numbers = _numbers(address)
    for name, shown in (("rank", "rank"), ("world_size", "world size")):
        if name not in numbers:
            raise _error(kind, f"{shown} parameter missing")
    return int(numbers["rank"]), int(numbers["world_size"])


def _error(kind: str, message: str) -> ValueError:
    return ValueError(f"Error initializing torch.distributed using {kind}:// rendezvous: {message}")


def _by_file(url: str, **kwargs: Any) -> Iterator[Found]:
    from urllib.request import url2pathname

    address = urlparse(url)
    path = url2pathname(address.netloc + address.path)
    if not path:
        raise _error("file", "path missing")
    rank, world_size = _place("file", address)
    yield FileStore(path, world_size), rank, world_size
    raise RuntimeError("Unable to perform rerendezvous using file:// method")


def _store(host: str, port: int, rank: int, world_size: int, timeout: timedelta) -> TCPStore:
    """The store that the first process keeps.

    Raises:
        ValueError: a port that is none.
    """
    if not 0 <= port < 2**16:
        raise ValueError(f"port must have value from 0 to 65535 but was {port}.")
    return TCPStore(host, port, world_size, rank == 0, timeout, multi_tenant=True)


def _by_tcp(url: str, timeout: timedelta = default_pg_timeout, **kwargs: Any) -> Iterator[Found]:
    address = urlparse(url)
    if address.port is None or address.hostname is None:
        raise _error("tcp", "port number missing")
    rank, world_size = _place("tcp", address)
    yield _store(address.hostname, address.port, rank, world_size, timeout), rank, world_size
    raise RuntimeError("Unable to perform re-rendezvous using tcp:// method")


def _by_environment(url: str, timeout: timedelta = default_pg_timeout, **kwargs: Any) -> Iterator[Found]:
    numbers = _numbers(urlparse(url))

    def known(name: str) -> str:
        value = numbers.get(name.lower()) or os.environ.get(name)
        if not value:
            raise _error("env", f"environment variable {name} expected, but not set")
        return value

    rank, world_size = int(known("RANK")), int(known("WORLD_SIZE"))
    yield _store(known("MASTER_ADDR"), int(known("MASTER_PORT")), rank, world_size, timeout), rank, world_size
    raise RuntimeError("Unable to perform re-rendezvous using env:// method")


_handlers: dict[str, Handler] = {"tcp": _by_tcp, "file": _by_file, "env": _by_environment}
