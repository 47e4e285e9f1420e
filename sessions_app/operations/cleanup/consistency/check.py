"""Check of all denormalized values, a few sessions at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Q, Sum

from sessions_app.models import DubbingSession, OwnerTotals, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.cleanup.consistency.progress import store_progress
from sessions_app.operations.cleanup.consistency.session_values import (
    SESSION_FIELDS,
    find_wrong_search_rows,
    find_wrong_sessions,
)
from sessions_app.operations.cleanup.consistency.version_values import find_wrong_versions

VERSION_FIELDS = ("file_groups", "empty_file_count", "history_size", "history_blob_count", "changes")


@dataclass(kw_only=True)
class ConsistencyReport:
    """Numbers of rows with wrong values."""

    sessions: int = 0
    search_rows: int = 0
    versions: int = 0
    progress: int = 0
    owners: int = 0

    @property
    def total(self) -> int:
        return self.sessions + self.search_rows + self.versions + self.progress + self.owners


def check_consistency(
    *, repairs: bool, on_sessions: Callable[[int], None] = lambda _: None
) -> ConsistencyReport:
    """Compare denormalized values with the rows they follow from.

    Each step locks the sessions that it compares, so that it can run while the portal is in use.

    :param repairs: also write the right values.
    :param on_sessions: is called with the number of sessions compared since the last call.
    """
    report = ConsistencyReport()
    for ids in _batches():
        with transaction.atomic():
            _check_sessions(ids, report, repairs=repairs)
        on_sessions(len(ids))
    for owner_id in get_user_model().objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            _check_totals(owner_id, report, repairs=repairs)
    return report


def _batches() -> Iterator[list[int]]:
    last = 0
    while (
        ids := list(
            DubbingSession.objects.filter(pk__gt=last, deleted_at__isnull=True)  # others are being deleted
            .order_by("pk")
            .values_list("pk", flat=True)[:ROWS_PER_STATEMENT]
        )
    ):
        yield ids
        last = ids[-1]


def _check_sessions(ids: list[int], report: ConsistencyReport, *, repairs: bool) -> None:
    locked = DubbingSession.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    sessions = list(locked.select_related("current").defer("current__document", "current__texts"))
    wrong_sessions = find_wrong_sessions(sessions)
    wrong_search_rows = find_wrong_search_rows(sessions)
    wrong_versions = find_wrong_versions(ids)
    unmeasured = [session.current for session in sessions if session.current and not session.current.matrix]
    report.sessions += len(wrong_sessions)
    report.search_rows += len(wrong_search_rows)
    report.versions += len(wrong_versions)
    report.progress += len(unmeasured)
    if repairs:
        DubbingSession.objects.bulk_update(wrong_sessions, SESSION_FIELDS)
        for session in wrong_search_rows:
            session.write_search_rows(session.current)
        Version.objects.bulk_update(wrong_versions, VERSION_FIELDS, batch_size=ROWS_PER_STATEMENT)
        for version in unmeasured:
            store_progress(version)


def _check_totals(owner_id: int, report: ConsistencyReport, *, repairs: bool) -> None:
    # The lock comes before the sums: what is committed later is added to the row afterwards.
    totals = OwnerTotals.objects.select_for_update().filter(pk=owner_id).first() or OwnerTotals(pk=owner_id)
    sessions = (
        get_user_model()
        .objects.filter(pk=owner_id)
        .aggregate(count=Count("dubbing_sessions", filter=Q(dubbing_sessions__trashed_at__isnull=True)))
    )
    stored = (
        get_user_model()
        .objects.filter(pk=owner_id)
        .aggregate(
            size=Sum(
                "dubbing_sessions__versions__stored_size", filter=Q(dubbing_sessions__deleted_at__isnull=True)
            )
        )
    )
    derived = DubbingSession.objects.filter(owner_id=owner_id, deleted_at__isnull=True).aggregate(
        size=Sum("derived_size")
    )
    right = (sessions["count"], stored["size"] or 0, derived["size"] or 0)
    if (totals.session_count, totals.stored_size, totals.derived_size) != right:
        report.owners += 1
        if repairs:
            totals.session_count, totals.stored_size, totals.derived_size = right
            totals.save()
