"""Documents: read a metadata.json, and the small text files that complete it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from dubbing_core import metadata
from dubbing_core.categories import Category
from dubbing_core.layouts.recognition import Recognition, TextPlace
from dubbing_core.manifest import Manifest, ManifestEntry
from dubbing_core.metadata_reading import MetadataReading, read_metadata
from dubbing_core.projection import project_paths
from dubbing_core.texts import READ_LIMIT, SHOWN_ROLES, ExtractedTexts, extract_place, extract_texts
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader

TEXT_CATEGORIES = {Category.TRANSCRIPTIONS, Category.TRANSLATIONS, Category.VOICES}
MAX_TEXT_FILES = 50
"""Text files that are read; a folder of 5,000 subtitle files is not metadata."""


def read_document(chunks: Iterable[bytes], size: int) -> MetadataReading:
    """Read what can be read of a metadata.json of ``size`` bytes.

    Its paths become relative to the session.

    :param chunks: its contents, of which only as much is read as can be used.
    """
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > metadata.SIZE_LIMIT:
            break
    reading = read_metadata(bytes(data), size=size)
    if reading.document is None:
        return reading
    return replace(reading, document=metadata.relativize_paths(reading.document))


def read_metadata_texts(
    reader: BlobReader,
    manifest: Manifest,
    *,
    changed: Collection[str],
    languages: Sequence[str],
    recognition: Recognition | None = None,
) -> ExtractedTexts:
    """Read the changed transcription, translation and voice files for their metadata.

    :param recognition: of all files; texts inside a tool's own documents are read from the places that it reports.
    """
    entries = [
        entry
        for entry in manifest.entries
        if entry.path in changed
        and entry.category in TEXT_CATEGORIES
        and entry.role in SHOWN_ROLES
        and entry.size <= READ_LIMIT
    ]
    places = project_paths({entry.path: entry.label for entry in manifest.entries}) if entries else {}
    files = {places[entry.path]: read_blob(reader, entry) for entry in entries[:MAX_TEXT_FILES]}
    labels = {places[entry.path]: entry.label for entry in entries}
    texts = extract_texts(files, languages=languages, labels=labels)
    if recognition is None:
        return texts
    return _add_recognized(reader, manifest, texts, recognition, changed=changed)


def read_blob(reader: BlobReader, entry: ManifestEntry) -> bytes:
    return b"".join(reader.read(blob_key(entry.sha256), 0, entry.size)) if entry.size else b""


def _add_recognized(
    reader: BlobReader,
    manifest: Manifest,
    texts: ExtractedTexts,
    recognition: Recognition,
    *,
    changed: Collection[str],
) -> ExtractedTexts:
    """Add voices, and texts inside documents, that the recognizers found."""
    entries = {entry.path: entry for entry in manifest.entries if entry.path in changed}

    def read(place: TextPlace | None) -> str:
        entry = entries.get(place.path) if place is not None and place.key else None
        if place is None or entry is None or entry.size > READ_LIMIT:
            return ""
        return extract_place(entry.path, read_blob(reader, entry), place.key)

    found = {tag: read(place) for tag, place in recognition.translations.items() if tag}
    translations = {**{tag: text for tag, text in found.items() if text}, **(texts.translations or {})}
    return ExtractedTexts(
        transcription_text=texts.transcription_text or read(recognition.transcript) or None,
        translations=translations or None,
        voices={**recognition.voices, **(texts.voices or {})} or None,
    )
