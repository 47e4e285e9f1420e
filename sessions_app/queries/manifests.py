"""What a version holds."""

from __future__ import annotations

from collections.abc import Iterator

from sessions_app.domain.categories import Category
from sessions_app.domain.manifest import Manifest, ManifestEntry
from sessions_app.models import Entry, Version


def manifest_of(version: Version | None) -> Manifest:
    """Return the version's sorted entries as a value; an absent version has none."""
    if version is None:
        return Manifest.of(())
    return Manifest.of(entry for entry, _ in _entries(version))


def blob_ids_of(version: Version | None) -> dict[str, int]:
    """Return the blob id of each path of the version."""
    if version is None:
        return {}
    rows = Entry.objects.filter(session_id=version.session_id).at(version.number)
    return dict(rows.values_list("path", "blob_id"))


def _entries(version: Version) -> Iterator[tuple[ManifestEntry, int]]:
    rows = Entry.objects.filter(session_id=version.session_id).at(version.number)
    fields = ("path", "blob__sha256", "blob__size", "blob__crc32", "category", "language", "blob_id")
    for path, sha256, size, crc32, category, language, blob_id in rows.values_list(*fields).iterator():
        yield (
            ManifestEntry(
                path=path,
                sha256=sha256,
                size=size,
                crc32=crc32,
                category=Category(category),
                language=language,
            ),
            blob_id,
        )
