"""Files that a version changed in the one before it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from dubbing_core.change_summary import ChangeKind
from sessions_app.models import Entry, Version
from sessions_app.queries.keyset import KeysetPage, Position, get_keyset_page
from sessions_app.queries.versions import BY_PATH

CHANGES_PER_PAGE = 50


class ChangedFile(NamedTuple):
    pk: int
    path: str
    kind: str
    """A `ChangeKind`."""
    category: str
    language: str
    size: int
    """In bytes; of removed files before."""
    previous_size: int | None
    """In bytes; None for new files."""


def find_changes(version: Version, *, kind: str = "", text: str = "") -> QuerySet[Entry]:
    """Return an entry for each changed path, with kind and sizes in bytes.

    :param kind: a `ChangeKind`; "" for all.
    :param text: words that the path must contain, in any order and case.
    """
    number = version.number
    same_path = Entry.objects.filter(session_id=version.session_id, path=OuterRef("path")).files()
    before = same_path.filter(removed_in=number)
    same_label = before.filter(
        **{column: OuterRef(column) for column in ("category", "language", "role", "labeled_by")}
    )
    after = same_path.filter(added_in=number)
    removed = Q(removed_in=number)
    rows = (
        Entry.objects.filter(session_id=version.session_id)
        .files()
        .filter(Q(added_in=number) | (removed & ~Exists(after)))
        .annotate(previous_blob=Subquery(before.values("blob_id")[:1]))
        .annotate(
            size=F("blob__size"),
            previous_size=Case(
                When(removed, then=F("blob__size")), default=Subquery(before.values("blob__size")[:1])
            ),
            kind=Case(
                When(removed, then=Value(ChangeKind.REMOVED.value)),
                When(previous_blob__isnull=True, then=Value(ChangeKind.NEW.value)),
                When(~Q(previous_blob=F("blob_id")), then=Value(ChangeKind.CHANGED.value)),
                When(
                    Q(is_executable=True) & Exists(same_label.filter(is_executable=False)),
                    then=Value(ChangeKind.MADE_EXECUTABLE.value),
                ),
                When(
                    Q(is_executable=False) & Exists(same_label.filter(is_executable=True)),
                    then=Value(ChangeKind.NOT_EXECUTABLE.value),
                ),
                default=Value(ChangeKind.RELABELED.value),
                output_field=CharField(),
            ),
        )
    )
    if kind:
        rows = rows.filter(kind=kind)
    for word in text.replace("\0", " ").split():
        rows = rows.filter(path__icontains=word)
    return rows


def get_change_page(rows: QuerySet[Entry], position: Position) -> KeysetPage[ChangedFile]:
    """Return one page of `find_changes`, by path."""
    columns: Any = rows.values_list(*ChangedFile._fields, named=True)
    return get_keyset_page(columns, order=BY_PATH, size=CHANGES_PER_PAGE, position=position)
