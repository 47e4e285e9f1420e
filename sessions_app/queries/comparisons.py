"""Comparison of two versions of a session."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dubbing_core.change_summary import ChangeSummary
from dubbing_core.comparison.documents import ValueDifference, compare_documents
from dubbing_core.comparison.files import (
    FileDifference,
    Grouping,
    compare_files,
    filter_differences,
    get_sort_key,
    sort_differences,
    summarize_differences,
)
from dubbing_core.comparison.progress import ProgressDifference, compare_progress
from dubbing_core.file_kinds import guess_kind
from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import ProgressMatrix
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.keyset import CursorError, decode_values, encode_values
from sessions_app.queries.manifests import load_differing_files
from sessions_app.queries.media import MEDIA_KINDS, get_facts

LISTED_VERSIONS = 200
"""Newest versions that a page offers."""
DIFFERENCES_PER_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What leads from one version to another one."""

    files: Sequence[FileDifference]
    """Sorted by path."""
    summary: ChangeSummary
    values: Sequence[ValueDifference]
    """Of the metadata."""
    progress: ProgressDifference | None
    """None if one of the versions was saved before progress by language was stored."""

    @property
    def has_differences(self) -> bool:
        return bool(self.files or self.values or self.progress)


@dataclass(frozen=True, kw_only=True)
class FilePage:
    """One page of the files of a comparison."""

    items: Sequence[FileDifference]
    total: int
    """Number of files on all pages."""
    counts: Mapping[str, int]
    """Files of each group on all pages."""
    next: str | None
    """Cursor of the next page; None on the last page."""


def compare_versions(before: Version, after: Version) -> Comparison:
    """Compare two versions of a session.

    One query reads the files, whatever their number.

    :param after: may be the older one.
    """
    return build_comparison(
        files=load_differing_files(after.session_id, before.number, after.number),
        documents=(before.metadata, after.metadata),
        matrices=(before.progress_matrix, after.progress_matrix),
    )


def build_comparison(
    *,
    files: tuple[Iterable[ManifestEntry], Iterable[ManifestEntry]],
    documents: tuple[Mapping[str, Any], Mapping[str, Any]],
    matrices: tuple[ProgressMatrix | None, ProgressMatrix | None],
) -> Comparison:
    """Compare the files, documents and progress before and after."""
    differences = compare_files(*files)
    old, new = matrices
    return Comparison(
        files=differences,
        summary=summarize_differences(differences),
        values=compare_documents(*documents),
        progress=compare_progress(old, new) if old is not None and new is not None else None,
    )


def get_difference_page(
    comparison: Comparison,
    *,
    grouping: Grouping = Grouping.CATEGORY,
    kind: str = "",
    text: str = "",
    cursor: str = "",
    size: int = DIFFERENCES_PER_PAGE,
) -> FilePage:
    """Return a page of the files.

    :param kind: a `ChangeKind`; "" for all.
    :param text: words of the path, in any order and case.
    :param cursor: `FilePage.next` of the page before it.
    :raises CursorError: the cursor is not from a list in this order.

    One more query reads what is known of the page's audio and video.
    """
    files = sort_differences(filter_differences(comparison.files, kind=kind, text=text), grouping)
    start = (
        bisect_right(files, _decode(cursor, grouping), key=partial(get_sort_key, grouping=grouping))
        if cursor
        else 0
    )
    items = add_media(files[start : start + size])
    has_next = start + size < len(files)
    return FilePage(
        items=items,
        total=len(files),
        counts=Counter(difference.get_group(grouping) for difference in files),
        next=encode_values([grouping.value, *get_sort_key(items[-1], grouping)]) if has_next else None,
    )


def add_media(differences: Sequence[FileDifference]) -> list[FileDifference]:
    """Return the differences with the facts of audio and video."""
    hashes = {
        entry.sha256
        for difference in differences
        for entry in (difference.before, difference.after)
        if entry is not None and guess_kind(entry.path) in MEDIA_KINDS
    }
    facts = get_facts(hashes) if hashes else {}
    return [
        replace(
            difference,
            media_before=facts.get(difference.before.sha256) if difference.before else None,
            media_after=facts.get(difference.after.sha256) if difference.after else None,
        )
        for difference in differences
    ]


def _decode(cursor: str, grouping: Grouping) -> tuple[str, str]:
    match decode_values(cursor):
        case [grouping.value, str(group), str(path)]:
            return group, path
        case _:
            raise CursorError


def list_versions(session: DubbingSession) -> list[Version]:
    """Return the newest versions to choose from, newest first."""
    rows = Version.objects.filter(session=session).select_related("created_by").order_by("-number")
    return list(
        rows.only("session_id", "number", "created_at", "message", "created_by__username")[:LISTED_VERSIONS]
    )


def find_versions(session: DubbingSession, numbers: Sequence[int]) -> dict[int, Version]:
    """Return versions with their documents, by number.

    Those that do not exist are missing.
    """
    rows = Version.objects.filter(session=session, number__in=numbers).select_related("created_by")
    return {version.number: version for version in rows.defer("input_history", "texts")}
