"""Making of the derivatives that sessions lack."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError

from dubbing_core.media_problems import describe_damage
from dubbing_core.sentences import sentence
from sessions_app.media.client import MediaReaderUnavailableError
from sessions_app.media.maker import DerivativeMaker, MadeDerivative, NoSpaceError
from sessions_app.media.plan import Kind, Workload, is_picture_copied
from sessions_app.models import Derivative, DubbingSession
from sessions_app.operations.derivatives.missing import MAKER_VERSION, Work, find_work
from sessions_app.operations.derivatives.record import record_derivative
from sessions_app.operations.derivatives.sizes import update_sizes
from sessions_app.operations.errors import BusyError
from sessions_app.operations.media import record_damage
from sessions_app.queue import (
    enqueue_derivatives,
    enqueue_pending_derivatives,
    enqueue_proxies,
    enqueue_reading,
)
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreError
from sessions_app.storage.keys import blob_key

logger = logging.getLogger(__name__)

SESSIONS_PER_QUERY = 100
FLAGS = {Workload.PREVIEWS: "has_missing_derivatives", Workload.PROXIES: "has_missing_proxies"}
"""Columns of sessions that may lack some."""
ENQUEUE = {Workload.PREVIEWS: enqueue_derivatives, Workload.PROXIES: enqueue_proxies}
INTERNAL_ERROR = sentence("It could not be made because of an error in the portal; its log has the details.")
NO_SPACE = "No derivatives of media are made: there is no space for temporary files (TMPDIR)."


@dataclass(kw_only=True)
class DerivativeReport:
    """Numbers of sessions and derivatives of a run."""

    sessions: int = 0
    made: int = 0
    failed: int = 0
    """Of files that do not allow it."""
    left: int = 0
    """Sessions that lack some: the storage did not respond, there was no space, or the time was over."""
    queued: set[int] = field(default_factory=set, compare=False)
    """Sessions whose light copies were left to the worker for them, by primary key."""


def make_pending_derivatives(
    *,
    clock: Callable[[], datetime],
    limit: timedelta | None = None,
    workload: Workload = Workload.PREVIEWS,
    on_session: Callable[[DerivativeReport], None] = lambda _: None,
) -> DerivativeReport:
    """Make what all sessions lack.

    It can be interrupted at any time: what was made is stored.

    :param limit: time after which no further pass over a file is begun.
    :param on_session: is called after each session.
    """
    report = DerivativeReport()
    until = clock() + limit if limit is not None else None
    pending = DubbingSession.objects.filter(**{FLAGS[workload]: True}, deleted_at__isnull=True).order_by("pk")
    last = 0
    with _create_maker() as maker:
        run = _Run(maker=maker, workload=workload, clock=clock, until=until, report=report)
        while ids := list(pending.filter(pk__gt=last).values_list("pk", flat=True)[:SESSIONS_PER_QUERY]):
            for session_id in ids:
                if until is not None and clock() > until:
                    enqueue_pending_derivatives(workload)
                    return report
                run.make_of_session(session_id)
                on_session(report)
            last = ids[-1]
    return report


def make_session_derivatives(
    *,
    session_id: int,
    clock: Callable[[], datetime],
    limit: timedelta | None = None,
    workload: Workload = Workload.PREVIEWS,
) -> DerivativeReport:
    """Make what a session lacks.

    :param limit: time after which no further pass over a file is begun.
    """
    report = DerivativeReport()
    until = clock() + limit if limit is not None else None
    with _create_maker() as maker:
        run = _Run(maker=maker, workload=workload, clock=clock, until=until, report=report)
        run.make_of_session(session_id)
    return report


def _create_maker() -> DerivativeMaker:
    # Beyond the limit Celery would end the task, and begin the same copy again later.
    return DerivativeMaker(longest=settings.JOB_TIME_LIMIT.total_seconds() / 2)


def discard_all_derivatives() -> None:
    """Let all derivatives be made again; the present ones are used until then."""
    Derivative.objects.update(maker_version=0)
    DubbingSession.objects.filter(current__isnull=False).update(
        has_missing_derivatives=True, has_missing_proxies=True
    )


@dataclass(frozen=True, kw_only=True)
class _Run:
    """Makes one workload of one session after the other."""

    maker: DerivativeMaker
    workload: Workload
    clock: Callable[[], datetime]
    until: datetime | None
    report: DerivativeReport
    changed: set[int] = field(default_factory=set)
    """Blobs of the session of which something was made."""
    damaged: set[int] = field(default_factory=set)
    """Sessions with newly found damage."""

    def make_of_session(self, session_id: int) -> None:
        session = DubbingSession.objects.filter(pk=session_id, deleted_at__isnull=True).first()
        if session is None:
            return
        self.changed.clear()
        self.damaged.clear()
        try:
            is_complete = self._make_all(session)
        finally:
            update_sizes(self.changed, session_id=session.pk)
            for each in sorted(self.damaged):
                enqueue_reading(each)
        if not is_complete:
            self.report.left += 1
            return
        self.report.sessions += 1
        flags = {FLAGS[self.workload]: False}
        if self.workload is Workload.PREVIEWS and session.has_missing_proxies:
            if find_work(session, Workload.PROXIES):
                enqueue_proxies(session.pk)
                self.report.queued.add(session.pk)
            else:
                flags[FLAGS[Workload.PROXIES]] = False
        # A version that was committed in the meantime has media of its own.
        DubbingSession.objects.filter(
            pk=session.pk, current_id=session.current_id, has_unread_media=False
        ).update(**flags)

    def _make_all(self, session: DubbingSession) -> bool:
        """Make what is missing; return False if some of it is left for a later run."""
        is_complete = True
        for work in find_work(session, self.workload):
            if not DubbingSession.objects.filter(pk=session.pk, deleted_at__isnull=True).exists():
                return False  # it was deleted permanently in the meantime
            if self.until is not None and self.clock() > self.until:
                ENQUEUE[self.workload](session.pk)  # behind those of others
                return False
            try:
                self._make(work)
            except NoSpaceError:
                logger.warning(NO_SPACE)
                return False
            except BusyError:
                is_complete = False
                continue
            except StoreError as error:
                logger.warning("No derivatives of %s (blob %s) were made: %s", work.path, work.sha256, error)
                if error.is_retryable:
                    return False
                continue
            self.changed.add(work.blob_id)
        return is_complete

    def _make(self, work: Work) -> None:
        """Make the kinds of one pass."""
        store = get_store()
        rows = Derivative.objects.stored().filter(source_id=work.blob_id, maker_version__gte=MAKER_VERSION)
        made = set(rows.values_list("kind", flat=True))
        kinds = {kind for kind in work.kinds if kind not in made}  # another session may have the same file

        def record(derivative: MadeDerivative) -> None:
            if record_derivative(work.blob_id, derivative, store=store, now=self.clock()):
                self.report.made += not derivative.reason
                self.report.failed += bool(derivative.reason)
                kinds.discard(derivative.kind)

        if not kinds:
            return
        try:
            damage = self.maker.make(
                store,
                blob_key(work.sha256),
                work.size,
                kinds=frozenset(kinds),
                duration=None if work.facts.duration_ms is None else work.facts.duration_ms / 1000,
                copies_picture=is_picture_copied(work.facts, work.size),
                on_made=record,
            )
        except (StoreError, BusyError, NoSpaceError, MediaReaderUnavailableError, OSError, DatabaseError):
            raise
        except Exception:
            # Made once, whatever the file contains: it must not stop those after it.
            logger.exception("Making derivatives of blob %s failed", work.sha256)
            for kind in sorted(kinds):
                record(MadeDerivative(kind=Kind(kind), reason=INTERNAL_ERROR))
            return
        if damage is not None:
            found = describe_damage(damage, work.facts.streams, work.facts.duration_ms)
            if found != work.damage:
                self.damaged.update(record_damage(work.blob_id, found))
