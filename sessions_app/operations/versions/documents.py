"""Documents: read a metadata.json, and the small text files that complete it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from dubbing_core import metadata
from dubbing_core.categories import Category
from dubbing_core.manifest import Manifest
from dubbing_core.metadata_reading import MetadataReading, read_metadata
from dubbing_core.projection import project_paths
from dubbing_core.texts import READ_LIMIT, ExtractedTexts, extract_texts
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


def read_texts(
    reader: BlobReader, manifest: Manifest, *, changed: Collection[str], languages: Sequence[str]
) -> ExtractedTexts:
    """Read the changed transcription, translation and voice files for their metadata."""
    entries = [
        entry
        for entry in manifest.entries
        if entry.path in changed and entry.category in TEXT_CATEGORIES and entry.size <= READ_LIMIT
    ]
    places = project_paths({entry.path: entry.label for entry in manifest.entries}) if entries else {}
    files = {
        places[entry.path]: b"".join(reader.read(blob_key(entry.sha256), 0, entry.size))
        if entry.size
        else b""
        for entry in entries[:MAX_TEXT_FILES]
    }
    return extract_texts(files, languages=languages)
