"""`dubs media`."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from dubbing_client import config
from dubbing_client.cli.arguments import DIRECTORY, SESSION, completed_by, version_number
from dubbing_client.cli.terminal import Terminal, format_count
from dubbing_client.derivative_files import KINDS, READY, list_remote_files, load_derivatives
from dubbing_client.errors import FolderError, NotFoundError
from dubbing_client.folder import Folder
from dubbing_client.media_objects import Derivative
from dubbing_client.objects import FileEntry
from dubbing_core.labels import Role
from dubbing_core.sizes import format_size

TITLES = "File", "Media", "Made of it", "Problem"
TARGET = Path("previews")


def declare_media(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    command.add_argument(
        "kinds",
        metavar="KIND",
        nargs="*",
        type=_kind,
        help="download these: poster, strip, peaks, audio (the sound alone) or proxy (light copies); none to list all",
    )
    output = command.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        default=TARGET,
        help="the folder to write to (default: ./%(default)s)",
    )
    completed_by(output, DIRECTORY)
    command.add_argument(
        "--version", type=version_number, metavar="N", help="the version (default: the current one)"
    )
    command.add_argument("--all", action="store_true", help="include audio of single lines")
    command.add_argument("--overwrite", action="store_true", help="replace files with other contents")


def _kind(text: str) -> str:
    if text not in KINDS:
        raise ArgumentTypeError(f"choose from {', '.join(KINDS)}")
    return text


def run_media(options: Namespace, terminal: Terminal) -> int:
    with config.connect(on_retry=terminal.notify) as api:
        session = api.get_session(options.name)
        version = options.version or session["version"]
        if not version:
            raise NotFoundError(
                f"“{session['name']}” has no versions yet.", status=404, code="version_not_found"
            )
        entries = [entry for entry in api.entries(session["code"], version) if entry.get("media")]
        if not options.all:
            entries = [entry for entry in entries if entry["role"] != Role.SEGMENT.value]
        if not options.kinds:
            terminal.table({"files": entries}, TITLES, [_row(entry) for entry in entries])
            return 0
        files = list(list_remote_files(entries, options.kinds))
        folder = _make_folder(options.output) if files else Folder(options.output)
        with terminal.progress() as bars:
            loaded = load_derivatives(
                api,
                folder,
                files,
                session=session["code"],
                version=version,
                overwrite=options.overwrite,
                listener=bars,
            )
    missing = list(_list_missing(entries, options.kinds))
    terminal.done(
        {"session": session["code"], "version": version, "folder": str(folder), **asdict(loaded)}
        | {"missing": missing},
        f"Wrote {format_count(len(loaded.written))} ({format_size(loaded.bytes)}) to {folder}, "
        f"{format_count(loaded.unchanged)} unchanged.",
        *(f"  {line}" for line in missing),
    )
    return 0


def _make_folder(path: Path) -> Folder:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"{path} cannot be created: {error.strerror or error}.") from error
    return Folder(path)


def _row(entry: FileEntry) -> tuple[str, ...]:
    media = entry["media"]
    assert media is not None
    made = entry.get("derivatives") or {}
    return (
        entry["path"],
        media["summary"],
        ", ".join(filter(None, (_describe(kind, each) for kind, each in made.items()))),
        media["problem"] or media["reason"],
    )


def _describe(kind: str, made: Derivative) -> str:
    """Return the kind with its state, unless it is ready; empty if it is not needed."""
    state, reason = made["state"], made["reason"]
    if state == READY:
        return kind
    return "" if state == "not_needed" else f"{kind} ({reason or state})"


def _list_missing(entries: Iterable[FileEntry], kinds: Iterable[str]) -> Iterator[str]:
    """Yield a line for each that is not made yet, or cannot be."""
    for entry in entries:
        for kind, made in (entry.get("derivatives") or {}).items():
            if kind in kinds and made["state"] in {"queued", "failed"}:
                yield f"{entry['path']}: {_describe(kind, made)}"
