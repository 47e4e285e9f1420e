"""`dubs watch`."""

from __future__ import annotations

import contextlib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from dubbing_client import config
from dubbing_client.cli.arguments import (
    DIRECTORY,
    completed_by,
    declare_hidden,
    declare_skip_unrepresentable,
    existing_folder,
    seconds,
)
from dubbing_client.cli.save import report_left_out, save_sentence
from dubbing_client.cli.terminal import INTERRUPTED, Terminal
from dubbing_client.errors import ConfigError
from dubbing_client.locks import locked
from dubbing_client.source_video import NewSource
from dubbing_client.state import State
from dubbing_client.watcher import (
    INTERVAL,
    KEEP,
    MAX_WAIT,
    NEW_SESSION,
    QUIET,
    STOP,
    SavedStage,
    Watcher,
    WatchOptions,
)

MIN_INTERVAL = 0.1


def declare_watch(command: ArgumentParser) -> None:
    completed_by(
        command.add_argument("dir", metavar="DIR", type=Path, help="the pipeline's folder"), DIRECTORY
    )
    command.add_argument("--name", default="", help="the session (default: the folder's own, or a new one)")
    command.add_argument(
        "--quiet",
        type=seconds,
        default=QUIET,
        metavar="SECONDS",
        help="how long the files of a stage must not change before a save (default: %(default)g)",
    )
    command.add_argument(
        "--max-wait",
        type=seconds,
        default=MAX_WAIT,
        metavar="SECONDS",
        help="how long files that are still being written may delay a save (default: %(default)g)",
    )
    command.add_argument(
        "--new-session-per-source",
        action="store_true",
        help="begin a new session when another video has replaced the source",
    )
    declare_hidden(command, "save hidden folders, such as .cache, too")
    declare_skip_unrepresentable(command)
    command.add_argument(
        "--on-top",
        action="store_true",
        help="save even if another user saved in the meantime; both versions are kept",
    )


def run_watch(options: Namespace, terminal: Terminal) -> int:
    folder = existing_folder(options.dir)
    saved: list[SavedStage] = []

    def on_saved(stage: SavedStage) -> None:
        saved.append(stage)
        report_left_out(terminal, stage.result.left_out)
        if not terminal.is_json:
            terminal.done({}, f"{save_sentence(stage.result)} {stage.message}.")

    with config.connect(on_retry=terminal.notify) as api, locked(folder), terminal.progress() as bars:
        api.me()  # raises at once if the token is not valid

        def renew_login() -> None:
            with contextlib.suppress(ConfigError):
                login = config.read()
                if login.url == api.url:
                    api.token = login.token

        watcher = Watcher(
            api,
            folder,
            State.read(api.url, folder),
            WatchOptions(
                name=options.name,
                quiet=options.quiet,
                max_wait=options.max_wait,
                interval=min(INTERVAL, max(MIN_INTERVAL, options.quiet / 4)),
                on_top=options.on_top,
                skip_unrepresentable=options.skip_unrepresentable,
                include_hidden=options.hidden,
                new_session_per_source=options.new_session_per_source,
            ),
            on_saved=on_saved,
            decide=_ask(terminal),
            renew_login=renew_login,
            listener=bars,
        )
        try:
            terminal.notify(f"Watching {folder}. Press Ctrl-C to stop.")
            watcher.run()
        except KeyboardInterrupt:
            # The regular end: nothing is incomplete. Scripts recognize it by the status.
            _finish(terminal, saved)
    return INTERRUPTED


def _ask(terminal: Terminal) -> Callable[[str, NewSource], str]:
    """Return a function that asks what happens with another source video."""

    def ask(session: str, source: NewSource) -> str:
        question = f"The source video “{source.old_path}” of “{session}” was replaced by “{source.path}”."
        if terminal.confirm(f"{question} Begin a new session?"):
            return NEW_SESSION
        if terminal.confirm(f"Save it into “{session}”, as the next version?"):
            return KEEP
        return STOP

    return ask


def _finish(terminal: Terminal, saved: list[SavedStage]) -> None:
    versions = [
        {
            "session": stage.result.session,
            "name": stage.result.name,
            "version": stage.result.version,
            "message": stage.message,
        }
        for stage in saved
    ]
    count = "1 version was" if len(saved) == 1 else f"{len(saved)} versions were"
    document = {"saved": [stage.result.version for stage in saved], "versions": versions}
    terminal.done(document, f"Stopped. {count} saved.")
