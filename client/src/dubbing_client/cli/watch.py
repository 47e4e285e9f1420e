"""`dubs watch`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from dubbing_client import config
from dubbing_client.cli.arguments import DIRECTORY, completed_by, existing_folder, seconds
from dubbing_client.cli.save import save_sentence
from dubbing_client.cli.terminal import Terminal
from dubbing_client.locks import locked
from dubbing_client.saver import SaveResult
from dubbing_client.state import State
from dubbing_client.watcher import watch

MAX_INTERVAL = 2.0
MIN_INTERVAL = 0.1


def declare_watch(command: ArgumentParser) -> None:
    completed_by(
        command.add_argument("dir", metavar="DIR", type=Path, help="the pipeline's folder"), DIRECTORY
    )
    command.add_argument("--name", default="", help="the session (default: the folder's own, or a new one)")
    command.add_argument(
        "--quiet",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long nothing may change before a save (default: %(default)g)",
    )
    command.add_argument(
        "--on-top",
        action="store_true",
        help="save even if another user saved in the meantime; both versions are kept",
    )


def run_watch(options: Namespace, terminal: Terminal) -> int:
    folder = existing_folder(options.dir)
    versions: list[int] = []

    def on_saved(result: SaveResult, message: str) -> None:
        versions.append(result.version)
        if not terminal.is_json:
            terminal.result({}, f"{save_sentence(result)} {message}.")

    with config.connect(on_retry=terminal.notify) as api, locked(folder), terminal.progress() as bars:
        state = State.read(api.url, folder)
        terminal.notify(f"Watching {folder}. Press Ctrl-C to stop.")
        try:
            watch(
                api,
                folder,
                state,
                name=options.name,
                quiet=options.quiet,
                interval=min(MAX_INTERVAL, max(MIN_INTERVAL, options.quiet / 4)),
                on_top=options.on_top,
                on_saved=on_saved,
                listener=bars,
            )
        except KeyboardInterrupt:
            # The regular end: nothing is incomplete.
            terminal.result({"saved": versions}, f"Stopped. {len(versions)} versions were saved.")
    return 0
