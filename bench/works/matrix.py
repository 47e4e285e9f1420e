"""Progress and differences of versions of 10,000 files.

CPU seconds of what is computed, without the database.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from bench.contest import Bench, Row
from dubbing_core.categories import Category
from dubbing_core.comparison.documents import compare_documents
from dubbing_core.comparison.files import Grouping, compare_files, sort_differences, summarize_differences
from dubbing_core.input_history import InputHistory
from dubbing_core.manifest import ManifestEntry
from dubbing_core.staleness import compute_progress_history
from dubbing_core.stored_matrix import store_matrix

GROUP = "content"
FILES = 10_000
LANGUAGES = ("hi", "es", "fr", "de", "ja", "zh-Hans", "ar", "th", "pt-BR", "ko")
LIMIT = 0.5
"""Of both together, in seconds."""


def rows(bench: Bench) -> Iterator[Row]:
    files = list(_list_files())
    document = {"languages": list(LANGUAGES), "voices": {tag: {"voice": tag} for tag in LANGUAGES}}
    since = {file.path: 1 for file in files}
    matrix, history = compute_progress_history(
        document, files, since=since, history=InputHistory.empty(), number=1
    )
    assert len(matrix.languages) == len(LANGUAGES)
    changed = [_change(file, number) for number, file in enumerate(files)]
    later = {file.path: 1 + (number % 3 == 0) for number, file in enumerate(changed)}

    def compute() -> None:
        found, _ = compute_progress_history(document, changed, since=later, history=history, number=2)
        store_matrix(found)

    def compare() -> None:
        differences = compare_files(files, changed)
        summarize_differences(differences)
        sort_differences(differences, Grouping.CATEGORY)
        compare_documents(document, {**document, "voices": {}})

    parts = {"progress": _measure(compute, bench.rounds), "differences": _measure(compare, bench.rounds)}
    for name, seconds in (*parts.items(), ("both", sum(parts.values()))):
        yield Row(work=f"{FILES:,} files", against=name, value=seconds, unit="CPU s", at_most=LIMIT)


def _list_files() -> Iterator[ManifestEntry]:
    for tag in LANGUAGES:
        yield _build(f"translations/{tag}.srt", Category.TRANSLATIONS, tag)
        for number in range(FILES // len(LANGUAGES) - 1):
            yield _build(f"audio/{tag}/line_{number:04}.wav", Category.AUDIO, tag)


def _build(path: str, category: Category, language: str) -> ManifestEntry:
    return ManifestEntry(
        path=path, sha256=_digest(path), size=1000, crc32=0, category=category, language=language
    )


def _change(file: ManifestEntry, number: int) -> ManifestEntry:
    """Return a file of the next version.

    A third of them has other contents, a third another path.
    """
    changes: list[dict[str, Any]] = [
        {"sha256": _digest(f"{file.path} again")},
        {"path": file.path.replace("/", "/new/", 1)},
        {},
    ]
    return replace(file, **changes[number % len(changes)])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _measure(perform: Callable[[], None], rounds: int) -> float:
    """Return the CPU seconds of the slowest round."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        perform()
        seconds.append(time.process_time() - start)
    return max(seconds)
