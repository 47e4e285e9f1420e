"""`dubs list`, `dubs info`, `dubs rename`, `dubs rm`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.arguments import SESSION, completed_by
from dubbing_client.cli.terminal import Terminal, format_count
from dubbing_client.errors import UsageError, quoted
from dubbing_client.objects import ProgressByLanguage, ProgressCell, Session, Version
from dubbing_core.languages import fold_language_tag
from dubbing_core.media_facts import format_duration
from dubbing_core.progress_matrix import CellState
from dubbing_core.sizes import format_size
from dubbing_core.steps import Step

MAX_LISTED = 20
UNKNOWN_LANGUAGE = "unknown language"
ATTEMPTS = 4
"""Attempts per call where the user waits for the result."""


def declare_list(command: ArgumentParser) -> None:
    command.add_argument(
        "query", metavar="QUERY", nargs="?", default="", help="words in name, video or language"
    )
    command.add_argument("--tag", metavar="TAG", default="", help="only sessions with this tag")
    command.add_argument("--starred", action="store_true", help="only sessions with your star")
    command.add_argument("--stale", action="store_true", help="only sessions with stale results")
    command.add_argument(
        "--filter",
        dest="saved_filter",
        metavar="NAME",
        default="",
        help="a filter that you saved in the portal, instead of the others",
    )
    command.add_argument("--trashed", action="store_true", help="list the trash")
    command.add_argument("--names", action="store_true", help="print only names, one per line")


def run_list(options: Namespace, terminal: Terminal) -> int:
    if options.saved_filter and (options.query or options.tag or options.starred or options.stale):
        raise UsageError("Use --filter without QUERY, --tag, --starred and --stale.")
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        saved = api.find_filter(options.saved_filter)["code"] if options.saved_filter else ""
        found = api.sessions(
            options.query,
            trashed=options.trashed,
            tag=options.tag,
            starred=options.starred,
            stale=options.stale,
            saved_filter=saved,
        )
        sessions = list(found)
    document = {"sessions": sessions}
    if options.names:
        terminal.result(document, *(session["name"] for session in sessions))
        return 0
    titles = ("Name", "Version", "Stage", "Finished", "Languages", "Tags", "Files", "Size", "Saved")
    terminal.table(document, titles, [_row(session) for session in sessions])
    return 0


def _row(session: Session) -> tuple[str, ...]:
    return (
        session["name"],
        str(session["version"]),
        session["stage"],
        _count_finished(session),
        ", ".join(session["languages"]),
        ", ".join(session.get("tags", ())),
        str(session["file_count"]),
        format_size(session["total_size"]),
        session["last_updated"][:16].replace("T", " "),
    )


def _count_finished(session: Session) -> str:
    """Return for example `3 of 10, stale`; "" without target languages."""
    total = len(session.get("target_languages", ()))
    if not total:
        return ""
    stale = ", stale" if session.get("has_stale") else ""
    return f"{len(session.get('finished_languages', ()))} of {total}{stale}"


def declare_info(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)


def run_info(options: Namespace, terminal: Terminal) -> int:
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        session = api.get_session(options.name)
        versions = list(api.versions(session["code"]))
    document: dict[str, Any] = {"session": session, "versions": versions}
    done = [name for name, is_done in session["progress"].items() if is_done]
    more = len(versions) - MAX_LISTED
    progress = versions[0].get("progress_by_language") if versions else None
    terminal.result(
        document,
        session["name"],
        f"  Video      {_describe_video(session)}",
        f"  Languages  {list_languages(session, progress)}",
        f"  Stage      {session['stage']}",
        f"  Done       {', '.join(done) or 'nothing yet'}",
        *(list_progress(versions[0]) if versions else ()),
        f"  Contents   {format_count(session['file_count'])}, {format_size(session['total_size'])}",
        f"  Created    {session['created_at']}",
        f"  Saved      {session['last_updated']}",
        *(line for version in versions[:MAX_LISTED] for line in _version_lines(version)),
        *([f"  and {more} older versions"] if more > 0 else []),
    )
    return 0


def _describe_video(session: Session) -> str:
    duration_ms = session.get("duration_ms")
    length = [format_duration(duration_ms)] if duration_ms else []
    return ", ".join([session["video_name"] or "none", *length])


def list_languages(session: Session, progress: ProgressByLanguage | None) -> str:
    """Return the languages of a session, with those whose progress is counted."""
    languages = {fold_language_tag(tag): tag for tag in session["languages"]}
    for tag in progress["languages"] if progress else ():
        languages.setdefault(fold_language_tag(tag), tag or UNKNOWN_LANGUAGE)
    return ", ".join(languages.values()) or "none"


def list_progress(version: Version) -> Iterator[str]:
    """Yield a line for the source and each target language: steps and what is stale."""
    progress = version.get("progress_by_language")
    if not progress:
        return
    yield f"  Finished   {len(progress['finished'])} of {len(progress['languages'])} languages"
    source = [cell for cell in progress["cells"] if cell["step"] == Step.TRANSCRIBED]
    yield from (f"    {'source':<8} {_describe_cell(cell)}" for cell in source)
    targets = [cell for cell in progress["cells"] if cell["step"] != Step.TRANSCRIBED]
    # Files in an unknown language have a row, also where they count for no language.
    unknown = [""] if any(not cell["language"] for cell in targets) else []
    for language in dict.fromkeys([*progress["languages"], *unknown]):
        steps = [_describe_cell(cell) for cell in targets if cell["language"] == language]
        yield f"    {language or UNKNOWN_LANGUAGE:<8} {', '.join(steps) or 'nothing yet'}"
    if not progress.get("is_read", True):
        yield "    The portal is still reading the texts of this version: states may change."


def _describe_cell(cell: ProgressCell) -> str:
    return cell["step"] + _describe_state(cell)


def _describe_state(cell: ProgressCell) -> str:
    """Return in parentheses what is not done; empty for what is done without gaps."""
    lines = cell.get("lines")  # of portals that count them
    gaps = cell.get("gaps") or (
        [f"{lines['voiced']} of {lines['total']} lines"] if lines and lines["voiced"] < lines["total"] else []
    )
    if checked := cell.get("checked"):
        gaps = [f"checked by {checked['by']} in v{checked['version']}", *gaps]
    if cell["stale"]:
        words = [f"stale: {cell['stale']['reason']}", *gaps]
    elif cell["state"] == CellState.MISSING:
        words = [cell["state"], *gaps]
    else:
        words = gaps or ([cell["state"]] if cell["state"] != CellState.DONE else [])
    return f" ({'; '.join(words)})" if words else ""


def _version_lines(version: Version) -> tuple[str, str]:
    author = f" by {version['created_by']}" if version["created_by"] else ""
    message = f": {version['message']}" if version["message"] else ""
    time = version["created_at"][:16].replace("T", " ")
    left_out = version["left_out"]["count"]
    contents = format_count(version["file_count"]) + (f", {left_out:,} left out" if left_out else "")
    return (
        f"  v{version['number']}  {time}{author}, {contents}{message}",
        f"      {version['change_summary']}",
    )


def declare_rename(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    command.add_argument("new_name", metavar="NEW_NAME", help="its new name")


def run_rename(options: Namespace, terminal: Terminal) -> int:
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        session = api.find_session(options.name)
        if session is None:
            return _report_earlier_rename(api, options, terminal)
        renamed = api.rename_session(session["code"], options.new_name, previous_name=session["name"])
    document = {"session": renamed["code"], "name": renamed["name"], "previous_name": session["name"]}
    terminal.done(document, f"Renamed “{session['name']}” to “{renamed['name']}”.")
    return 0


def _report_earlier_rename(api: Api, options: Namespace, terminal: Terminal) -> int:
    """Report that a session has the new name already.

    The command may have been interrupted after it succeeded.

    :raises NotFoundError: there is no session with either name.
    """
    session = api.find_session(options.new_name) or api.get_session(options.name)
    document = {"session": session["code"], "name": session["name"], "previous_name": session["name"]}
    terminal.done(
        document,
        f"There is no session “{options.name}”; “{session['name']}” has the new name already. Nothing was changed.",
    )
    return 0


def declare_rm(command: ArgumentParser) -> None:
    completed_by(command.add_argument("names", metavar="NAME", nargs="+", help="the sessions"), SESSION)
    command.add_argument("-y", "--yes", action="store_true", help="do not ask")


def run_rm(options: Namespace, terminal: Terminal) -> int:
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        # All are looked up first: with one misspelled name, nothing is moved.
        sessions = {session["code"]: session for session in map(api.get_session, options.names)}
        names = [session["name"] for session in sessions.values()]
        if not options.yes:
            if not terminal.can_ask:
                raise UsageError("There is no terminal to ask: use --yes to move sessions to the trash.")
            if not terminal.confirm(f"Move {quoted(names)} to the trash?"):
                terminal.done({"removed": []}, "Nothing was moved.")
                return 0
        for code in sessions:
            api.delete_session(code)
    terminal.done(
        {"removed": names},
        f"Moved {quoted(names)} to the trash. To restore: dubs trash --restore NAME. To free the space: dubs trash --empty.",
    )
    return 0
