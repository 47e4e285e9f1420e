"""Saves and loads in a long-running client process.

Requests are read as lines of JSON; the seconds they took are written.

It runs in the client's environment, without the portal's code.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from dubbing_client import uploader
from dubbing_client.api import Api
from dubbing_client.folder import Folder
from dubbing_client.load_plan import plan_load
from dubbing_client.loader import load as perform_load
from dubbing_client.objects import Me
from dubbing_client.save_plan import plan_save
from dubbing_client.saver import save as perform_save
from dubbing_client.state import State


class ApiWithoutPacks(Api):
    """The API of a portal that accepts no packs."""

    def me(self) -> Me:
        return {**super().me(), "max_pack_file_size": 0}


def save(folder: str, name: str, *, packs: bool = True, connections: int = uploader.CONNECTIONS) -> float:
    """Save a folder and return the seconds it took.

    Without ``packs``, each file is an upload of its own.
    """
    uploader.CONNECTIONS = connections
    start = perf_counter()
    api_class = Api if packs else ApiWithoutPacks
    with api_class(os.environ["DUBS_URL"], os.environ["DUBS_TOKEN"]) as api:
        target = Folder(Path(folder))
        state = State.read(api.url, target)
        perform_save(api, plan_save(api, target, state, name=name), state)
    return perf_counter() - start


def load(name: str, folder: str) -> float:
    """Load a session and return the seconds it took."""
    start = perf_counter()
    with Api(os.environ["DUBS_URL"], os.environ["DUBS_TOKEN"]) as api:
        target = Folder(Path(folder))
        state = State.read(api.url, target)
        perform_load(api, plan_load(api, target, state, name=name), state)
    return perf_counter() - start


ACTS: dict[str, Callable[..., float]] = {"save": save, "load": load}


def main() -> None:
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        seconds = ACTS[request["act"]](*request["arguments"], **request["options"])
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
