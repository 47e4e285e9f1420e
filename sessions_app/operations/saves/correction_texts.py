"""Texts of the metadata document after labels changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.manifest import Manifest
from dubbing_core.texts import ExtractedTexts
from sessions_app.operations.versions.documents import read_metadata_texts
from sessions_app.storage.store import BlobReader


def reread_texts(
    reader: BlobReader,
    document: Mapping[str, Any],
    before: Manifest,
    after: Manifest,
    *,
    languages: Sequence[str],
) -> tuple[dict[str, Any], ExtractedTexts]:
    """Return the document without texts of relabeled files, and texts to add.

    A text that was read from another file, or from a metadata.json, stays, unless a file was labeled as its source now. Where a
    text is dropped, the other files of its category are read.
    """
    old = {entry.path: entry.label for entry in before.entries}
    relabeled = {entry.path for entry in after.entries if old.get(entry.path) != entry.label}
    reduced = dict(document)
    if not relabeled:
        return reduced, ExtractedTexts()
    former = read_metadata_texts(reader, before, changed=relabeled, languages=languages)
    texts = read_metadata_texts(reader, after, changed=relabeled, languages=languages)
    is_transcription_dropped = bool(former.transcription_text) and (
        former.transcription_text == document.get("transcription_text")
    )
    if is_transcription_dropped:
        reduced["transcription_text"] = ""
    translations = document.get("translations") or {}
    dropped = {tag for tag, text in (former.translations or {}).items() if translations.get(tag) == text}
    reduced["translations"] = {tag: text for tag, text in translations.items() if tag not in dropped}
    affected = {Category.TRANSCRIPTIONS} if is_transcription_dropped else set()
    if dropped:
        affected.add(Category.TRANSLATIONS)
    others = {entry.path for entry in after.files if entry.category in affected} - relabeled
    if not others:
        return reduced, texts
    rest = read_metadata_texts(reader, after, changed=others, languages=languages)
    found = {tag: text for tag, text in (rest.translations or {}).items() if tag in dropped}
    return reduced, replace(
        texts,
        transcription_text=texts.transcription_text
        or (rest.transcription_text if is_transcription_dropped else None),
        translations={**found, **(texts.translations or {})} or None,
    )
