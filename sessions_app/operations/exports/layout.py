"""What an export's archive holds: the original session manager's tree, its metadata.json, and `.dubbing/`, which proves it all."""

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
from sessions_app.exports.kept import KeptLayouts
from sessions_app.models import Version
from sessions_app.operations.errors import BadInputError
from sessions_app.queries.history import StoredHistory, get_history
from sessions_app.queries.manifests import get_version_manifest

VERIFIER_NAME = f"{PRIVATE_FOLDER}/verify.py"
"""So that an archive proves itself in ten years, with Python alone."""
_KEPT = KeptLayouts()


def kept_layout_of(version: Version, *, session_name: str, selection: Selection = WHOLE_VERSION) -> Layout:
    """Return :func:`layout_of` from this process's memory, if it was asked for lately: a version never changes."""
    key = (version.session.code, version.number, session_name, selection)
    make = partial(layout_of, version, session_name=session_name, selection=selection)
    return _KEPT.get(key, make)


def layout_of(version: Version, *, session_name: str, selection: Selection = WHOLE_VERSION) -> Layout:
    """Plan the ZIP of a version, or of what is selected of it.

    :raises BadInputError: `nothing_selected`, no file is; `history_too_large`, no archive of ours may hold so many files.
    """
    entries = get_version_manifest(version).entries
    document = version.metadata
    if selection.is_partial:
        entries = selection.filter_entries(entries)
        if not entries:
            raise nothing_selected()
        document = metadata.filter_document(document, entries=entries, languages=selection.languages)
    past = get_history(version, session_name=session_name) if selection.history else None
    texts = [_text(version, METADATA_NAME, metadata.render_document(document, session_name=session_name))]
    if past is not None:
        texts.append(_text(version, history.HISTORY_PATH, history.render_history(past.history)))
    texts.append(_text(version, VERIFIER_NAME, Path(verify.__file__).read_bytes()))
    files = [_file(version, entry.path, entry.sha256, entry.size, entry.crc32) for entry in entries]
    files += _older_files(version, past) if past else []
    _check_count(files)
    proven = [*map(_proven_text, texts), *map(_proven_entry, entries)]
    proven += [_proven_file(file) for file in files[len(entries) :]]
    texts.append(
        _text(
            version,
            checksum_manifest.CHECKSUM_MANIFEST_PATH,
            _proof(version, proven, session_name, selection),
        )
    )
    return plan_archive(interleave_members([*texts, *files]))


def nothing_selected() -> BadInputError:
    return BadInputError("No file is selected. Choose more categories or languages.", code="nothing_selected")


def _text(version: Version, name: str, data: bytes) -> TextMember:
    return TextMember(name=name, data=data, modified=version.created_at)


def _file(version: Version, name: str, sha256: str, size: int, crc32: int) -> BlobMember:
    return BlobMember(name=name, sha256=sha256, size=size, crc32=crc32, modified=version.created_at)


def _older_files(version: Version, past: StoredHistory) -> list[BlobMember]:
    return [
        _file(version, history.blob_path(sha256), sha256, entry.size, past.crc32s[sha256])
        for sha256, entry in past.history.find_older_blobs().items()
    ]


def _check_count(files: list[BlobMember]) -> None:
    limit = settings.MAX_FILES_IN_SESSION
    if len(files) > limit:
        raise BadInputError(
            f"The full history holds {len(files)} files, and a ZIP that can be imported again may hold {limit}."
            " Export its versions one by one.",
            code="history_too_large",
        )


def _proof(
    version: Version, proven: list[checksum_manifest.ChecksumEntry], session_name: str, selection: Selection
) -> bytes:
    return checksum_manifest.render_checksum_manifest(
        proven,
        session=session_name,
        version=version.number,
        saved_at=version.created_at,
        message=version.message,
        fingerprint=version.fingerprint,
        selection=selection.as_dict(),
    )


def _proven_text(text: TextMember) -> checksum_manifest.ChecksumEntry:
    digest = compute_digest([text.data])
    return checksum_manifest.ChecksumEntry(path=text.name, size=digest.size, sha256=digest.sha256)


def _proven_file(file: BlobMember) -> checksum_manifest.ChecksumEntry:
    return checksum_manifest.ChecksumEntry(path=file.name, size=file.size, sha256=file.sha256)


def _proven_entry(entry: ManifestEntry) -> checksum_manifest.ChecksumEntry:
    return checksum_manifest.ChecksumEntry(
        path=entry.path,
        size=entry.size,
        sha256=entry.sha256,
        category=entry.category.value,
        language=entry.language,
        origin=entry.origin,
    )
