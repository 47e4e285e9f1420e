"""The client's own files, in the user's configuration and state directories."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def config_dir() -> Path:
    """Return the directory of ``config.json``.

    It is ``DUBS_HOME``, else in ``XDG_CONFIG_HOME`` or ``~/.config``.
    """
    return _directory("XDG_CONFIG_HOME", ".config")


def state_dir() -> Path:
    """Return the directory of folder states.

    It is ``DUBS_HOME``, else in ``XDG_STATE_HOME`` or ``~/.local/state``.
    """
    return _directory("XDG_STATE_HOME", ".local/state")


def _directory(variable: str, default: str) -> Path:
    if own := os.environ.get("DUBS_HOME"):
        return Path(own).expanduser()
    base = os.environ.get(variable, "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / default) / "dubs"


def write_private(path: Path, data: bytes) -> None:
    """Replace a file atomically; only its owner may read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # has mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def read_json(path: Path) -> Any:
    """Return the object in a JSON file, or None if there is none.

    A damaged file is renamed to ``NAME.damaged``, with a warning on stderr: its content can be computed again.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    quarantine(path)
    return None


def quarantine(path: Path) -> None:
    """Rename a damaged file and warn on stderr."""
    target = path.with_name(f"{path.name}.damaged")
    with contextlib.suppress(OSError):
        path.replace(target)
    print(f"dubs: {path} is damaged and was renamed to {target.name}.", file=sys.stderr)  # noqa: T201 (rare, and has no terminal at hand)
