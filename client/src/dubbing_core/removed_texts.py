"""Texts of a metadata document whose files were removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.languages import fold_language_tag
from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import list_target_languages
from dubbing_core.stated_texts import forget_absent


def drop_removed_texts(
    document: Mapping[str, Any], before: Sequence[ManifestEntry], after: Sequence[ManifestEntry]
) -> dict[str, Any]:
    """Return a document without texts and languages whose files were removed.

    Texts and languages that never had a file stay.

    :param before: files of the version that the document describes.
    :param after: files of the next version.
    """
    reduced = dict(document)
    if _has(before, Category.TRANSCRIPTIONS) and not _has(after, Category.TRANSCRIPTIONS):
        reduced["transcription_text"] = ""
    had = {fold_language_tag(entry.language) for entry in before if entry.category is Category.TRANSLATIONS}
    has = {fold_language_tag(entry.language) for entry in after if entry.category is Category.TRANSLATIONS}
    removed = had - has
    # A file without a language may have the translations of all.
    is_shared = "" in has
    reduced["translations"] = {
        tag: text
        for tag, text in (document.get("translations") or {}).items()
        if is_shared or not (fold_language_tag(tag) in removed or "" in removed)
    }
    used = set(map(fold_language_tag, (*list_target_languages(after), *reduced["translations"])))
    unused = set(map(fold_language_tag, list_target_languages(before))) - used
    reduced["languages"] = [
        tag for tag in document.get("languages") or () if fold_language_tag(tag) not in unused
    ]
    return forget_absent(reduced)


def _has(entries: Iterable[ManifestEntry], category: Category) -> bool:
    return any(entry.category is category for entry in entries)
