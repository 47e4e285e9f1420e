"""One ZIP of several sessions, each in a folder with the contents of its export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.selection import WHOLE_VERSION
from dubbing_core.sentences import Number, sentence
from dubbing_core.session_names import fold_session_name, iter_numbered_names, sanitize_session_name
from dubbing_core.zips.layout import Layout, Member, SegmentWriter, write_layout
from dubbing_core.zips.multipart import interleave_members
from sessions_app.exports.layout_cache import LayoutBusyError, get_layout_cache
from sessions_app.models import SessionArchive, Version
from sessions_app.operations.errors import BadInputError, BusyError, NotAllowedError
from sessions_app.operations.exports.layout import LARGE_COUNT, list_members, render_layout_key

FALLBACK_FOLDER = "session"


@dataclass(frozen=True, kw_only=True)
class ArchivedVersion:
    version: Version
    folder: str
    """Name of its folder in the ZIP."""


def create_session_archive(
    *, owner: AbstractBaseUser, versions: Collection[Version], now: datetime
) -> SessionArchive:
    """Record which versions a ZIP will contain.

    :param versions: current ones of sessions that the caller may see, at least one.
    :raises BadInputError: they have more files than a ZIP that can be imported again.
    """
    if not versions:
        raise BadInputError(
            sentence("None of these sessions has a version yet, so there is nothing to download."),
            code="nothing_selected",
        )
    files, limit = sum(version.file_count for version in versions), settings.MAX_FILES_IN_SESSION
    if files > limit:
        raise BadInputError(
            sentence(
                "These sessions have %(files)s files, but a ZIP may have at most %(limit)s. Select fewer "
                "sessions.",
                files=Number(files),
                limit=Number(limit),
            ),
            code="too_many_files",
        )
    return SessionArchive.objects.create(
        code=uuid4(),
        owner_id=owner.pk,
        created_at=now,
        versions=[[version.session_id, version.number] for version in versions],
    )


def get_archive_layout(archive: SessionArchive, versions: Collection[Version]) -> Layout:
    """Return the layout of the ZIP. It is planned once.

    :param versions: those of the archive that the user may see, with their sessions.
    :raises NotAllowedError: a session is not there any more.
    :raises BusyError: too many others are being planned.
    """
    by_place = {(version.session_id, version.number): version for version in versions}
    chosen = [by_place.get((session, number)) for session, number in archive.versions]
    found = [version for version in chosen if version is not None]
    if len(found) < len(chosen):
        raise NotAllowedError(
            sentence("A session of this download was deleted in the meantime. Select the sessions again."),
            code="deleted",
        )
    parts = list(_name_folders(found))
    keys = [
        [part.folder, render_layout_key(part.version, part.version.session.name, WHOLE_VERSION)]
        for part in parts
    ]
    digest = hashlib.sha256(json.dumps(keys).encode()).hexdigest()
    is_large = sum(version.file_count for version in found) > LARGE_COUNT
    try:
        return get_layout_cache().get(
            f"sessions {digest}", partial(_write_layout, parts=parts), is_large=is_large
        )
    except LayoutBusyError:
        raise BusyError(sentence("Other large ZIPs are being prepared. Try again in a minute.")) from None


def _name_folders(versions: Collection[Version]) -> Iterator[ArchivedVersion]:
    taken: set[str] = set()
    for version in versions:
        name = sanitize_session_name(version.session.name) or FALLBACK_FOLDER
        folder = next(each for each in iter_numbered_names(name) if fold_session_name(each) not in taken)
        taken.add(fold_session_name(folder))
        yield ArchivedVersion(version=version, folder=folder)


def _write_layout(writer: SegmentWriter, *, parts: Collection[ArchivedVersion]) -> None:
    members: list[Member] = []
    for part in parts:
        inside = list_members(part.version, part.version.session.name)
        members += (replace(member, name=f"{part.folder}/{member.name}") for member in inside)
    write_layout(interleave_members(members), writer)
