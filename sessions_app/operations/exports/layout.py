"""Layout of an export: the session's tree, metadata.json and `.dubbing/`.

`.dubbing/` contains the checksums and a verifier.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from django.conf import settings

from dubbing_core import checksum_manifest, history, metadata
from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER
from dubbing_core.digests import compute_digest
from dubbing_core.manifest import ManifestEntry
from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.zips.layout import BlobMember, Layout, TextMember, plan_archive
from dubbing_core.zips.multipart import interleave_members
from sessions_app.exports import verify
from sessions_app.exports.layout_cache import LayoutCache
from sessions_app.models import Version
from sessions_app.operations.errors import BadInputError
from sessions_app.queries.history import StoredHistory, get_history
from sessions_app.queries.manifests import get_version_manifest

VERIFIER_NAME = f"{PRIVATE_FOLDER}/verify.py"
"""Makes an archive verifiable with Python alone."""
_CACHE = LayoutCache()


class NothingSelectedError(BadInputError):
    """The selection includes no file of the version."""

    code = "nothing_selected"

    def __init__(self) -> None:
        super().__init__("No file is selected. Choose more categories or languages.")


def get_export_layout(version: Version, *, session_name: str, selection: Selection = WHOLE_VERSION) -> Layout:
    """Return the layout from this process's cache, or build it.

    A version's layout never changes.
    """
    key = (version.session.code, version.number, session_name, selection)
    build = partial(build_export_layout, version, session_name=session_name, selection=selection)
    return _CACHE.get(key, build)


def build_export_layout(
    version: Version, *, session_name: str, selection: Selection = WHOLE_VERSION
) -> Layout:
    """Plan the ZIP of a version, or of the selected part of it.

    :raises NothingSelectedError: the selection includes no file.
    :raises BadInputError: `history_too_large`, the archive would have too many files to be imported again.
    """
    entries = get_version_manifest(version).entries
    document = version.metadata
    if selection.is_partial:
        entries = selection.filter_entries(entries)
        if not entries:
            raise NothingSelectedError
        document = metadata.filter_document(document, entries=entries, languages=selection.languages)
    stored = get_history(version, session_name=session_name) if selection.history else None
    texts = [_text(version, METADATA_NAME, metadata.render_document(document, session_name=session_name))]
    if stored is not None:
        texts.append(_text(version, history.HISTORY_PATH, history.render_history(stored.history)))
    texts.append(_text(version, VERIFIER_NAME, Path(verify.__file__).read_bytes()))
    files = [_file(version, entry.path, entry.sha256, entry.size, entry.crc32) for entry in entries]
    files += _older_files(version, stored) if stored else []
    _check_count(files)
    checksums = [*map(_text_checksum, texts), *map(_entry_checksum, entries)]
    checksums += [_file_checksum(file) for file in files[len(entries) :]]
    texts.append(
        _text(
            version,
            checksum_manifest.CHECKSUM_MANIFEST_PATH,
            _render_checksums(version, checksums, session_name, selection),
        )
    )
    return plan_archive(interleave_members([*texts, *files]))


def _text(version: Version, name: str, data: bytes) -> TextMember:
    return TextMember(name=name, data=data, modified=version.created_at)


def _file(version: Version, name: str, sha256: str, size: int, crc32: int) -> BlobMember:
    return BlobMember(name=name, sha256=sha256, size=size, crc32=crc32, modified=version.created_at)


def _older_files(version: Version, stored: StoredHistory) -> list[BlobMember]:
    return [
        _file(version, history.blob_path(sha256), sha256, entry.size, stored.crc32s[sha256])
        for sha256, entry in stored.history.find_older_blobs().items()
    ]


def _check_count(files: list[BlobMember]) -> None:
    limit = settings.MAX_FILES_IN_SESSION
    if len(files) > limit:
        raise BadInputError(
            f"The full history has {len(files)} files, but a ZIP that can be imported again may have at most {limit}."
            " Export its versions one by one.",
            code="history_too_large",
        )


def _render_checksums(
    version: Version,
    checksums: list[checksum_manifest.ChecksumEntry],
    session_name: str,
    selection: Selection,
) -> bytes:
    return checksum_manifest.render_checksum_manifest(
        checksums,
        session=session_name,
        version=version.number,
        saved_at=version.created_at,
        message=version.message,
        fingerprint=version.fingerprint,
        selection=selection.as_dict(),
    )


def _text_checksum(text: TextMember) -> checksum_manifest.ChecksumEntry:
    digest = compute_digest([text.data])
    return checksum_manifest.ChecksumEntry(path=text.name, size=digest.size, sha256=digest.sha256)


def _file_checksum(file: BlobMember) -> checksum_manifest.ChecksumEntry:
    return checksum_manifest.ChecksumEntry(path=file.name, size=file.size, sha256=file.sha256)


def _entry_checksum(entry: ManifestEntry) -> checksum_manifest.ChecksumEntry:
    return checksum_manifest.ChecksumEntry(
        path=entry.path,
        size=entry.size,
        sha256=entry.sha256,
        category=entry.category.value,
        language=entry.language,
        origin=entry.origin,
    )
