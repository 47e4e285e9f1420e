"""`dubs trash`: list, restore, delete permanently."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import NotFoundError, UsageError, quoted
from dubbing_client.objects import Freed, Session
from dubbing_core.sizes import format_size

ATTEMPTS = 4
"""Attempts per call: the user waits for the result."""
WORD = "delete"
"""What a user types to confirm a permanent deletion, as on the portal's page."""


def declare_trash(command: ArgumentParser) -> None:
    actions = command.add_mutually_exclusive_group()
    actions.add_argument("--restore", metavar="NAME", nargs="+", help="restore sessions (names or codes)")
    actions.add_argument(
        "--delete", metavar="NAME", nargs="+", help="delete sessions in the trash; they cannot be restored"
    )
    actions.add_argument("--empty", action="store_true", help="delete all sessions in the trash")
    command.add_argument("-y", "--yes", action="store_true", help="do not ask")


def run_trash(options: Namespace, terminal: Terminal) -> int:
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        if options.restore:
            return _restore(api, options.restore, terminal)
        if options.delete:
            sessions = [_find(api, name) for name in options.delete]
            names = [session["name"] for session in sessions]
            if not _confirm(f"Delete {quoted(names)} permanently?", options, terminal):
                return 0
            return _report(api.delete_permanently([session["code"] for session in sessions]), terminal)
        if options.empty:
            if not _confirm("Delete all sessions in the trash permanently?", options, terminal):
                return 0
            return _report(api.empty_trash(), terminal)
        return _list(list(api.sessions(trashed=True)), terminal)


def _list(sessions: Sequence[Session], terminal: Terminal) -> int:
    rows = [
        (
            session["name"],
            format_size(session["total_size"]),
            (session["trashed_at"] or "")[:16].replace("T", " "),
            session["code"],
        )
        for session in sessions
    ]
    terminal.table({"sessions": list(sessions)}, ("Name", "Size", "Moved to the trash", "Code"), rows)
    return 0


def _restore(api: Api, names: Sequence[str], terminal: Terminal) -> int:
    # All are looked up first: with one misspelled name, nothing is restored.
    sessions = [_find(api, name) for name in names]
    restored = [session["name"] for session in api.restore_sessions([each["code"] for each in sessions])]
    terminal.done({"restored": restored}, f"Restored {quoted(restored)}.")
    return 0


def _find(api: Api, name: str) -> Session:
    found = api.find_trashed(name)
    if not found:
        raise NotFoundError(
            f"There is no session “{name}” in the trash. Run `dubs trash` to list it.",
            status=404,
            code="session_not_found",
        )
    if len(found) > 1:
        raise UsageError(
            f"The trash contains {len(found)} sessions “{name}”. Use the code of one: run `dubs trash`."
        )
    return found[0]


def _confirm(question: str, options: Namespace, terminal: Terminal) -> bool:
    if options.yes:
        return True
    if not terminal.can_ask:
        raise UsageError("There is no terminal to ask: use --yes to delete permanently.")
    if terminal.confirm_typed(f"{question} This cannot be undone.", word=WORD):
        return True
    terminal.done({"count": 0, "size": 0}, "Nothing was deleted.")
    return False


def _report(freed: Freed, terminal: Terminal) -> int:
    sessions = "1 session" if freed["count"] == 1 else f"{freed['count']} sessions"
    terminal.done(dict(freed), f"Deleted {sessions} permanently, {format_size(freed['size'])}.")
    return 0
