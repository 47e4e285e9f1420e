"""Lines in which `dubs import` reports what came in, or what would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dubbing_client.cli.terminal import format_count
from dubbing_core.sizes import format_size

MAX_LISTED = 20
NAMES_SHOWN = 3
"""Names of each reading."""

Result = Mapping[str, Any]
"""Result of an import's job, or of a preview's."""


def list_imported(result: Result) -> list[str]:
    """Return a sentence for each session that was created, and what did not come in."""
    return [*map(_describe_imported, result.get("sessions") or [result]), *_list_rest(result)]


def _describe_imported(session: Result) -> str:
    requested = session.get("requested_name", session["name"])
    other_name = "" if requested == session["name"] else f", because there is already a session “{requested}”"
    versions = session.get("version", 1)
    history = f" in {versions} versions" if versions > 1 else ""
    contents = f"{format_count(session['files'])}, {format_size(session['total_size'])}{history}"
    return f"Imported “{session['name']}”{other_name}: {contents}."


def list_preview(preview: Result) -> list[str]:
    """Return the lines that describe what an import would create and leave out."""
    lines = _list_readings(preview)
    for session in preview["sessions"]:
        lines += _list_session(session)
    lines += _more(preview["session_count"] - len(preview["sessions"]), "sessions")
    for folder in preview["other_folders"]:
        contents = f"{format_count(folder['files'])}, {format_size(folder['size'])}"
        lines.append(f"  Not a session: {folder['folder']} ({contents}). Import it with --only.")
    # Files of operating systems are left out as well.
    left_out = [*preview["left_out"], *preview["ignored"]]
    count = preview["left_out_count"] + preview["ignored_count"]
    return [*lines, *_list_rest({**preview, "left_out": left_out, "left_out_count": count})]


def _list_session(session: Result) -> list[str]:
    languages = f", in {', '.join(session['languages'])}" if session["languages"] else ""
    versions = f", {session['version_count']} versions" if session["version_count"] > 1 else ""
    contents = f"{format_count(session['files'])}, {format_size(session['size'])}{versions}{languages}"
    lines = [f"  “{session['name']}”: {contents}"]
    if session["renamed"]:
        lines.append(f"    There is already a session “{session['requested_name']}”.")
    lines += [
        f"    {part['label']}: {format_count(part['files'])}, {format_size(part['size'])}"
        for part in session["categories"]
    ]
    if session["missing_count"]:
        lines.append(f"    metadata.json names {format_count(session['missing_count'])} that the ZIP lacks:")
        lines += _list_paths(session["missing"], session["missing_count"], indent=6)
    return lines


def _list_readings(preview: Result) -> list[str]:
    """Return how the names could be read: the reading of the preview, then the others."""
    if not preview.get("reading"):
        return []
    rows = sorted(preview["readings"], key=lambda row: bool(row["reading"] != preview["reading"]))
    lines = ["  The names in the ZIP are not UTF-8 with “/” between folders. They can be read as:"]
    for row in rows:
        option = f"--reading {row['reading']}"
        note = " (used below)" if row["reading"] == preview["reading"] else ""
        lines.append(f"    {option}: {row['label']}{note}")
        lines += _list_paths(row["names"][:NAMES_SHOWN], row["name_count"], indent=6)
    return lines


def _list_rest(result: Result) -> list[str]:
    """Return what is not imported, and why."""
    lines = []
    for failure in result.get("failed", ()):
        folder = f"“{failure['folder']}” cannot be imported: " if failure["folder"] else ""
        lines.append(f"  {folder}{failure['message']}")
    lines += _more(result.get("failed_count", 0) - len(result.get("failed", ())), "failed sessions")
    for warning in result.get("warnings", ()):
        folder = f"“{warning['folder']}”: " if warning["folder"] else ""
        lines += [f"  {folder}{message}" for message in warning["messages"]]
    if result.get("left_out_count"):
        lines.append(f"  Left out: {format_count(result['left_out_count'])}")
        lines += _list_paths(result["left_out"][:MAX_LISTED], result["left_out_count"], indent=4)
    return lines


def _list_paths(paths: Sequence[str], count: int, *, indent: int) -> Iterable[str]:
    spaces = " " * indent
    return [*(f"{spaces}{path}" for path in paths), *_more(count - len(paths), "files", indent=indent)]


def _more(count: int, noun: str, *, indent: int = 4) -> list[str]:
    return [f"{' ' * indent}and {count:,} more {noun}"] if count > 0 else []
