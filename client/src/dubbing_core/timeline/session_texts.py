"""Texts of files for the metadata document.

They are added to what people wrote, never in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dubbing_core.languages import fold_language_tag
from dubbing_core.project_edits import read_edits
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse, find_named_source
from dubbing_core.timeline.tracks import Track

TEXT_LIMIT = 1_000_000
"""Of one text, in characters: a document must remain readable for its 16 MiB."""
TOTAL_LIMIT = 4_000_000
SPEAKERS_LIMIT = 200
DIGEST_LENGTH = 16

FilledTexts = Mapping[str, Any]
"""Keys of the metadata document that were filled: `transcription_text`, `translations`, `languages`, `speakers`, `duration`."""

LoadTrack = Callable[[CatalogTrack], Track]


def collect_texts(
    document: Mapping[str, Any], tracks: Sequence[CatalogTrack], load: LoadTrack
) -> FilledTexts:
    """Return the texts that the files have and the document lacks.

    :param document: as saved.
    :param tracks: the catalog of the version.
    :param load: returns a track with its lines.
    """
    filled: dict[str, Any] = {}
    chosen = {track.key: track for track in tracks if track.is_first}
    left = TOTAL_LIMIT
    source = next((track for track in chosen.values() if track.use is TrackUse.SOURCE), None)
    if source is not None and not document.get("transcription_text"):
        text = join_lines(load(source), TEXT_LIMIT)
        filled |= {"transcription_text": text} if text else {}
        left -= len(text)
    excluded = {fold_language_tag(tag) for tag in read_edits(document).excluded_languages}
    stated = {fold_language_tag(tag): text for tag, text in (document.get("translations") or {}).items()}
    translations = {}
    for track in chosen.values():
        folded = fold_language_tag(track.language)
        if track.use is not TrackUse.TRANSLATION or not folded or folded in excluded or stated.get(folded):
            continue
        text = join_lines(load(track), min(TEXT_LIMIT, left))
        if text:
            translations[_spell(track.language, document)] = text
            left -= len(text)
    if translations:
        filled["translations"] = translations
        known = {fold_language_tag(tag) for tag in document.get("languages") or ()}
        if added := [tag for tag in translations if fold_language_tag(tag) not in known]:
            filled["languages"] = added
    return filled | _describe_source(source, find_named_source(tracks), load)


def _describe_source(
    source: CatalogTrack | None, named: CatalogTrack | None, load: LoadTrack
) -> dict[str, Any]:
    """Return the speakers and the duration of the source's text.

    :param named: a text of the source with speakers, which may be another one.
    """
    facts: dict[str, Any] = {}
    if named is not None:
        names = dict.fromkeys(segment.speaker for segment in load(named).segments if segment.speaker)
        facts["speakers"] = list(names)[:SPEAKERS_LIMIT]
    if source is not None and source.end_ms:
        facts["duration"] = source.end_ms / 1000
    return facts


def _spell(language: str, document: Mapping[str, Any]) -> str:
    """Return a language as the document spells it."""
    folded = fold_language_tag(language)
    tags = (*(document.get("languages") or ()), *(document.get("translations") or {}))
    return next((tag for tag in tags if fold_language_tag(tag) == folded), language)


def join_lines(track: Track, limit: int) -> str:
    """Return the lines of a track as one text.

    It has at most ``limit`` characters, and is cut after a line.
    """
    parts: list[str] = []
    length = 0
    for segment in track.segments:
        text = " ".join(segment.text.split())
        length += len(text) + 1
        if length > limit:
            break
        parts.append(text)
    return " ".join(parts)


def fill_document(document: Mapping[str, Any], filled: FilledTexts) -> dict[str, Any]:
    """Return a document with the filled texts where it has none.

    What the document has already stays, also if it was written after the texts were collected.
    """
    complete = dict(document)
    if not complete.get("transcription_text") and "transcription_text" in filled:
        complete["transcription_text"] = filled["transcription_text"]
    if "translations" in filled:
        stated = {tag: text for tag, text in (document.get("translations") or {}).items() if text}
        complete["translations"] = {**filled["translations"], **stated}
    if "languages" in filled:
        complete["languages"] = list(
            dict.fromkeys([*(document.get("languages") or ()), *filled["languages"]])
        )
    facts = {key: filled[key] for key in ("speakers", "duration") if key in filled}
    if facts:
        complete["session_metadata"] = {**facts, **(document.get("session_metadata") or {})}
    return complete


def remove_filled(document: Mapping[str, Any], filled: FilledTexts) -> dict[str, Any]:
    """Return an uploaded document without the texts that `fill_document` added.

    Otherwise they would count as written by a person in the next version, and stay when their files change.
    """
    reduced = dict(document)
    text = filled.get("transcription_text")
    if text and reduced.get("transcription_text") == text:
        reduced["transcription_text"] = ""
    if "translations" in filled and isinstance(reduced.get("translations"), dict):
        reduced["translations"] = {
            tag: text
            for tag, text in reduced["translations"].items()
            if filled["translations"].get(tag) != text
        }
    if "languages" in filled and isinstance(reduced.get("languages"), list):
        reduced["languages"] = [tag for tag in reduced["languages"] if tag not in filled["languages"]]
    facts = reduced.get("session_metadata")
    if isinstance(facts, dict):
        reduced["session_metadata"] = {
            key: value
            for key, value in facts.items()
            if key not in ("speakers", "duration") or filled.get(key) != value
        }
    return reduced


def digest_filled(filled: FilledTexts) -> str:
    """Return a digest that changes with any of the texts."""
    canonical = json.dumps(filled, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:DIGEST_LENGTH]
