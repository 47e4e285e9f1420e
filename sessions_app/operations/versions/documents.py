"""Documents: read a metadata.json, and the small text files that complete it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from dubbing_core import metadata
from dubbing_core.categories import Category
from dubbing_core.manifest import Manifest
from dubbing_core.texts import READ_LIMIT, ExtractedTexts, extract_texts
from sessions_app.operations.errors import BadInputError
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader

TEXT_CATEGORIES = {Category.TRANSCRIPTIONS, Category.TRANSLATIONS, Category.VOICES}
MAX_TEXT_FILES = 50
"""Text files that are read; a folder of 5,000 subtitle files is not metadata."""


def read_document(read: Callable[[], bytes], size: int) -> dict[str, Any]:
    """Parse a metadata.json of ``size`` bytes; make its paths relative to the session.

    :raises BadInputError: it cannot be used.
    """
    if size > metadata.SIZE_LIMIT:
        raise BadInputError("This metadata.json is too large.", code="metadata_too_large")
    try:
        return metadata.relativize_paths(metadata.parse_document(read()))
    except metadata.MetadataError as error:
        raise BadInputError(str(error), code=error.code) from error


def read_texts(
    reader: BlobReader, manifest: Manifest, *, changed: Collection[str], languages: Sequence[str]
) -> ExtractedTexts:
    """Read the changed transcription, translation and voice files for their metadata."""
    entries = [
        entry
        for entry in manifest.entries
        if entry.path in changed and entry.category in TEXT_CATEGORIES and entry.size <= READ_LIMIT
    ]
    files = {
        entry.path: b"".join(reader.read(blob_key(entry.sha256), 0, entry.size)) if entry.size else b""
        for entry in entries[:MAX_TEXT_FILES]
    }
    return extract_texts(files, languages=languages)
