"""`dubs diff`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.arguments import DIRECTORY, SESSION, completed_by, existing, number
from dubbing_client.cli.terminal import Terminal
from dubbing_client.diffing import difference
from dubbing_client.errors import NotFoundError, UsageError
from dubbing_client.folder import METADATA
from dubbing_client.hashing import hashes
from dubbing_client.locks import locked
from dubbing_client.manifests import holdings
from dubbing_client.state import State


def declare_diff(command: ArgumentParser) -> None:
    completed_by(command.add_argument("dir", metavar="DIR", type=Path, help="the folder"), DIRECTORY)
    name = command.add_argument(
        "name", metavar="NAME", nargs="?", default="", help="the session (default: the folder's own)"
    )
    completed_by(name, SESSION)
    command.add_argument(
        "--version",
        type=number,
        metavar="N",
        help="its number (default: that which the folder is at, or the current)",
    )


def run_diff(options: Namespace, terminal: Terminal) -> int:
    folder = existing(options.dir)
    with config.connect(on_trouble=terminal.tell) as api, locked(folder), terminal.listener() as bars:
        state = State.read(api.url, folder)
        session, version = _session_and_version(api, state, options)
        there: dict[str, str] = {}
        if version:
            there = holdings(api.manifest(session["code"], version))
            for path, alias in state.aliases.items():
                # A folder that was loaded in the session's layout is compared in that.
                if alias in there:
                    there[path] = there.pop(alias)
        listing = folder.listing()
        bars.begin("hash", sum(stat.size for stat in listing.files.values()))
        here = {
            path: sha256
            for path, _, sha256 in hashes(
                folder, listing, state, on_bytes=lambda count: bars.advance("hash", count)
            )
        }
    # The portal writes the document anew with each version; one that the folder has unchanged, or not at all, is no difference.
    if METADATA not in here or state.is_saved(METADATA, here[METADATA]):
        here.pop(METADATA, None)
        there.pop(METADATA, None)
    found = difference(here, there)
    document = {
        "session": session["code"],
        "name": session["name"],
        "version": version,
        **asdict(found),
    }
    lines = [
        *(f"added    {path}" for path in found.added),
        *(f"changed  {path}" for path in found.changed),
        *(f"missing  {path}" for path in found.missing),
    ]
    if not found:
        lines = [f"No difference from version {version} of “{session['name']}”."]
    terminal.result(document, *lines)
    return 0


def _session_and_version(api: Api, state: State, options: Namespace) -> tuple[Any, int]:
    if options.name:
        session = api.need_session(options.name)
    elif state.base is None:
        raise UsageError("This folder is no session's yet. Say which to compare with: dubs diff DIR NAME")
    else:
        session = api.session_of(state.base)
    if options.version:
        if options.version > session["version"]:
            raise NotFoundError(
                f"“{session['name']}” has no version {options.version}.", status=404, code="version_not_found"
            )
        return session, options.version
    is_own = state.base is not None and state.base.session == session["code"]
    return session, state.base.version if state.base is not None and is_own else session["version"]
