"""Ports of this machine by which processes may find one another."""

from __future__ import annotations

import socket

__all__ = ["get_free_port", "get_socket_with_port"]


def get_socket_with_port() -> socket.socket:
    """A socket that listens at a port of this machine which was free; close it before the port is used.

    Raises:
        RuntimeError: this machine has no address of its own that can be listened at.
    """
    for family, kind, protocol, _, _ in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM):
        found = socket.socket(family, kind, protocol)
        try:
            found.bind(("localhost", 0))
            found.listen(0)
        except OSError:
            found.close()
            continue
        return found
    raise RuntimeError("Failed to create a socket at localhost")


def get_free_port() -> int:
    """The number of a port of this machine that nobody listens at."""
    with get_socket_with_port() as found:
        return int(found.getsockname()[1])
