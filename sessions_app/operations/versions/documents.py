"""Reads what metadata.json says, and what the small text files of a version say for it."""

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

READ_AT_MOST = 50
"""Text files that are looked into; a folder of 5,000 subtitle files is not metadata."""


def read_document(read: Callable[[], bytes], size: int) -> dict[str, Any]:
    """Parse an uploaded or imported metadata.json of ``size`` bytes; its paths come back relative to the session.

    :raises BadInputError: it cannot be used; the sentence says why.
    """
    if size > metadata.SIZE_LIMIT:
        raise BadInputError("metadata.json is too large to be one.", code="metadata_too_large")
    try:
        return metadata.relativize_paths(metadata.parse_document(read()))
    except metadata.MetadataError as error:
        raise BadInputError(str(error), code=error.code) from error


def read_texts(
    reader: BlobReader, manifest: Manifest, *, changed: Collection[str], languages: Sequence[str]
) -> ExtractedTexts:
    """Look into those transcription, translation and voice files that a save brought."""
    telling = {Category.TRANSCRIPTIONS, Category.TRANSLATIONS, Category.VOICES}
    wanted = [
        entry
        for entry in manifest.entries
        if entry.path in changed and entry.category in telling and entry.size <= READ_LIMIT
    ]
    files = {
        entry.path: b"".join(reader.read(blob_key(entry.sha256), 0, entry.size)) if entry.size else b""
        for entry in wanted[:READ_AT_MOST]
    }
    return extract_texts(files, languages=languages)
