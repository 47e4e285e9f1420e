"""`make bench`: measures the portal and compares it with other programs.

See docs/benchmarks.md; ``python -m bench --help`` lists the arguments.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from bench import peers, session, table, works
from bench.contest import Bench, Row

ROUNDS = 5
HOME = Path(__file__).resolve().parent.parent / ".build" / "bench"
EXPLANATION = """\
Ours runs inside a running worker and hashes every byte. Peers run with default options: programs as whole processes, Python code inside a
running Python; those that do not hash are not made to. In save, re-save, export and import a turn ends when the bytes are on the disk: ours
syncs by itself, the others are synced. "In memory", and in load, no entrant waits for the disk, ours included.
Entrants take turns. A ratio is peer / ours, the median over the rounds: above 1, ours is faster.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    chosen = [module for module in _works() if _is_selected(module, options.only)]
    if not chosen:
        print(f"There is no work or group called {', '.join(options.only)}.", file=sys.stderr)
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    print("Preparing the session; the first time this takes a minute.", flush=True)
    media = session.prepare_session(options.folder, seconds=options.seconds)
    _print_header(media, options)
    rows: list[Row] = []
    failed = False
    for module in chosen:
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="work-") as folder:
            bench = Bench(session=media, folder=Path(folder), rounds=options.rounds)
            try:
                for row in module.rows(bench):
                    print(table.line(row), flush=True)
                    rows.append(row)
            except Exception as error:  # noqa: BLE001 (the other works still run)
                print(f"{_name(module)} failed: {error!r}", file=sys.stderr, flush=True)
                failed = True
        if options.json:
            table.write_json(rows, options.json)
    return int(failed)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the portal beside its peers."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to this file")
    parser.add_argument(
        "--only",
        type=_split_list,
        default=[],
        metavar="LIST",
        help="groups or works, separated by commas: zip, export",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="number of rounds (%(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=HOME, help="folder for media and temporary data (%(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=int,
        default=session.SECONDS,
        help="length of the media, which determines all sizes (%(default)s)",
    )
    return parser.parse_args(arguments)


def _split_list(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _works() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(works.__path__):
        yield importlib.import_module(f"{works.__name__}.{found.name}")


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _is_selected(module: ModuleType, names: Sequence[str]) -> bool:
    """Return whether a name is the work's group, or the start of its module's name.

    `import` selects `imports`, `re-save` selects `resave`. Without names, all works are selected.
    """
    return not names or any(
        word in {module.GROUP, getattr(module, "ALSO_IN", None)}
        or _name(module).startswith(word.replace("-", ""))
        for word in names
    )


def _print_header(media: Path, options: argparse.Namespace) -> None:
    files = list(session.files_of(media))
    size = session.total_size(media) / 1e6
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}, Linux {platform.release()}"
    print(
        f"\nA session of {size:.0f} MB in {len(files)} files; {options.rounds} rounds; {machine}.\n{EXPLANATION}"
    )
    if absent := peers.absent():
        print(f"Not installed, so not compared: {', '.join(absent)}.\n")
    print(table.HEADER, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
