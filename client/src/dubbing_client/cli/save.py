"""`dubs save`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dubbing_client import config
from dubbing_client.cli.arguments import DIRECTORY, completed_by, existing
from dubbing_client.cli.terminal import Terminal, files, size
from dubbing_client.locks import locked
from dubbing_client.save_plan import plan_save
from dubbing_client.saving import Saved, save
from dubbing_client.state import State

SHOWN = 10


def declare_save(command: ArgumentParser) -> None:
    completed_by(
        command.add_argument("dir", metavar="DIR", type=Path, help="the pipeline's folder"), DIRECTORY
    )
    command.add_argument("--name", default="", help="the session; without one the folder's own, or a new one")
    command.add_argument("-m", "--message", default="", help="what is new in this version")
    command.add_argument(
        "--on-top",
        action="store_true",
        help="save even if the session has a newer version than the folder; both stay",
    )
    command.add_argument(
        "--replace",
        action="store_true",
        help="a folder that is saved there for the first time says what the session holds: all else is removed from it",
    )


def run_save(options: Namespace, terminal: Terminal) -> int:
    folder = existing(options.dir)
    with config.connect(on_trouble=terminal.tell) as api, locked(folder), terminal.listener() as bars:
        state = State.read(api.url, folder)
        plan = plan_save(
            api,
            folder,
            state,
            name=options.name,
            on_top=options.on_top,
            replace=options.replace,
            listener=bars,
        )
        saved = save(api, plan, state, message=options.message, listener=bars)
    _tell_skipped(terminal, saved.skipped)
    terminal.result(_document(saved), sentence(saved))
    return 0


def _document(saved: Saved) -> dict[str, Any]:
    return {**asdict(saved), "skipped": [{"path": path, "why": why} for path, why in saved.skipped.items()]}


def sentence(saved: Saved) -> str:
    if not saved.is_new:
        return f"Nothing has changed since version {saved.version} of “{saved.name}”."
    told = f"Saved version {saved.version} of “{saved.name}”: {files(len(saved.changed))}, {size(saved.bytes_changed)}"
    if saved.removed:
        told += f", {files(len(saved.removed))} removed"
    return f"{told}, {size(saved.bytes_sent)} sent."


def _tell_skipped(terminal: Terminal, skipped: Mapping[str, str]) -> None:
    for path, why in list(skipped.items())[:SHOWN]:
        terminal.tell(f"Left out: “{path}” is {why}.")
    if len(skipped) > SHOWN:
        terminal.tell(f"{len(skipped) - SHOWN} more were left out.")
