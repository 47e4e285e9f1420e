from __future__ import annotations

import socket

_reserved: list[socket.socket] = []
"""Sockets of the ports that this process has reserved, open until it ends."""


def reserve_port() -> int:
    """Return a TCP port that only a server which this process starts will use.

    The port stays bound, without listening. Servers set SO_REUSEADDR, with which they may listen at it, while the system chooses
    it for no connection and for no other socket. It may choose a port that is merely free before the server starts.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    port: int = holder.getsockname()[1]
    return port


def is_listening(port: int) -> bool:
    """Return whether a server accepts connections at the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
