"""Secret key and broker socket of the embedded mode, both in DATA_DIR."""

from __future__ import annotations

import os
import secrets
import tempfile
from hashlib import sha256
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MAX_SOCKET_PATH = 100
"""A Unix socket's path has at most 107 bytes on Linux (unix(7), sun_path)."""


def get_secret_key(data_dir: Path) -> str:
    """Return the key stored in ``data_dir``; generate it at the first call.

    Safe for concurrent processes.

    :raises ImproperlyConfigured: the folder cannot be used.
    """
    try:
        return _read_or_generate_key(data_dir)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR={data_dir} cannot be used: {error.strerror}.") from error


def _read_or_generate_key(data_dir: Path) -> str:
    file = data_dir / "secret_key"
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = data_dir / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50), encoding="ascii")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_text(encoding="ascii")


def get_broker_socket(data_dir: Path) -> Path:
    """Return the path of the broker's Unix socket.

    It is in ``data_dir``, or in the temporary folder if that path is too long.
    """
    socket = data_dir / "broker" / "valkey.sock"
    if len(os.fsencode(socket)) <= MAX_SOCKET_PATH:
        return socket
    digest = sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"dubbing-sessions-{os.getuid()}-{digest}" / "valkey.sock"
