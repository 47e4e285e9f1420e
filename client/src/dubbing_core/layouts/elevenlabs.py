"""ElevenLabs Dubbing Studio: its CSV of lines, beside exported or uploaded media."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.dialog_lines import join_texts
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Label, Role
from dubbing_core.languages import find_language_tag
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.named_languages import find_named_language
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import AUDIO, SOURCE_LANGUAGE, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.steps import Step

NAME = "ElevenLabs"
COLUMNS = frozenset({"speaker", "start_time", "end_time", "transcription", "translation"})
TABLE = re.compile(r"[^/]+\.csv")
TABLES_READ = 8
RULES = (
    rule(
        rf"(?:[^/]*[_. -])?(?:background|foreground)(?:[_. -](?:audio|track))?\.{AUDIO}",
        Category.AUDIO,
        Role.SOURCE_AUDIO,
        language=SOURCE_LANGUAGE,
    ),
    rule(r"[^/]+\.aaf", Category.OTHER, Role.PROJECT),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each folder with a table of dubbed lines."""
    roots: dict[str, ToolFolder] = {}
    tables = [root + name for root, names in folder.folders_with(TABLE).items() for name in names]
    for path in tables[:TABLES_READ]:
        rows = _read_rows(folder.load_text(path))
        if rows is not None:
            root = path[: path.rfind("/") + 1]
            found = roots.setdefault(root, ToolFolder(tool=NAME, root=root))
            _add_table(found, path, rows)
    for root, found in roots.items():
        apply_rules(folder, found, RULES)
        found.source_candidates = [
            root + name for name in folder.folders[root] if guess_kind(name) is FileKind.VIDEO
        ]
        yield found


def _read_rows(text: str) -> list[dict[str, str]] | None:
    """Return the rows of such a table, or None if it is another one."""
    lines = text.splitlines()
    columns = {name.strip().casefold() for name in lines[0].split(",")} if lines else set()
    if not columns >= COLUMNS:
        return None
    try:
        return [
            {(key or "").strip().casefold(): value for key, value in row.items() if isinstance(value, str)}
            for row in csv.DictReader(lines)
        ]
    except csv.Error:
        return None


def _add_table(found: ToolFolder, path: str, rows: list[dict[str, str]]) -> None:
    found.evidence.append(path)
    found.source_language = found.source_language or detect_text_language(join_texts(rows, "transcription"))
    target = detect_text_language(join_texts(rows, "translation")) or _find_target(path, found)
    if target:
        found.target_languages.append(target)
    speakers = (row.get("speaker", "").strip() for row in rows)
    found.speakers = list(dict.fromkeys((*found.speakers, *filter(None, speakers))))
    found.transcript = found.transcript or TextPlace(path=path, key="transcription")
    found.translations.setdefault(target, TextPlace(path=path, key="translation"))
    found.labels[path] = Label(category=Category.TRANSLATIONS, language=target, role=Role.PROJECT)
    found.finished[path] = Step.TRANSLATED


def _find_target(path: str, found: ToolFolder) -> str:
    """Return the language in a table's path, for texts too short to reveal it."""
    language = find_language_tag(path) or find_named_language(path)
    return "" if language == found.source_language else language
