"""`dubs save`, `dubs load`, `dubs diff`, `dubs watch`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.terminal import Terminal, files, size
from dubbing_client.diffing import difference
from dubbing_client.errors import FolderError, LocalChangesError, NotFoundError, UsageError
from dubbing_client.folder import METADATA, Folder
from dubbing_client.hashing import hashes
from dubbing_client.loading import LoadPlan, load, plan_load
from dubbing_client.saving import Saved, holdings, plan_save, save, session_of
from dubbing_client.state import State, locked
from dubbing_client.watching import watch

SHOWN = 10


def run_save(options: Namespace, terminal: Terminal) -> int:
    folder = _existing(options.dir)
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
    terminal.result(_document(saved), _sentence(saved))
    return 0


def _document(saved: Saved) -> dict[str, Any]:
    return {**asdict(saved), "skipped": [{"path": path, "why": why} for path, why in saved.skipped.items()]}


def _sentence(saved: Saved) -> str:
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


def run_diff(options: Namespace, terminal: Terminal) -> int:
    folder = _existing(options.dir)
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
        session = session_of(api, state.base)
    if options.version:
        if options.version > session["version"]:
            raise NotFoundError(
                f"“{session['name']}” has no version {options.version}.", status=404, code="version_not_found"
            )
        return session, options.version
    is_own = state.base is not None and state.base.session == session["code"]
    return session, state.base.version if state.base is not None and is_own else session["version"]


def run_watch(options: Namespace, terminal: Terminal) -> int:
    folder = _existing(options.dir)
    saved_versions: list[int] = []

    def on_saved(saved: Saved, message: str) -> None:
        saved_versions.append(saved.version)
        if not terminal.is_json:
            terminal.result({}, f"{_sentence(saved)} {message}.")

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


def _existing(path: Path) -> Folder:
    if not path.is_dir():
        raise FolderError(f"{path} is no folder.")
    return Folder(path)
