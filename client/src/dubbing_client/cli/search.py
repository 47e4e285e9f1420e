"""`dubs search`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import islice

from dubbing_client import config
from dubbing_client.cli.arguments import positive_number
from dubbing_client.cli.sessions import ATTEMPTS
from dubbing_client.cli.terminal import Terminal
from dubbing_client.objects import FoundLine, FoundSession

LINES, MAX_LINES = 3, 50
SESSIONS = 20


def declare_search(command: ArgumentParser) -> None:
    command.add_argument(
        "query",
        metavar="QUERY",
        nargs="+",
        help="words that a session, or one of its lines, contains; quote a phrase",
    )
    command.add_argument(
        "--lines",
        type=positive_number,
        default=LINES,
        metavar="N",
        help="lines shown of each session, up to 50 (default: %(default)s)",
    )
    command.add_argument(
        "--limit",
        type=positive_number,
        default=SESSIONS,
        metavar="N",
        help="number of sessions (default: %(default)s)",
    )


def run_search(options: Namespace, terminal: Terminal) -> int:
    query = " ".join(options.query)
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        found = list(islice(api.search(query, lines=min(options.lines, MAX_LINES)), options.limit + 1))
    shown = found[: options.limit]
    document = {"query": query, "sessions": shown, "has_more": len(found) > len(shown)}
    terminal.result(document, *(line for session in shown for line in _describe(session)))
    if not found:
        terminal.notify(f"Nothing contains “{query}”.")
    elif len(found) > len(shown):
        terminal.notify("There are more sessions: use --limit to see them.")
    return 0


def _describe(session: FoundSession) -> Iterator[str]:
    yield session["name"]["text"]
    for language in session["languages"]:
        yield f"  {language['tag']}  {language['name']['text']}"
    for message in session["messages"]:
        yield f"  v{message['version']}  {message['text']['text']}"
    for file in session["files"]:
        yield f"  {file['path']['text']}"
    for line in session["lines"]:
        yield f"  {_place(line)}  {' '.join(line['text']['text'].split())}"
    more = session["line_count"] - len(session["lines"])
    if session["has_more_lines"]:
        yield f"  and {more} or more other lines"
    elif more:
        yield f"  and {more} more {'line' if more == 1 else 'lines'}"


def _place(line: FoundLine) -> str:
    """Return file, language and time of a line."""
    parts = [line["path"]]
    if line["language"]:
        parts.append(line["language"])
    if line["start_ms"] is not None:
        seconds = line["start_ms"] // 1000
        parts.append(f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}")
    return "  ".join(parts)
