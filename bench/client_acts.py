"""What `dubs` does, in a process that runs already, as `dubs watch` does: asked by lines of JSON, it answers with seconds.

Runs in the client's own environment, where nothing of the portal can be imported.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from dubbing_client import sending
from dubbing_client.api import Api
from dubbing_client.folder import Folder
from dubbing_client.load_plan import plan_load
from dubbing_client.loading import load as perform_load
from dubbing_client.save_plan import plan_save
from dubbing_client.saving import save as perform_save
from dubbing_client.state import State


def save(folder: str, name: str, *, packs: bool = True, connections: int = sending.CONNECTIONS) -> float:
    """Save a folder; without ``packs`` each file is an upload of its own, however small it is."""
    sending.CONNECTIONS = connections
    start = perf_counter()
    with Api(os.environ["DUBS_URL"], os.environ["DUBS_TOKEN"]) as api:
        if not packs:
            limits = {**api.me(), "max_pack_file_size": 0}
            api.me = lambda: limits  # type: ignore[method-assign, assignment, return-value]  # as a portal without packs
        place = Folder(Path(folder))
        state = State.read(api.url, place)
        perform_save(api, plan_save(api, place, state, name=name), state)
    return perf_counter() - start


def load(name: str, folder: str) -> float:
    start = perf_counter()
    with Api(os.environ["DUBS_URL"], os.environ["DUBS_TOKEN"]) as api:
        place = Folder(Path(folder))
        state = State.read(api.url, place)
        perform_load(api, plan_load(api, place, state, name=name), state)
    return perf_counter() - start


ACTS: dict[str, Callable[..., float]] = {"save": save, "load": load}


def main() -> None:
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        took = ACTS[asked["act"]](*asked["arguments"], **asked["more"])
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
