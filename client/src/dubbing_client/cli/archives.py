"""`dubs export`, `dubs import`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from dubbing_client import config
from dubbing_client.cli.arguments import FILE, SESSION, completed_by, names, number
from dubbing_client.cli.terminal import Terminal, size
from dubbing_client.errors import NotFoundError
from dubbing_client.exporting import export
from dubbing_client.importing import import_
from dubbing_client.selection import Selection


def declare_export(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    output = command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the ZIP to write, or the folder to write it to"
    )
    completed_by(output, FILE)
    command.add_argument("--version", type=number, metavar="N", help="its number (default: the current one)")
    command.add_argument(
        "--only", type=names, default=[], metavar="NAMES", help="categories and languages: audio,hi"
    )
    command.add_argument("--without-source", action="store_true", help="all but the original video")
    command.add_argument("--history", action="store_true", help="every version up to that one")


def run_export(options: Namespace, terminal: Terminal) -> int:
    selection = Selection.of(options.only)
    with config.connect(on_trouble=terminal.tell) as api, terminal.listener() as bars:
        session = api.need_session(options.name)
        number = options.version or session["version"]
        if not number:
            raise NotFoundError(
                f"Nothing was saved in “{session['name']}” yet.", status=404, code="version_not_found"
            )
        exported = export(
            api,
            session=session["code"],
            version=number,
            name=session["name"],
            output=options.output,
            categories=sorted(selection.categories),
            languages=sorted(selection.languages),
            without_source=options.without_source,
            history=options.history,
            listener=bars,
        )
    document = {
        "session": session["code"],
        "name": session["name"],
        "version": number,
        "file": str(exported.file),
        "size": exported.size,
        "resumed_at": exported.resumed_at,
    }
    terminal.result(
        document, f"Version {number} of “{session['name']}” is in {exported.file} ({size(exported.size)})."
    )
    return 0


def declare_import(command: ArgumentParser) -> None:
    completed_by(command.add_argument("zip", metavar="ZIP", type=Path, help="the archive"), FILE)
    command.add_argument("--name", default="", help="what the session is called (default: as the ZIP says)")
    command.add_argument("--dry-run", action="store_true", help="only tell what would become of it")


def run_import(options: Namespace, terminal: Terminal) -> int:
    with config.connect(on_trouble=terminal.tell) as api, terminal.listener() as bars:
        job = import_(api, options.zip, name=options.name, check=options.dry_run, listener=bars)
    result = job["result"]
    if options.dry_run:
        terminal.result({"dry_run": True, **result}, f"{options.zip} can be imported.", *_forecast(result))
        return 0
    sessions = result.get("sessions", [])
    terminal.result({"dry_run": False, **result}, *(f"Imported “{session['name']}”." for session in sessions))
    return 0


def _forecast(result: dict[str, object]) -> list[str]:
    sessions = result.get("sessions")
    if not isinstance(sessions, list):
        return []
    return [f"  “{session.get('name', '')}”" for session in sessions if isinstance(session, dict)]
