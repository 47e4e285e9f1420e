"""Where the client keeps what it knows: never in the folders it works on."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def config_home() -> Path:
    """The folder of ``config.json``: ``DUBS_HOME``, else below ``XDG_CONFIG_HOME`` or ``~/.config``."""
    return _home("XDG_CONFIG_HOME", ".config")


def state_home() -> Path:
    """The folder of what is known about folders: ``DUBS_HOME``, else below ``XDG_STATE_HOME`` or ``~/.local/state``."""
    return _home("XDG_STATE_HOME", ".local/state")


def _home(variable: str, default: str) -> Path:
    if own := os.environ.get("DUBS_HOME"):
        return Path(own).expanduser()
    base = os.environ.get(variable, "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / default) / "dubs"


def write_private(path: Path, data: bytes) -> None:
    """Replace a file at once and for its owner alone: whoever reads it finds the old or the new one, whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # of mode 0600
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
    """Return what a file of ours says, or None where there is none.

    One that cannot be understood is set aside as ``NAME.damaged``, with a word on stderr: what it knew can be found out again.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    set_aside(path)
    return None


def set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.damaged")
    with contextlib.suppress(OSError):
        path.replace(aside)
    print(f"dubs: {path} is damaged; it lies in {aside.name} now.", file=sys.stderr)  # noqa: T201 (once in a blue moon)
