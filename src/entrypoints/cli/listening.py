"""Taking a port, with one line on what to do when it cannot be had."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from entrypoints.cli.operation import Failure

BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address that nobody else uses, not listening yet.

    Args:
        host: The address or its name.
        port: The port; 0 for a free one.

    Raises:
        Failure: It cannot be had.
    """
    family, address = _address(host, port)
    return _bound(socket.socket(family, socket.SOCK_STREAM), address)


def share(host: str, port: int) -> socket.socket:
    """The same, on an address that processes of ours share. Each binds a socket of its own; only those that listen are
    given connections, so that one only bound keeps the address for us.

    Raises:
        Failure: It cannot be had.
    """
    family, address = _address(host, port)
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return _bound(bound, address)


def keep(host: str, port: int) -> socket.socket:
    """Hold an address for processes of ours, if nobody else has it.

    Raises:
        Failure: It cannot be had.
    """
    if port:
        # Sharing would let us in beside another server of this user; this finds out whether there is one.
        listen(host, port).close()
    return share(host, port)


def _address(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise Failure(f"--host {host} is not an address of this machine: {error.strerror}") from error
    return found[0][0], found[0][4]


def _bound(listener: socket.socket, address: Any) -> socket.socket:
    host, port = address[:2]
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Failure(f"port {port} on {host} is in use; choose another with --port") from None
        if error.errno == errno.EACCES:
            raise Failure(f"port {port} needs more rights; choose one above 1023 with --port") from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise Failure(f"{host} is not an address of this machine; choose another with --host") from None
        raise
    return listener
