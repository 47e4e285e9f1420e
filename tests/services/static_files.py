"""Static files, examined once per process: whitenoise examines all 900 for each test client, in 0.1 s of CPU."""

from __future__ import annotations

from whitenoise.base import WhiteNoise
from whitenoise.responders import StaticFile

_examine = WhiteNoise.update_files_dictionary
_examined: dict[tuple[str, str], dict[str, StaticFile]] = {}


def add_examined_files(server: WhiteNoise, root: str, prefix: str) -> None:
    """Replace ``WhiteNoise.update_files_dictionary``."""
    folder = (root, prefix)
    if folder not in _examined:
        _examine(server, root, prefix)
        _examined[folder] = dict(server.files)
    server.files.update(_examined[folder])
