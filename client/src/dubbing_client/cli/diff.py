"""`dubs diff`."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.arguments import (
    DIRECTORY,
    SESSION,
    completed_by,
    declare_hidden,
    existing_folder,
    version_number,
)
from dubbing_client.cli.terminal import Terminal, format_count
from dubbing_client.cli.version_diff import run_version_diff
from dubbing_client.errors import NotFoundError, UsageError
from dubbing_client.file_hashes import hash_folder
from dubbing_client.folder_diff import diff_folder
from dubbing_client.folder_session import session_of_folder
from dubbing_client.local_names import find_saved_path
from dubbing_client.locks import locked
from dubbing_client.objects import Session
from dubbing_client.saved_paths import hashes_by_saved_path
from dubbing_client.state import State
from dubbing_core.categories import METADATA_NAME

VERSION = re.compile(r"v\d+")


def declare_diff(command: ArgumentParser) -> None:
    command.usage = "dubs diff [options] DIR [NAME]\n       dubs diff [options] NAME FROM [TO]"
    target = command.add_argument("target", metavar="DIR", help="the folder, or the session of two versions")
    completed_by(target, DIRECTORY)
    name = command.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        default="",
        help="the session (default: the folder's own); or a version of it: v3",
    )
    completed_by(name, SESSION)
    command.add_argument(
        "to", metavar="TO", nargs="?", type=version_number, help="another version (default: the current one)"
    )
    command.add_argument(
        "--version",
        type=version_number,
        metavar="N",
        help="the version (default: the folder's own, or the current one)",
    )
    command.add_argument(
        "--lines",
        action="store_true",
        help="with two versions, compare subtitles and transcripts line by line",
    )
    declare_hidden(command, "compare hidden folders, too")


def run_diff(options: Namespace, terminal: Terminal) -> int:
    if options.to is not None or _names_version(options):
        return run_version_diff(options, terminal)
    folder = existing_folder(Path(options.target))
    with config.connect(on_retry=terminal.notify) as api, locked(folder), terminal.progress() as bars:
        state = State.read(api.url, folder)
        session, version = _session_and_version(api, state, options)
        remote: dict[str, str] = {}
        if version:
            remote = hashes_by_saved_path(api.manifest(session["code"], version))
        listing = folder.listing(include_hidden=options.hidden)
        for path in {*state.aliases, *listing.files}:
            # A folder that was loaded to other names is compared by these.
            alias = find_saved_path(path, state.aliases)
            if alias in remote and alias not in listing.files:
                remote[path] = remote.pop(alias)
        bars.begin("hash", sum(stat.size for stat in listing.files.values()))
        local = {
            path: sha256
            for path, _, sha256 in hash_folder(
                folder, listing, state, on_bytes=lambda count: bars.advance("hash", count)
            )
        }
    not_compared = [path for path in remote if path not in local and not listing.covers(path)]
    for path in not_compared:
        del remote[path]
    for path in state.find_other_modes(listing.files) if _is_base(state, session, version) else ():
        local[path] += " with another mode"
    # The portal generates metadata.json for each version: it only counts if the folder's own was changed.
    if METADATA_NAME not in local or state.is_stored(METADATA_NAME, local[METADATA_NAME]):
        local.pop(METADATA_NAME, None)
        remote.pop(METADATA_NAME, None)
    difference = diff_folder(local, remote)
    document = {
        "session": session["code"],
        "name": session["name"],
        "version": version,
        **asdict(difference),
        "not_compared": sorted(not_compared),
    }
    lines = [
        *(f"added    {path}" for path in difference.added),
        *(f"changed  {path}" for path in difference.changed),
        *(f"missing  {path}" for path in difference.missing),
    ]
    if not difference:
        lines = [f"No difference from version {version} of “{session['name']}”."]
    terminal.result(document, *lines)
    if not_compared:
        hint = "" if options.hidden else " Use --hidden to compare hidden folders, too."
        terminal.notify(f"Not compared: {format_count(len(not_compared))} that a save leaves out.{hint}")
    return 0


def _names_version(options: Namespace) -> bool:
    """Return whether the arguments are a session and its version.

    They may also be a folder and a session.
    """
    return VERSION.fullmatch(options.name) is not None and not Path(options.target).is_dir()


def _is_base(state: State, session: Session, version: int) -> bool:
    base = state.base
    return base is not None and (base.session, base.version) == (session["code"], version)


def _session_and_version(api: Api, state: State, options: Namespace) -> tuple[Session, int]:
    if options.name:
        session = api.get_session(options.name)
    elif state.base is None:
        raise UsageError("This folder does not belong to a session. Name one: dubs diff DIR NAME")
    else:
        session = session_of_folder(api, state.base)
    if options.version:
        if options.version > session["version"]:
            raise NotFoundError(
                f"“{session['name']}” has no version {options.version}.", status=404, code="version_not_found"
            )
        return session, options.version
    if state.base is not None and state.base.session == session["code"]:
        return session, state.base.version
    return session, session["version"]
