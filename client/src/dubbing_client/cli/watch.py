"""`dubs watch`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from dubbing_client import config
from dubbing_client.cli.arguments import DIRECTORY, completed_by, existing, seconds
from dubbing_client.cli.save import sentence
from dubbing_client.cli.terminal import Terminal
from dubbing_client.locks import locked
from dubbing_client.saving import Saved
from dubbing_client.state import State
from dubbing_client.watching import watch


def declare_watch(command: ArgumentParser) -> None:
    completed_by(
        command.add_argument("dir", metavar="DIR", type=Path, help="the pipeline's folder"), DIRECTORY
    )
    command.add_argument("--name", default="", help="the session; without one the folder's own, or a new one")
    command.add_argument(
        "--quiet",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long nothing may change before a save (default: %(default)g)",
    )
    command.add_argument(
        "--on-top", action="store_true", help="save even if somebody else saved meanwhile; both stay"
    )


def run_watch(options: Namespace, terminal: Terminal) -> int:
    folder = existing(options.dir)
    saved_versions: list[int] = []

    def on_saved(saved: Saved, message: str) -> None:
        saved_versions.append(saved.version)
        if not terminal.is_json:
            terminal.result({}, f"{sentence(saved)} {message}.")

    with config.connect(on_trouble=terminal.tell) as api, locked(folder), terminal.listener() as bars:
        state = State.read(api.url, folder)
        terminal.tell(f"Watching {folder}. Ctrl-C ends it.")
        try:
            watch(
                api,
                folder,
                state,
                name=options.name,
                quiet=options.quiet,
                interval=min(2.0, max(0.1, options.quiet / 4)),
                on_top=options.on_top,
                on_saved=on_saved,
                listener=bars,
            )
        except KeyboardInterrupt:
            # That is how it ends: nothing is half done, and nothing was interrupted.
            terminal.result({"saved": saved_versions}, f"Stopped. {len(saved_versions)} versions were saved.")
    return 0
