"""`dubs export`, `dubs import`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from dubbing_client import config
from dubbing_client.archive_export import export_version
from dubbing_client.archive_import import import_archive
from dubbing_client.cli.arguments import FILE, SESSION, completed_by, names, version_number
from dubbing_client.cli.terminal import Terminal, format_count
from dubbing_client.errors import NotFoundError
from dubbing_core.selection import FolderLayout, Selection
from dubbing_core.sizes import format_size

MAX_LISTED = 20


def declare_export(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    output = command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the ZIP to write, or the folder to write it to"
    )
    completed_by(output, FILE)
    command.add_argument(
        "--version", type=version_number, metavar="N", help="the version (default: the current one)"
    )
    command.add_argument(
        "--only", type=names, default=[], metavar="NAMES", help="categories and languages: audio,hi"
    )
    command.add_argument("--without-source", action="store_true", help="leave out the original video")
    command.add_argument("--history", action="store_true", help="include all earlier versions")
    command.add_argument(
        "--layout",
        type=FolderLayout,
        choices=list(FolderLayout),
        default=FolderLayout.SESSION,
        help="place files in the session's folders, or as they were saved (default: %(default)s)",
    )


def run_export(options: Namespace, terminal: Terminal) -> int:
    selection = Selection.from_names(options.only)
    with config.connect(on_retry=terminal.notify) as api, terminal.progress() as bars:
        session = api.get_session(options.name)
        version = options.version or session["version"]
        if not version:
            raise NotFoundError(
                f"“{session['name']}” has no versions yet.", status=404, code="version_not_found"
            )
        result = export_version(
            api,
            session=session["code"],
            version=version,
            name=session["name"],
            output=options.output,
            categories=selection.categories,
            languages=selection.languages,
            without_source=options.without_source,
            history=options.history,
            layout=options.layout,
            listener=bars,
        )
    document = {
        "session": session["code"],
        "name": session["name"],
        "version": version,
        "file": str(result.file),
        "size": result.size,
        "resumed_at": result.resumed_at,
    }
    terminal.done(
        document,
        f"Exported version {version} of “{session['name']}” to {result.file} ({format_size(result.size)}).",
    )
    return 0


def declare_import(command: ArgumentParser) -> None:
    completed_by(command.add_argument("zip", metavar="ZIP", type=Path, help="the archive"), FILE)
    command.add_argument("--name", default="", help="the session's name (default: that in the ZIP)")
    command.add_argument("--dry-run", action="store_true", help="only print what an import would create")


def run_import(options: Namespace, terminal: Terminal) -> int:
    with config.connect(on_retry=terminal.notify) as api, terminal.progress() as bars:
        job = import_archive(api, options.zip, name=options.name, dry_run=options.dry_run, listener=bars)
    result = job["result"]
    if options.dry_run:
        terminal.result(
            {"dry_run": True, **result}, f"{options.zip} can be imported:", *preview_lines(result)
        )
        return 0
    sessions = result.get("sessions") or [result]
    terminal.done({"dry_run": False, **result}, *map(_import_sentence, sessions))
    return 0


def _import_sentence(session: dict[str, Any]) -> str:
    requested = session.get("requested_name", session["name"])
    other_name = "" if requested == session["name"] else f", because there is already a session “{requested}”"
    versions = session.get("version", 1)
    history = f" in {versions} versions" if versions > 1 else ""
    contents = f"{format_count(session['files'])}, {format_size(session['total_size'])}{history}"
    return f"Imported “{session['name']}”{other_name}: {contents}."


def preview_lines(preview: dict[str, Any]) -> list[str]:
    """Return the lines that describe what an import would create and leave out."""
    lines = []
    for session in preview["sessions"]:
        languages = f", in {', '.join(session['languages'])}" if session["languages"] else ""
        versions = f", {session['version_count']} versions" if session["version_count"] > 1 else ""
        contents = f"{format_count(session['files'])}, {format_size(session['size'])}{versions}{languages}"
        lines.append(f"  “{session['name']}”: {contents}")
        if session["renamed"]:
            lines.append(f"    There is already a session “{session['requested_name']}”.")
        lines += [
            f"    {part['label']}: {format_count(part['files'])}, {format_size(part['size'])}"
            for part in session["categories"]
        ]
    lines += _more(preview["session_count"] - len(preview["sessions"]), "sessions")
    if preview["ignored_count"]:
        shown = preview["ignored"][:MAX_LISTED]
        lines.append(f"  Left out: {format_count(preview['ignored_count'])}")
        lines += [f"    {path}" for path in shown]
        lines += _more(preview["ignored_count"] - len(shown), "files")
    return lines


def _more(count: int, noun: str) -> list[str]:
    return [f"    and {count:,} more {noun}"] if count > 0 else []
