"""Output of `dubs`: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dubbing_client.errors import DubsError, Problem
from dubbing_core.paths import escape_unprintable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

INTERRUPTED = 130
"""Exit code after Ctrl-C."""
SPACE_CODES = {"over_quota", "disk_full"}

STEPS = {
    "hash": "Reading",
    "send": "Sending",
    "store": "Storing",
    "fetch": "Fetching",
}


class Terminal:
    """Output of a command.

    :param is_json: write exactly one document to stdout.
    :param is_silent: write only errors to stderr.
    """

    def __init__(self, *, is_json: bool = False, is_silent: bool = False) -> None:
        self.is_json = is_json
        self.is_silent = is_silent
        self._has_result = False

    # -- Results ----------------------------------------------------------------------------------------------------

    def result(self, document: Mapping[str, Any], *sentences: str) -> None:
        """Write what the user asked for: the document with ``--json``, else the sentences."""
        if self.is_json:
            self._write_document(document)
        else:
            for sentence in sentences:
                _write(sys.stdout, printable(sentence))

    def done(self, document: Mapping[str, Any], *sentences: str) -> None:
        """Write what a command did: as `result`, but no sentences with ``--silent``."""
        self.result(document, *(() if self.is_silent else sentences))

    def table(
        self, document: Mapping[str, Any], titles: Sequence[str], rows: Sequence[Sequence[str]]
    ) -> None:
        """Write a table; without a terminal, with tabs and without titles."""
        if self.is_json:
            self._write_document(document)
        elif sys.stdout.isatty():
            from rich.console import Console  # noqa: PLC0415 (slow to import; only for terminals)
            from rich.table import Table  # noqa: PLC0415 (as above)
            from rich.text import Text  # noqa: PLC0415 (as above)

            table = Table(*titles, box=None, pad_edge=False)
            for row in rows:
                table.add_row(*(Text(printable(cell)) for cell in row))
            Console().print(table)
        else:
            for row in rows:
                _write(sys.stdout, "\t".join(printable(cell) for cell in row))

    def _write_document(self, document: Mapping[str, Any]) -> None:
        self._has_result = True
        _write(sys.stdout, printable_json(document))

    # -- Everything else --------------------------------------------------------------------------------------------

    def notify(self, message: str) -> None:
        if not self.is_silent:
            _write(sys.stderr, printable(message))

    def fail(self, error: DubsError) -> int:
        """Write an error and return its exit code."""
        _write(sys.stderr, f"dubs: {printable(str(error))}")
        if isinstance(error, Problem) and error.code in SPACE_CODES:
            _write(sys.stderr, "`dubs storage` shows what uses the space; `dubs trash --empty` frees some.")
        if self.is_json and not self._has_result:
            self._write_document({"error": {"code": error.code, "message": str(error)}})
        return error.exit_code

    @property
    def can_ask(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str) -> bool:
        """Ask a yes/no question; without a terminal, return False."""
        if not self.can_ask:
            return False
        sys.stderr.write(f"{printable(question)} [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().casefold() in {"y", "yes"}

    def confirm_typed(self, question: str, *, word: str) -> bool:
        """Ask for a word to be typed; without a terminal, return False."""
        if not self.can_ask:
            return False
        sys.stderr.write(f"{printable(question)} Type “{word}” to confirm: ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().casefold() == word

    def progress(self) -> ProgressBars:
        """Return a progress listener, to be used in a ``with`` block."""
        return ProgressBars(self, is_shown=sys.stderr.isatty() and not self.is_silent)


class ProgressBars:
    """A `ProgressListener` that shows a bar per step on a terminal."""

    def __init__(self, terminal: Terminal, *, is_shown: bool) -> None:
        self._terminal = terminal
        self._progress: Progress | None = _progress() if is_shown else None
        self._tasks: dict[str, TaskID] = {}
        self._totals: dict[str, int] = {}
        self._lock = threading.Lock()
        self._is_started = False

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None and self._is_started:
            self._progress.stop()

    def begin(self, step: str, total: int) -> None:
        if self._progress is None:
            return
        with self._lock:
            self._totals[step] = self._totals.get(step, 0) + total
            if not self._totals[step]:
                return
            if step not in self._tasks:
                if not self._is_started:
                    self._progress.start()
                    self._is_started = True
                self._tasks[step] = self._progress.add_task(STEPS.get(step, step), total=self._totals[step])
            self._progress.update(self._tasks[step], total=self._totals[step])

    def advance(self, step: str, count: int) -> None:
        if self._progress is not None and step in self._tasks:
            self._progress.update(self._tasks[step], advance=count)

    def end(self, step: str) -> None:
        if self._progress is not None and step in self._tasks:
            with self._lock:
                self._progress.stop_task(self._tasks.pop(step))
                self._totals.pop(step, None)

    def notify(self, message: str) -> None:
        if self._progress is not None and self._is_started:
            self._progress.console.print(printable(message), markup=False, highlight=False)
        else:
            self._terminal.notify(message)


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415 (slow to import; only for terminals)
    from rich.progress import (  # noqa: PLC0415 (as above)
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description:8}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def printable(text: str) -> str:
    """Escape what a terminal would obey, line breaks included.

    Text may come from a portal or another user.
    """
    return escape_unprintable(text)


def printable_json(document: object) -> str:
    """Encode a document, with JSON's escapes for what a terminal would obey."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else _escape_in_json(character)
        for character in text
    )


def _escape_in_json(character: str) -> str:
    code_units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{code_units[start : start + 4]}" for start in range(0, len(code_units), 4))


def format_count(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _write(stream: Any, line: str) -> None:
    try:
        stream.write(f"{line}\n")
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(f"{line.encode(encoding, 'backslashreplace').decode(encoding)}\n")
    stream.flush()
