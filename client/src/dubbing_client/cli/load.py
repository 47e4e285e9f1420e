"""`dubs load`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dubbing_client import config
from dubbing_client.cli.arguments import DIRECTORY, PARTS_HELP, SESSION, completed_by, parts, version_number
from dubbing_client.cli.stale_warning import warn_of_stale
from dubbing_client.cli.terminal import Terminal, format_count
from dubbing_client.errors import FolderError, LocalChangesError
from dubbing_client.folder import Folder
from dubbing_client.load_plan import LAYOUTS, LoadPlan, plan_load
from dubbing_client.loader import load
from dubbing_client.locks import locked
from dubbing_client.new_folder import new_folder
from dubbing_client.state import SAVED, State
from dubbing_core.session_names import sanitize_session_name
from dubbing_core.sizes import format_size

MAX_LISTED = 10


def declare_load(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    folder = command.add_argument(
        "dir", metavar="DIR", type=Path, nargs="?", help="the folder (default: ./NAME)"
    )
    completed_by(folder, DIRECTORY)
    command.add_argument(
        "--version", type=version_number, metavar="N", help="the version (default: the current one)"
    )
    command.add_argument("--only", type=parts, default=[], metavar="NAMES", help=PARTS_HELP)
    command.add_argument(
        "--file",
        dest="files",
        action="append",
        default=[],
        metavar="PATH",
        help="load only this file; may be repeated",
    )
    command.add_argument(
        "--delete", action="store_true", help="delete files that the version does not contain"
    )
    command.add_argument(
        "--dry-run", action="store_true", help="only print what would be written and deleted"
    )
    command.add_argument(
        "-y",
        "--yes",
        "--overwrite",
        dest="yes",
        action="store_true",
        help="overwrite local changes without asking",
    )
    command.add_argument(
        "--allow-hidden",
        action="store_true",
        help="load hidden files such as .git/config, which other programs obey, without asking",
    )
    command.add_argument(
        "--allow-invisible",
        action="store_true",
        help="load names with invisible or bidirectional characters without asking",
    )
    command.add_argument(
        "--layout",
        choices=LAYOUTS,
        default=SAVED,
        help="place files as in the folder they were saved from, or as in the session (default: %(default)s)",
    )


def run_load(options: Namespace, terminal: Terminal) -> int:
    with config.connect(on_retry=terminal.notify) as api:
        target = options.dir or Path(sanitize_session_name(api.get_session(options.name)["name"]))
        if target.exists() and not target.is_dir():
            raise FolderError(f"{target} is not a folder.")
        with new_folder(target, is_dry_run=options.dry_run), locked(folder := Folder(target)):
            state = State.read(api.url, folder)
            with terminal.progress() as bars:
                plan = plan_load(
                    api,
                    folder,
                    state,
                    name=options.name,
                    version=options.version,
                    only=options.only,
                    paths=options.files,
                    layout=options.layout,
                    delete=options.delete,
                    listener=bars,
                )
            stale = (
                []
                if options.files
                else warn_of_stale(
                    api, terminal, session=plan.session["code"], version=plan.version, only=options.only
                )
            )
            if options.dry_run:
                terminal.result({**_plan_document(plan), "stale": stale}, *_plan_lines(plan, target))
                return 0
            allow_hidden = options.allow_hidden or _confirm_names(
                plan.hidden,
                "Hidden files and folders may change what other programs do, or start some.",
                terminal,
            )
            allow_invisible = options.allow_invisible or _confirm_names(
                plan.invisible, "Invisible characters make a name look like another.", terminal
            )
            permissions = {"allow_hidden": allow_hidden, "allow_invisible": allow_invisible}
            plan.check(overwrite=True, **permissions)
            overwrite = options.yes or _confirm(plan, terminal)
            with terminal.progress() as bars:
                result = load(api, plan, state, overwrite=overwrite, **permissions, listener=bars)
    sentence = f"Loaded version {result.version} of “{result.name}” into {target}: "
    sentence += f"{format_count(len(result.written))} fetched ({format_size(result.bytes)}), "
    sentence += f"{format_count(result.unchanged)} unchanged"
    sentence += f", {format_count(len(result.deleted))} deleted." if result.deleted else "."
    _report_renamed(terminal, result.renamed)
    terminal.done({**asdict(result), "folder": str(folder), "stale": stale}, sentence)
    return 0


def _report_renamed(terminal: Terminal, renamed: Mapping[str, str]) -> None:
    for path, saved in sorted(renamed.items())[:MAX_LISTED]:
        terminal.notify(f"“{saved}” is “{path}” on this system, and is saved under its own name.")
    if len(renamed) > MAX_LISTED:
        terminal.notify(f"{len(renamed) - MAX_LISTED} more have other names.")


def _plan_document(plan: LoadPlan) -> dict[str, Any]:
    return {
        "dry_run": True,
        "session": plan.session["code"],
        "name": plan.session["name"],
        "version": plan.version,
        "written": sorted(file.path for file in plan.fetch),
        "overwritten": plan.overwritten,
        "unsaved": plan.unsaved,
        "deleted": sorted([*plan.obstacles, *plan.extra]),
        "hidden": plan.hidden,
        "invisible": plan.invisible,
        "modes": sorted(file.path for file in plan.other_modes),
        "renamed": plan.renamed,
        "unchanged": len(plan.unchanged),
        "bytes": plan.size,
    }


def _plan_lines(plan: LoadPlan, target: Path) -> list[str]:
    lost = {*plan.unsaved}
    deleted = sorted([*plan.obstacles, *plan.extra])
    size = f"{format_count(len(plan.fetch))} ({format_size(plan.size)})"
    sentence = (
        f"Version {plan.version} of “{plan.session['name']}” would be loaded into {target}: {size} fetched, "
        f"{format_count(len(plan.unchanged))} unchanged, {format_count(len(deleted))} deleted."
    )
    return [
        sentence,
        *(f"  write      {path}" for path in sorted(file.path for file in plan.fetch) if path not in lost),
        *(
            f"  overwrite  {path}  (not saved in any known version)"
            for path in plan.unsaved
            if path not in deleted
        ),
        *(f"  delete     {path}" for path in deleted),
        *(
            f"  mode       {file.path}: {'' if file.is_executable else 'not '}executable"
            for file in plan.other_modes
        ),
        *(f"  rename     {saved} to {path}" for path, saved in sorted(plan.renamed.items())),
        *(f"  needs --allow-hidden     {path}" for path in plan.hidden),
        *(f"  needs --allow-invisible  {path}" for path in plan.invisible),
    ]


def _confirm_names(paths: list[str], warning: str, terminal: Terminal) -> bool:
    """Ask before such names are written; without a terminal, return False."""
    if not paths or not terminal.can_ask:
        return not paths
    for path in paths[:MAX_LISTED]:
        terminal.notify(f"  load       {path}")
    if len(paths) > MAX_LISTED:
        terminal.notify(f"  and {len(paths) - MAX_LISTED} more")
    folders = sum(path.endswith("/") for path in paths)
    files = format_count(len(paths) - folders) if len(paths) > folders else ""
    empty = "" if not folders else "1 folder" if folders == 1 else f"{folders:,} folders"
    return terminal.confirm(f"{warning} Load {' and '.join(filter(None, (files, empty)))} of another user?")


def _confirm(plan: LoadPlan, terminal: Terminal) -> bool:
    """Ask before anything is lost.

    :returns: False where there is no terminal, so that the load refuses.
    :raises LocalChangesError: the user declined.
    """
    deleted = plan.extra if plan.delete else []
    if not plan.unsaved and not deleted:
        return True
    for path in plan.unsaved[:MAX_LISTED]:
        terminal.notify(f"  overwrite  {path}")
    for path in deleted[:MAX_LISTED]:
        terminal.notify(f"  delete     {path}")
    if not terminal.can_ask:
        return False
    count = len(plan.unsaved) + len(deleted)
    if terminal.confirm(f"{format_count(count)} would be lost. Continue?"):
        return True
    raise LocalChangesError(plan.unsaved, deleted=deleted)
