"""Jobs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from datetime import datetime


OUTAGES = frozenset(
    {
        "broker",
        "busy",
        "database",
        "disk_full",
        "internal",
        "over_quota",
        "storage",
        "throttled",
        "worker_lost",
    }
)
"""Codes of errors that are not due to the input of a job."""


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> JobQuerySet:
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def of_attempt(self, attempt: int) -> JobQuerySet:
        """Return running jobs whose current attempt has this fencing token."""
        return self.filter(state=Job.State.RUNNING, attempt=attempt)


class Job(models.Model):
    """Background work with progress.

    The row is authoritative; the broker message only contains its id.
    """

    class Kind(models.TextChoices):
        SAVE = "save", gettext_lazy("Save")
        """Hash uploaded files and commit them as a version."""
        IMPORT = "import", gettext_lazy("Import")
        """Create sessions from a ZIP."""
        EXPORT = "export", gettext_lazy("Export")
        """Assemble a version's ZIP."""
        PREVIEW = "preview", gettext_lazy("Import preview")
        """Report the sessions that an import of a ZIP would create; store nothing."""
        CLEANUP = "cleanup", gettext_lazy("Cleanup")
        """Collect garbage, or count it, for an operator."""

    class State(models.TextChoices):
        QUEUED = "queued", gettext_lazy("Waiting")
        """Waiting for a worker."""
        RUNNING = "running", gettext_lazy("Running")
        """A worker holds the lease."""
        SUCCEEDED = "succeeded", gettext_lazy("Done")
        """The effect is committed, exactly once."""
        FAILED = "failed", gettext_lazy("Failed")
        """Stopped with an error, without effect; can be retried."""
        CANCELLED = "cancelled", gettext_lazy("Cancelled")
        """Stopped on request, without effect."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    session = models.ForeignKey(
        "sessions_app.DubbingSession",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="jobs",
        db_index=False,
    )
    params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    attempt = models.PositiveIntegerField(default=0, help_text="Fencing token, incremented at every start.")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    done_bytes = models.PositiveBigIntegerField(default=0)
    total_bytes = models.PositiveBigIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True, help_text="Sentence for the user.")
    error_detail = models.TextField(blank=True, help_text="Class and traceback for operators.")
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    publish_count = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "succeeded", "failed", "cancelled"]),
                name="job_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["save", "import", "export", "preview", "cleanup"]),
                name="job_kind_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_expires_at__isnull=False),
                name="job_running_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | Q(state__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False),
                name="job_finished_has_a_time",
            ),
        ]
        indexes = [
            # Used by the reconciler and the admin site. Not partial: SQLite uses no partial index whose condition compares with a bound value.
            models.Index(fields=["state", "-id"], name="job_state"),
            # Used by collect_garbage.
            models.Index(fields=["finished_at"], name="job_age", condition=Q(finished_at__isnull=False)),
            # Used by the admin site.
            models.Index(fields=["kind", "-id"], name="job_kind"),
            # Used by the jobs page, and by the number of unfinished jobs on every page.
            models.Index(fields=["owner", "-created_at", "-id"], name="job_list"),
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="job_state_list"),
            # Used by open pages, which poll what ended lately.
            models.Index(
                fields=["owner", "-finished_at", "-id"],
                name="job_ended_list",
                condition=Q(finished_at__isnull=False),
            ),
            # Used by the page of a session.
            models.Index(fields=["session", "-created_at", "-id"], name="job_session_list"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.code}"

    # Transitions. Each is one conditional UPDATE and returns whether it changed the row.

    def claim(self, *, now: datetime, lease_until: datetime) -> bool:
        """Start the job if it is queued; ``attempt`` becomes the worker's fencing token."""
        changed = (
            type(self)
            .objects.filter(pk=self.pk, state=self.State.QUEUED)
            .update(
                state=self.State.RUNNING,
                attempt=F("attempt") + 1,
                lease_expires_at=lease_until,
                heartbeat_at=now,
                started_at=now,
                done_bytes=0,
            )
        )
        if changed == 1:
            # What the check of access and the handler read first.
            self.refresh_from_db(from_queryset=type(self).objects.select_related("owner", "session"))
        return changed == 1

    def renew(self, *, now: datetime, lease_until: datetime, done_bytes: int, total_bytes: int) -> bool:
        """Extend the lease and record progress; return False if another attempt took over."""
        updated = self._current_attempt().update(
            heartbeat_at=now, lease_expires_at=lease_until, done_bytes=done_bytes, total_bytes=total_bytes
        )
        return updated == 1

    def succeed(self, *, now: datetime, total_bytes: int, result: dict[str, object]) -> bool:
        """Finish in the transaction that commits the effect.

        If it returns False, the caller must roll back.
        """
        updated = self._current_attempt().update(
            state=self.State.SUCCEEDED,
            result=result,
            finished_at=now,
            lease_expires_at=None,
            done_bytes=total_bytes,
            total_bytes=total_bytes,
        )
        return updated == 1

    def fail(self, *, now: datetime, code: str, message: str, detail: str = "") -> bool:
        updated = self._current_attempt().update(
            state=self.State.FAILED,
            error_code=code,
            error_message=message,
            error_detail=detail,
            finished_at=now,
            lease_expires_at=None,
        )
        return updated == 1

    def mark_cancelled(self, *, now: datetime) -> bool:
        updated = self._current_attempt().update(
            state=self.State.CANCELLED, finished_at=now, lease_expires_at=None
        )
        return updated == 1

    def requeue(self, *, lease_before: datetime | None = None) -> bool:
        """Return the job to the queue after a transient error or an expired lease.

        :param lease_before: only requeue if the lease expired before this time.
        """
        rows = self._current_attempt()
        if lease_before is not None:
            rows = rows.filter(lease_expires_at__lt=lease_before)
        updated = rows.update(
            state=self.State.QUEUED, lease_expires_at=None, published_at=None, publish_count=0
        )
        return updated == 1

    def _current_attempt(self) -> JobQuerySet:
        return type(self).objects.filter(pk=self.pk).of_attempt(self.attempt)

    @property
    def is_finished(self) -> bool:
        return self.state not in {self.State.QUEUED, self.State.RUNNING}

    @property
    def is_retryable(self) -> bool:
        """Whether a retry can succeed; False if the same input would fail in the same way."""
        if self.kind in {self.Kind.IMPORT, self.Kind.PREVIEW} and self.error_code:
            return self.error_code in OUTAGES  # all other codes are about the file
        return self.error_code not in {"unchanged", "digest_differs", "upload_damaged", "uploads_deleted"}

    @property
    def percent(self) -> int:
        if self.state == self.State.SUCCEEDED:
            return 100
        return min(99, self.done_bytes * 100 // self.total_bytes) if self.total_bytes else 0
