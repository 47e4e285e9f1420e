"""`dubs save`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dubbing_client import config
from dubbing_client.cli.arguments import (
    DIRECTORY,
    completed_by,
    declare_hidden,
    declare_skip_unrepresentable,
    existing_folder,
)
from dubbing_client.cli.terminal import Terminal, format_count
from dubbing_client.exclusion_report import report_exclusions
from dubbing_client.file_hashes import hash_folder
from dubbing_client.locks import locked
from dubbing_client.save_plan import SavePlan, plan_save
from dubbing_client.save_preview import preview_save
from dubbing_client.saver import SaveResult, save
from dubbing_client.state import State
from dubbing_core.left_out import describe_reason
from dubbing_core.paths import LIST_LIMIT, escape_for_message
from dubbing_core.sizes import format_size

MAX_LISTED = 10


def declare_save(command: ArgumentParser) -> None:
    completed_by(
        command.add_argument("dir", metavar="DIR", type=Path, help="the pipeline's folder"), DIRECTORY
    )
    command.add_argument("--name", default="", help="the session (default: the folder's own, or a new one)")
    command.add_argument("-m", "--message", default="", help="a description of the version")
    command.add_argument("--dry-run", action="store_true", help="only print what would be sent and removed")
    declare_hidden(command, "save hidden folders, such as .cache, too")
    declare_skip_unrepresentable(command)
    command.add_argument(
        "--on-top",
        action="store_true",
        help="save even if the session has a newer version than the folder; both are kept",
    )
    command.add_argument(
        "--replace",
        action="store_true",
        help="on the first save of a folder into the session, remove all files that the folder does not contain",
    )


def run_save(options: Namespace, terminal: Terminal) -> int:
    folder = existing_folder(options.dir)
    with config.connect(on_retry=terminal.notify) as api, locked(folder):
        state = State.read(api.url, folder)
        with terminal.progress() as bars:
            plan = plan_save(
                api,
                folder,
                state,
                name=options.name,
                on_top=options.on_top,
                replace=options.replace,
                include_hidden=options.hidden,
                listener=bars,
            )
        if options.dry_run:
            terminal.result(*_describe(plan, state))
            return 0
        skip = options.skip_unrepresentable or _confirm_left_out(plan, terminal)
        with terminal.progress() as bars:
            result = save(api, plan, state, message=options.message, skip_unrepresentable=skip, listener=bars)
    _report_skipped(terminal, result.skipped)
    if excluded := report_exclusions(result.excluded, folder.path):
        terminal.notify(excluded)
    report_left_out(terminal, result.left_out)
    terminal.done(_document(result), save_sentence(result))
    return 0


def _describe(plan: SavePlan, state: State) -> tuple[Any, ...]:
    """Return the document and the lines that describe a save."""
    hashes = {path: sha256 for path, _, sha256 in hash_folder(plan.folder, plan.listing, state)}
    preview = preview_save(plan, hashes)
    document = {
        "dry_run": True,
        "name": plan.name,
        "parent": plan.parent,
        "change_summary": preview.summary.words,
        "new": list(preview.new),
        "changed": list(preview.changed),
        "removed": list(preview.removed),
        "unchanged": preview.unchanged,
        "bytes": preview.size,
        "skipped": _list_reasons(plan.listing.skipped),
        "excluded": [asdict(each) for each in plan.listing.excluded],
        "unrepresentable": _list_reasons(
            {error.path: describe_reason(error.code) for error in plan.unrepresentable}
        ),
    }
    target = f"“{plan.name}”" if plan.name else "a new session"
    sentence = (
        f"Version {plan.parent + 1} of {target} would be saved: {format_count(len(preview.new) + len(preview.changed))} new or changed "
        f"({format_size(preview.size)}), {format_count(preview.unchanged)} unchanged, "
        f"{format_count(len(preview.removed))} removed."
    )
    lines = [
        sentence,
        f"{preview.summary.words}.",
        *(f"  add     {path}" for path in preview.new),
        *(
            f"  change  {path}{_describe_mode(plan, path) if path in preview.modes else ''}"
            for path in preview.changed
        ),
        *(f"  remove  {path}" for path in preview.removed),
        *(f"  skip    {path}: {reason}" for path, reason in plan.listing.skipped.items()),
        *(f"  needs --skip-unrepresentable  {error}" for error in plan.unrepresentable),
        *filter(None, [report_exclusions(plan.listing.excluded, plan.folder.path)]),
    ]
    return document, *lines


def _describe_mode(plan: SavePlan, path: str) -> str:
    return ": executable" if plan.listing.files[path].is_executable else ": no longer executable"


def _document(result: SaveResult) -> dict[str, Any]:
    lists = {"skipped": _list_reasons(result.skipped), "left_out": _list_reasons(result.left_out)}
    return {**asdict(result), **lists}


def _list_reasons(reasons: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"path": path, "reason": reason} for path, reason in reasons.items()]


def save_sentence(result: SaveResult) -> str:
    if not result.is_new:
        return f"Nothing has changed since version {result.version} of “{result.name}”."
    left_out = f", {format_count(len(result.left_out))} left out" if result.left_out else ""
    size = f"{format_size(result.bytes_changed)}{left_out}, {format_size(result.bytes_sent)} sent"
    return f"Saved version {result.version} of “{result.name}” ({size}). {result.change_summary}."


def _confirm_left_out(plan: SavePlan, terminal: Terminal) -> bool:
    """Ask before files are left out; without a terminal, return False."""
    errors = plan.unrepresentable
    if not errors or not terminal.can_ask:
        return not errors
    for error in errors[:LIST_LIMIT]:
        terminal.notify(f"  {error}")
    if len(errors) > LIST_LIMIT:
        terminal.notify(f"  and {len(errors) - LIST_LIMIT:,} more")
    return terminal.confirm(f"{format_count(len(errors))} cannot be saved. Save without these?")


def report_left_out(terminal: Terminal, left_out: Mapping[str, str]) -> None:
    for path, reason in list(left_out.items())[:LIST_LIMIT]:
        terminal.notify(f"Left out: “{escape_for_message(path)}” {reason}.")
    if len(left_out) > LIST_LIMIT:
        terminal.notify(f"{len(left_out) - LIST_LIMIT:,} more were left out.")


def _report_skipped(terminal: Terminal, skipped: Mapping[str, str]) -> None:
    for path, reason in list(skipped.items())[:MAX_LISTED]:
        terminal.notify(f"Skipped “{path}”: {reason}.")
    if len(skipped) > MAX_LISTED:
        terminal.notify(f"{len(skipped) - MAX_LISTED} more were skipped.")
