"""`dubs export`, `dubs import`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from dubbing_client import config
from dubbing_client.archive_export import export_sessions, export_version
from dubbing_client.archive_import import import_archive
from dubbing_client.cli.arguments import FILE, PARTS_HELP, SESSION, completed_by, parts, version_number
from dubbing_client.cli.import_report import MAX_LISTED, list_imported, list_preview
from dubbing_client.cli.stale_warning import warn_of_stale
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import NotFoundError, UsageError
from dubbing_client.import_choice import ImportChoice
from dubbing_core.selection import FolderLayout, Selection
from dubbing_core.sizes import format_size
from dubbing_core.zips.name_encodings import NameReading


def declare_export(command: ArgumentParser) -> None:
    names = command.add_argument(
        "names", metavar="NAME", nargs="+", help="the session; several become one ZIP with a folder for each"
    )
    completed_by(names, SESSION)
    output = command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the ZIP to write, or the folder to write it to"
    )
    completed_by(output, FILE)
    command.add_argument(
        "--version", type=version_number, metavar="N", help="the version (default: the current one)"
    )
    command.add_argument("--only", type=parts, default=[], metavar="NAMES", help=PARTS_HELP)
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
    if len(options.names) > 1:
        return _export_sessions(options, terminal)
    selection = Selection.from_names(options.only)
    with config.connect(on_retry=terminal.notify) as api, terminal.progress() as bars:
        session = api.get_session(options.names[0])
        version = options.version or session["version"]
        if not version:
            raise NotFoundError(
                f"“{session['name']}” has no versions yet.", status=404, code="version_not_found"
            )
        stale = warn_of_stale(api, terminal, session=session["code"], version=version, only=options.only)
        result = export_version(
            api,
            session=session["code"],
            version=version,
            name=session["name"],
            output=options.output,
            categories=selection.categories,
            languages=selection.languages,
            cells=[str(cell) for cell in selection.cells],
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
        "stale": stale,
    }
    terminal.done(
        document,
        f"Exported version {version} of “{session['name']}” to {result.file} ({format_size(result.size)}).",
    )
    return 0


def _export_sessions(options: Namespace, terminal: Terminal) -> int:
    """Download the current versions of several sessions as one ZIP."""
    is_part = options.only or options.without_source or options.history or options.version
    if is_part or options.layout is not FolderLayout.SESSION:
        raise UsageError(
            "Several sessions are exported as they are: without --version, --only, --without-source, --history and --layout."
        )
    with config.connect(on_retry=terminal.notify) as api, terminal.progress() as bars:
        # All are looked up first: with one misspelled name, nothing is downloaded.
        sessions = [api.get_session(name) for name in dict.fromkeys(options.names)]
        codes = [session["code"] for session in sessions]
        result = export_sessions(api, codes, output=options.output, listener=bars)
    document = {
        "sessions": codes,
        "file": str(result.file),
        "size": result.size,
        "resumed_at": result.resumed_at,
    }
    terminal.done(
        document, f"Exported {len(codes):,} sessions to {result.file} ({format_size(result.size)})."
    )
    return 0


def declare_import(command: ArgumentParser) -> None:
    completed_by(command.add_argument("zip", metavar="ZIP", type=Path, help="the archive"), FILE)
    command.add_argument("--name", default="", help="the session's name (default: that in the ZIP)")
    command.add_argument(
        "--reading",
        type=NameReading,
        choices=list(NameReading),
        help="how to read names that are not UTF-8, or that contain backslashes; --dry-run shows the names of each",
    )
    command.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="import only this session of the ZIP, by its name or folder; may be repeated",
    )
    command.add_argument(
        "--rename",
        metavar="OLD=NEW",
        action="append",
        default=[],
        help="import a session of the ZIP under another name; may be repeated",
    )
    command.add_argument(
        "--dry-run", "--list", action="store_true", help="only print what an import would create"
    )


def run_import(options: Namespace, terminal: Terminal) -> int:
    choice = _read_choice(options)
    with config.connect(on_retry=terminal.notify) as api, terminal.progress() as bars:
        job = import_archive(
            api,
            options.zip,
            name="" if options.only else options.name,
            reading=options.reading.value if options.reading else "",
            dry_run=options.dry_run,
            choice=choice,
            listener=bars,
        )
        result = job["result"]
        imported = [] if options.dry_run else result.get("sessions") or [result]
        for session in imported[:MAX_LISTED]:
            if session.get("version", 1) > 1:  # in a first version nothing is older than its inputs
                warn_of_stale(api, terminal, session=session["session"], version=session["version"])
    if options.dry_run:
        lines = list_preview(result)
        terminal.result({"dry_run": True, **result}, f"{options.zip} can be imported:", *lines)
        return 0
    terminal.done({"dry_run": False, **result}, *list_imported(result))
    return 1 if result.get("failed_count") else 0


def _read_choice(options: Namespace) -> ImportChoice:
    renamed = dict(map(_read_rename, options.rename))
    if options.name and (renamed or len(options.only) > 1):
        raise UsageError("--name is for a single session. Use --rename OLD=NEW for each of several.")
    if options.name and options.only:
        renamed = {options.only[0]: options.name}
    return ImportChoice(only=options.only, renamed=renamed)


def _read_rename(text: str) -> tuple[str, str]:
    old, separator, new = text.partition("=")
    if not (old.strip() and separator and new.strip()):
        raise UsageError(f"“{text}” is not OLD=NEW, such as talk=Talk in Pune.")
    return old.strip(), new.strip()
