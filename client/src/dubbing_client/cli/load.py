"""`dubs load`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from dubbing_client import config
from dubbing_client.cli.arguments import DIRECTORY, SESSION, completed_by, names, number
from dubbing_client.cli.terminal import Terminal, files, size
from dubbing_client.errors import FolderError, LocalChangesError
from dubbing_client.folder import Folder
from dubbing_client.load_plan import LAYOUTS, SAVED, LoadPlan, plan_load
from dubbing_client.loading import load
from dubbing_client.locks import locked
from dubbing_client.state import State

SHOWN = 10


def declare_load(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    folder = command.add_argument(
        "dir", metavar="DIR", type=Path, nargs="?", help="the folder (default: ./NAME)"
    )
    completed_by(folder, DIRECTORY)
    command.add_argument("--version", type=number, metavar="N", help="its number (default: the current one)")
    command.add_argument(
        "--only", type=names, default=[], metavar="NAMES", help="categories and languages: audio,hi"
    )
    command.add_argument("--delete", action="store_true", help="remove files that the version does not know")
    command.add_argument(
        "-y",
        "--yes",
        "--overwrite",
        dest="yes",
        action="store_true",
        help="lose local changes without being asked",
    )
    command.add_argument(
        "--layout",
        choices=LAYOUTS,
        default=SAVED,
        help="files lie as in the folder they were saved from, or as in the session (default: %(default)s)",
    )


def run_load(options: Namespace, terminal: Terminal) -> int:
    with config.connect(on_trouble=terminal.tell) as api:
        target = options.dir or Path(_folder_name(api.need_session(options.name)["name"]))
        if target.exists() and not target.is_dir():
            raise FolderError(f"{target} is no folder.")
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(f"{target} cannot be made: {error.strerror or error}.") from error
        folder = Folder(target)
        with locked(folder):
            state = State.read(api.url, folder)
            with terminal.listener() as bars:
                plan = plan_load(
                    api,
                    folder,
                    state,
                    name=options.name,
                    version=options.version,
                    only=options.only,
                    layout=options.layout,
                    delete=options.delete,
                    listener=bars,
                )
            overwrite = options.yes or _agrees(plan, terminal)
            with terminal.listener() as bars:
                loaded = load(api, plan, state, overwrite=overwrite, listener=bars)
    told = f"Version {loaded.version} of “{loaded.name}” lies in {target}: "
    told += f"{files(len(loaded.written))} fetched ({size(loaded.bytes)}), {files(loaded.unchanged)} there already"
    told += f", {files(len(loaded.deleted))} deleted." if loaded.deleted else "."
    terminal.result({**asdict(loaded), "folder": str(folder)}, told)
    return 0


def _agrees(plan: LoadPlan, terminal: Terminal) -> bool:
    """Ask before anything is lost; True where nothing would be, or somebody agrees."""
    lost = [*plan.unsaved, *(plan.unknown if plan.delete else [])]
    if not lost:
        return True
    for path in plan.unsaved[:SHOWN]:
        terminal.tell(f"  overwrite  {path}")
    for path in (plan.unknown if plan.delete else [])[:SHOWN]:
        terminal.tell(f"  delete     {path}")
    if not terminal.can_ask:
        return False  # which refuses, with a sentence
    if terminal.agrees(f"{files(len(lost))} would be lost. Go on?"):
        return True
    raise LocalChangesError(plan.unsaved, deleted=plan.unknown)


def _folder_name(name: str) -> str:
    """A session's name as that of a folder in the current one."""
    safe = "".join(
        "_" if character in '/\\:*?"<>|' or not character.isprintable() else character for character in name
    )
    return safe.strip(" .") or "session"
