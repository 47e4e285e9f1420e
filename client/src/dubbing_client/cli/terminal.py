"""How `dubs` talks: results on stdout, everything else on stderr, progress only where somebody looks."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dubbing_client.errors import DubsError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STEPS = {
    "hash": "Reading",
    "send": "Sending",
    "store": "Storing",
    "fetch": "Fetching",
}


class Terminal:
    """What a command says.

    :param is_json: stdout gets one document and nothing else.
    """

    def __init__(self, *, is_json: bool = False, is_quiet: bool = False) -> None:
        self.is_json = is_json
        self.is_quiet = is_quiet
        self._said = False

    # -- Results ----------------------------------------------------------------------------------------------------

    def result(self, document: Mapping[str, Any], *sentences: str) -> None:
        """Give the result: the document to programs, the sentences to people."""
        if self.is_json:
            self._document(document)
        else:
            for sentence in sentences:
                _write(sys.stdout, printable(sentence))

    def rows(self, document: Mapping[str, Any], titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Give a table: with tabs and without titles where no person looks."""
        if self.is_json:
            self._document(document)
        elif sys.stdout.isatty():
            from rich.console import Console  # noqa: PLC0415 (takes longer than a short command)
            from rich.table import Table  # noqa: PLC0415 (of a terminal alone)
            from rich.text import Text  # noqa: PLC0415 (as Table)

            table = Table(*titles, box=None, pad_edge=False)
            for row in rows:
                table.add_row(*(Text(printable(cell)) for cell in row))
            Console().print(table)
        else:
            for row in rows:
                _write(sys.stdout, "\t".join(printable(cell) for cell in row))

    def _document(self, document: Mapping[str, Any]) -> None:
        self._said = True
        _write(sys.stdout, json.dumps(document, ensure_ascii=False, indent=2))

    # -- Everything else --------------------------------------------------------------------------------------------

    def tell(self, sentence: str) -> None:
        if not self.is_quiet:
            _write(sys.stderr, printable(sentence))

    def fail(self, error: DubsError) -> int:
        """Say what went wrong; return the exit code."""
        _write(sys.stderr, f"dubs: {printable(str(error))}")
        if self.is_json and not self._said:
            self._document({"error": {"code": error.code, "message": str(error)}})
        return error.exit_code

    @property
    def can_ask(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    def agrees(self, question: str) -> bool:
        """Ask a person. Where there is none, the answer is no."""
        if not self.can_ask:
            return False
        sys.stderr.write(f"{printable(question)} [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().casefold() in {"y", "yes"}

    def listener(self) -> Bars:
        """Return what shows progress, to be used in a ``with`` block."""
        return Bars(self, is_shown=sys.stderr.isatty() and not self.is_quiet)


class Bars:
    """Progress bars, one a step; where nobody looks, none, and nothing is loaded for them."""

    def __init__(self, terminal: Terminal, *, is_shown: bool) -> None:
        self._terminal = terminal
        self._progress: Progress | None = _progress() if is_shown else None
        self._tasks: dict[str, TaskID] = {}
        self._totals: dict[str, int] = {}
        self._lock = threading.Lock()
        self._is_started = False

    def __enter__(self) -> Bars:
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

    def tell(self, sentence: str) -> None:
        if self._progress is not None and self._is_started:
            self._progress.console.print(printable(sentence), markup=False, highlight=False)
        else:
            self._terminal.tell(sentence)


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415 (only where somebody looks)
    from rich.progress import (  # noqa: PLC0415 (takes a tenth of a second)
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
    """Text from a portal or a disk, safe to write to a terminal: control characters shown as escapes."""
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def size(count: int) -> str:
    """A number of bytes for people: 1.2 MB."""
    number = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:  # noqa: PLR2004 (as disks are sold)
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _write(stream: Any, line: str) -> None:
    try:
        stream.write(f"{line}\n")
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(f"{line.encode(encoding, 'backslashreplace').decode(encoding)}\n")
    stream.flush()
