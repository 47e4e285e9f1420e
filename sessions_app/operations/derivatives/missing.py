"""Derivatives that a session's media lack, in the order in which they are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from dubbing_core.categories import Category
from dubbing_core.file_kinds import guess_kind
from dubbing_core.labels import Role
from dubbing_core.media_facts import MediaFacts
from sessions_app.media.plan import GROUPS, Kind, Workload, plan_kinds
from sessions_app.models import BlobMedia, Derivative, DubbingSession, Entry
from sessions_app.queries.media import MEDIA_KINDS

MAKER_VERSION = 1
"""After a change of what is made, all derivatives are made again."""
CATEGORIES = (Category.ORIGINAL_VIDEO, Category.MIXED_VIDEOS, Category.FINAL_VIDEOS, Category.AUDIO)
"""Those that are on screen first."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Kinds to be made of a blob in one pass."""

    blob_id: int
    sha256: str
    size: int
    path: str
    facts: MediaFacts
    damage: str
    """What decoding found before."""
    kinds: frozenset[Kind]
    rank: tuple[object, ...]


def find_work(session: DubbingSession, workload: Workload = Workload.PREVIEWS) -> list[Work]:
    """Return what is missing of one workload, in the order in which it is made.

    Posters come first, and files of the current version before older ones.
    """
    made = _get_made(session)
    rows = (
        Entry.objects.filter(session=session, blob__media__reason="", blob__size__gt=0)
        .order_by("pk")
        .values_list("path", "category", "role", "removed_in", "blob_id", "blob__sha256", "blob__size")
    )
    entries: dict[int, tuple[tuple[bool, bool, int, str], str, str, int]] = {}
    paths: dict[int, set[str]] = defaultdict(set)
    for path, category, role, removed_in, blob_id, sha256, size in rows:
        if guess_kind(path) not in MEDIA_KINDS or role == Role.SESSION_METADATA:
            continue
        paths[blob_id].add(path)
        rank = (role == Role.SEGMENT, removed_in is not None, _rank_category(category), path)
        if blob_id not in entries or rank < entries[blob_id][0]:
            entries[blob_id] = rank, path, sha256, size
    works: list[Work] = []
    facts = BlobMedia.objects.filter(blob__entries__session=session, reason="").distinct()
    for media in facts.iterator():
        if media.pk not in entries:
            continue
        (is_segment, *rest), path, sha256, size = entries[media.pk]
        # Browsers play some files under one of their names only.
        planned = frozenset[Kind]().union(*(plan_kinds(media.facts, each) for each in paths[media.pk]))
        missing = (planned & workload.kinds) - made[media.pk]
        for position, group in enumerate(GROUPS):
            if kinds := missing & set(group):
                works.append(
                    Work(
                        blob_id=media.pk,
                        sha256=sha256,
                        size=size,
                        path=path,
                        facts=media.facts,
                        damage=media.damage,
                        kinds=kinds,
                        rank=(is_segment, position, *rest),
                    )
                )
    return sorted(works, key=lambda work: work.rank)


def _rank_category(category: str) -> int:
    return CATEGORIES.index(Category(category)) if category in CATEGORIES else len(CATEGORIES)


def _get_made(session: DubbingSession) -> Mapping[int, set[Kind]]:
    """Return the kinds of each blob that were made, or cannot be."""
    made: dict[int, set[Kind]] = defaultdict(set)
    rows = Derivative.objects.stored().filter(
        source__entries__session=session, maker_version__gte=MAKER_VERSION
    )
    for source_id, kind in rows.values_list("source_id", "kind").distinct():
        if kind in set(Kind):
            made[source_id].add(Kind(kind))
    return made
