"""`dubs list`, `dubs info`, `dubs rm`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from itertools import islice
from typing import Any

from dubbing_client import config
from dubbing_client.cli.arguments import SESSION, completed_by
from dubbing_client.cli.terminal import Terminal, files, size
from dubbing_client.errors import UsageError, named
from dubbing_client.objects import Session, Version

SHOWN_VERSIONS = 20
QUICK = 4
"""Tries where somebody waits for the answer, and nothing is lost by asking again."""


def declare_list(command: ArgumentParser) -> None:
    command.add_argument(
        "query", metavar="QUERY", nargs="?", default="", help="words in name, video, language"
    )
    command.add_argument("--trashed", action="store_true", help="those in the trash")
    command.add_argument("--names", action="store_true", help="names alone, one a line")


def run_list(options: Namespace, terminal: Terminal) -> int:
    with config.connect(tries=QUICK, on_trouble=terminal.tell) as api:
        sessions = list(api.sessions(options.query, trashed=options.trashed))
    document = {"sessions": sessions}
    if options.names:
        terminal.result(document, *(session["name"] for session in sessions))
        return 0
    titles = ("Name", "Version", "Stage", "Languages", "Files", "Size", "Saved")
    terminal.rows(document, titles, [_row(session) for session in sessions])
    return 0


def _row(session: Session) -> tuple[str, ...]:
    return (
        session["name"],
        str(session["version"]),
        session["stage"],
        ", ".join(session["languages"]),
        str(session["file_count"]),
        size(session["total_size"]),
        session["last_updated"][:16].replace("T", " "),
    )


def declare_info(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)


def run_info(options: Namespace, terminal: Terminal) -> int:
    with config.connect(tries=QUICK, on_trouble=terminal.tell) as api:
        session = api.need_session(options.name)
        versions = list(api.versions(session["code"]))
    document: dict[str, Any] = {"session": session, "versions": versions}
    done = [name for name, is_done in session["progress"].items() if is_done]
    terminal.result(
        document,
        session["name"],
        f"  Video      {session['video_name'] or 'none'}",
        f"  Languages  {', '.join(session['languages']) or 'none'}",
        f"  Stage      {session['stage']}",
        f"  Done       {', '.join(done) or 'nothing yet'}",
        f"  Contents   {files(session['file_count'])}, {size(session['total_size'])}",
        f"  Created    {session['created_at']}",
        f"  Saved      {session['last_updated']}",
        *(_line(version) for version in islice(versions, SHOWN_VERSIONS)),
        *(
            [f"  and {len(versions) - SHOWN_VERSIONS} older versions"]
            if len(versions) > SHOWN_VERSIONS
            else []
        ),
    )
    return 0


def _line(version: Version) -> str:
    who = f" by {version['created_by']}" if version["created_by"] else ""
    what = f": {version['message']}" if version["message"] else ""
    when = version["created_at"][:16].replace("T", " ")
    return f"  v{version['number']}  {when}{who}, {files(version['file_count'])}{what}"


def declare_rm(command: ArgumentParser) -> None:
    completed_by(command.add_argument("names", metavar="NAME", nargs="+", help="the sessions"), SESSION)
    command.add_argument("-y", "--yes", action="store_true", help="without being asked")


def run_rm(options: Namespace, terminal: Terminal) -> int:
    with config.connect(tries=QUICK, on_trouble=terminal.tell) as api:
        # All are looked up before anything happens: one that is misspelt leaves the others alone.
        sessions = {session["code"]: session for session in map(api.need_session, options.names)}
        names = [session["name"] for session in sessions.values()]
        if not options.yes:
            if not terminal.can_ask:
                raise UsageError("There is nobody to ask: say --yes to move sessions to the trash.")
            if not terminal.agrees(f"Move {named(names)} to the trash?"):
                terminal.result({"removed": []}, "Nothing was removed.")
                return 0
        for code in sessions:
            api.delete_session(code)
    terminal.result(
        {"removed": names}, f"Moved {named(names)} to the trash. It can be taken back in the portal."
    )
    return 0
