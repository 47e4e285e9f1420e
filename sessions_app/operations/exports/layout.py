"""Layout of an export: the version's files and `.dubbing/`.

The files are in the session's tree, with its metadata.json, or at their paths as saved. `.dubbing/` contains checksums and facts of all
files, and a verifier; as saved also the metadata document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache, partial
from itertools import chain
from operator import attrgetter
from pathlib import Path

from django.conf import settings

from dubbing_core import checksum_manifest, history, metadata
from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER
from dubbing_core.digests import compute_digest
from dubbing_core.manifest import ManifestEntry, project_entries
from dubbing_core.member_layout import name_members
from dubbing_core.selection import WHOLE_VERSION, FolderLayout, Selection
from dubbing_core.sentences import sentence
from dubbing_core.zips.layout import BlobMember, Layout, Member, SegmentWriter, TextMember, write_layout
from dubbing_core.zips.multipart import interleave_members
from sessions_app.exports import verify
from sessions_app.exports.layout_cache import LayoutBusyError, get_layout_cache
from sessions_app.exports.metadata_file import render_metadata_file
from sessions_app.models import Version
from sessions_app.operations.errors import BadInputError, BusyError
from sessions_app.operations.exports.deflated_texts import deflate_generated, deflate_texts
from sessions_app.queries.history import iter_history_versions, list_saves, load_history_entries
from sessions_app.queries.manifests import load_entries

VERIFIER_NAME = f"{PRIVATE_FOLDER}/verify.py"
"""Makes an archive verifiable with Python alone."""
REVISION = 3
"""Increased whenever a version's ZIP changes, so that ZIPs planned by an earlier release are planned again."""
LARGE_COUNT = 1000
"""Number of files above which few plannings run at a time; smaller ones take a few milliseconds."""


class NothingSelectedError(BadInputError):
    """The selection includes no file of the version."""

    code = "nothing_selected"

    def __init__(self) -> None:
        super().__init__(sentence("No file is selected. Choose more categories or languages."))


def get_export_layout(version: Version, *, session_name: str, selection: Selection = WHOLE_VERSION) -> Layout:
    """Return the layout of a version's ZIP, or of the selected part of it.

    It is planned once: a version never changes. See docs/decisions/0004-zip-layout.md.

    :raises NothingSelectedError: the selection includes no file.
    :raises BadInputError: `history_too_large`, the archive would have too many files to be imported again.
    :raises BusyError: too many others are being planned.
    """
    try:
        return get_layout_cache().get(
            render_layout_key(version, session_name, selection),
            partial(_write_layout, version=version, session_name=session_name, selection=selection),
            is_large=version.file_count > LARGE_COUNT or selection.history,
        )
    except LayoutBusyError:
        raise BusyError(sentence("Other large ZIPs are being prepared. Try again in a minute.")) from None


def render_layout_key(version: Version, session_name: str, selection: Selection) -> str:
    """Return a text that determines all bytes of the ZIP.

    The number of a version would not suffice: after a restore of the database another one may have it.
    """
    saved = [
        version.created_at.isoformat(),
        version.fingerprint,
        version.texts_digest,
        version.stage,
        version.message,
    ]
    earlier = list_saves(version) if selection.history else []
    return json.dumps(
        [
            REVISION,
            str(version.session.code),
            version.number,
            saved,
            session_name,
            selection.as_dict(),
            earlier,
            settings.TIME_ZONE,
        ]
    )


def _write_layout(
    writer: SegmentWriter, *, version: Version, session_name: str, selection: Selection
) -> None:
    """Plan the ZIP of a version, or of the selected part of it."""
    write_layout(interleave_members(list_members(version, session_name, selection)), writer)


def list_members(version: Version, session_name: str, selection: Selection = WHOLE_VERSION) -> list[Member]:
    """Return the members of the ZIP of a version, or of the selected part of it."""
    # A part has the texts that its own document states: others may be of files that it does not contain.
    document = version.metadata if selection.is_partial else version.complete_metadata
    older: list[BlobMember] = []
    texts = []
    if selection.history:
        entries, older, text = _load_history(version, session_name)
        texts.append(_text(version, history.HISTORY_PATH, text))
    else:
        entries = load_entries(version)
    folders = [] if selection.is_partial else [f"{folder}/" for folder in version.empty_folders]
    names = name_members(entries, selection.layout, folders=folders)
    if selection.is_partial:
        placed = project_entries(entries)
        entries = list(selection.filter_entries(entries))
        if not entries:
            raise NothingSelectedError
        document = metadata.filter_document(
            document, entries=selection.filter_entries(placed), languages=selection.text_languages
        )
    rendered = render_metadata_file(document, session_name=session_name)
    document_name = (
        METADATA_NAME if selection.layout is FolderLayout.SESSION else checksum_manifest.DOCUMENT_NAME
    )
    texts.insert(0, _text(version, document_name, rendered))
    texts.append(_text(version, VERIFIER_NAME, _read_verifier()))
    checksums = chain(
        map(_text_checksum, texts),
        (_entry_checksum(entry, names[entry.path]) for entry in entries),
        map(_file_checksum, older),
    )
    empty_folders = [folder.removesuffix("/") for folder in folders]
    manifest = _render_checksums(version, checksums, session_name, selection, empty_folders)
    texts.append(_text(version, checksum_manifest.CHECKSUM_MANIFEST_PATH, manifest))
    generated: list[Member] = list(map(deflate_generated, texts))
    del texts, manifest  # checksums of all files, 200 bytes each
    if selection.layout is FolderLayout.SAVED:
        generated += [_text(version, names[folder], b"") for folder in folders]
    files = [_entry_member(version, entry, names[entry.path]) for entry in entries] + older
    del entries, names  # the largest part of the memory
    return [*generated, *deflate_texts(files)]


def _load_history(
    version: Version, session_name: str
) -> tuple[list[ManifestEntry], list[BlobMember], bytearray]:
    """Return the entries, the blobs of only earlier versions, and history.json."""
    past, crc32s = load_history_entries(version)
    older = [
        _file(version, history.blob_path(sha256), sha256, entry.size, crc32s[sha256])
        for sha256, entry in history.find_older_blobs(past).items()
    ]
    entries = [
        ManifestEntry(
            path=entry.path,
            sha256=entry.sha256,
            size=entry.size,
            crc32=crc32s[entry.sha256],
            category=entry.category,
            language=entry.language,
            role=entry.role,
            labeled_by=entry.labeled_by,
            is_executable=entry.is_executable,
            mtime_ns=entry.mtime_ns,
        )
        for entry in past
        if entry.removed_in is None
    ]
    _check_count(len(entries) + len(older))
    text = history.render_history(session_name, iter_history_versions(version), past)
    return sorted(entries, key=attrgetter("path")), older, text


@cache
def _read_verifier() -> bytes:
    return Path(verify.__file__).read_bytes()


def _text(version: Version, name: str, data: bytes | bytearray) -> TextMember:
    return TextMember(name=name, data=data, modified=version.created_at)


def _file(version: Version, name: str, sha256: str, size: int, crc32: int) -> BlobMember:
    return BlobMember(name=name, sha256=sha256, size=size, crc32=crc32, modified=version.created_at)


def _entry_member(version: Version, entry: ManifestEntry, name: str) -> BlobMember:
    return BlobMember(
        name=name,
        sha256=entry.sha256,
        size=entry.size,
        crc32=entry.crc32,
        modified=version.created_at,
        is_executable=entry.is_executable,
        mtime_ns=entry.mtime_ns,
    )


def _check_count(count: int) -> None:
    limit = settings.MAX_FILES_IN_SESSION
    if count > limit:
        raise BadInputError(
            sentence(
                "The full history has %(count)s files, but a ZIP that can be imported again may have at "
                "most %(limit)s. Export its versions one by one.",
                count=count,
                limit=limit,
            ),
            code="history_too_large",
        )


def _render_checksums(
    version: Version,
    checksums: Iterable[checksum_manifest.ChecksumEntry],
    session_name: str,
    selection: Selection,
    empty_folders: Sequence[str],
) -> bytearray:
    return checksum_manifest.render_checksum_manifest(
        checksums,
        session=session_name,
        version=version.number,
        saved_at=version.created_at,
        message=version.message,
        fingerprint=version.fingerprint,
        selection=selection.as_dict(),
        empty_folders=empty_folders,
        time_zone=settings.TIME_ZONE,
    )


def _text_checksum(text: TextMember) -> checksum_manifest.ChecksumEntry:
    digest = compute_digest([text.data])
    return checksum_manifest.ChecksumEntry(path=text.name, size=digest.size, sha256=digest.sha256)


def _file_checksum(file: BlobMember) -> checksum_manifest.ChecksumEntry:
    return checksum_manifest.ChecksumEntry(path=file.name, size=file.size, sha256=file.sha256)


def _entry_checksum(entry: ManifestEntry, name: str) -> checksum_manifest.ChecksumEntry:
    return checksum_manifest.ChecksumEntry(
        path=name,
        size=entry.size,
        sha256=entry.sha256,
        category=entry.category.value,
        language=entry.language,
        origin=entry.path if entry.path != name else "",
        role=entry.role,
        labeled_by=entry.labeled_by,
        is_executable=entry.is_executable,
        mtime_ns=entry.mtime_ns,
    )
