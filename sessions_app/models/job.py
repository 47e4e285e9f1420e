from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> JobQuerySet:
        return self.filter(owner_id=user.pk)

    def unfinished(self) -> JobQuerySet:
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def held_by(self, attempt: int) -> JobQuerySet:
        """Rows that still belong to the worker with this fencing token."""
        return self.filter(state=Job.State.RUNNING, attempt=attempt)


class Job(models.Model):
    """Background work with progress. This row is the truth; the message in the broker only hints at it."""

    class Kind(models.TextChoices):
        SAVE = "save", "Save"
        """Hash uploaded files and make them a version."""
        IMPORT = "import", "Import"
        """Turn a ZIP into a session."""
        EXPORT = "export", "Export"
        """Assemble a version's ZIP."""
        CHECK = "check", "Check"
        """Tell what a ZIP would bring, and store nothing of it."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        """Waits for a worker."""
        RUNNING = "running", "Running"
        """A worker holds the lease."""
        SUCCEEDED = "succeeded", "Done"
        """Its effect is visible, exactly once."""
        FAILED = "failed", "Failed"
        """It stopped with an error and left nothing behind; it can be tried again."""
        CANCELLED = "cancelled", "Cancelled"
        """A person stopped it; it left nothing behind."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, null=True, blank=True, related_name="jobs"
    )
    params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    attempt = models.PositiveIntegerField(default=0, help_text="Fencing token: grows with every start.")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    done_bytes = models.PositiveBigIntegerField(default=0)
    total_bytes = models.PositiveBigIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True, help_text="A sentence for people.")
    error_detail = models.TextField(blank=True, help_text="Class and traceback, for staff.")
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
                condition=Q(kind__in=["save", "import", "export", "check"]), name="job_kind_is_known"
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
            # Used by the reconciler.
            models.Index(
                fields=["state", "lease_expires_at"],
                name="job_unfinished",
                condition=Q(state__in=["queued", "running"]),
            ),
            # Used by the jobs page.
            models.Index(fields=["owner", "-created_at"], name="job_list"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"

    # -- Transitions: each is one conditional UPDATE that tells whether it was ours to make --------------------------

    def claim(self, *, now: datetime, lease_until: datetime) -> bool:
        """Start the job, if it waits; ``attempt`` then is the worker's fencing token."""
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
            self.refresh_from_db()
        return changed == 1

    def renew(self, *, now: datetime, lease_until: datetime, done_bytes: int, total_bytes: int) -> bool:
        """Prolong the lease and note the progress; False when the job belongs to another attempt by now."""
        updated = self._mine().update(
            heartbeat_at=now, lease_expires_at=lease_until, done_bytes=done_bytes, total_bytes=total_bytes
        )
        return updated == 1

    def succeed(self, *, now: datetime, total_bytes: int, result: dict[str, object]) -> bool:
        """Finish, in the transaction that makes the effect visible: False means that the effect must be rolled back."""
        updated = self._mine().update(
            state=self.State.SUCCEEDED,
            result=result,
            finished_at=now,
            lease_expires_at=None,
            done_bytes=total_bytes,
            total_bytes=total_bytes,
        )
        return updated == 1

    def fail(self, *, now: datetime, code: str, message: str, detail: str = "") -> bool:
        updated = self._mine().update(
            state=self.State.FAILED,
            error_code=code,
            error_message=message,
            error_detail=detail,
            finished_at=now,
            lease_expires_at=None,
        )
        return updated == 1

    def end_cancelled(self, *, now: datetime) -> bool:
        updated = self._mine().update(state=self.State.CANCELLED, finished_at=now, lease_expires_at=None)
        return updated == 1

    def requeue(self, *, lease_before: datetime | None = None) -> bool:
        """Give a job back to the queue whose attempt ended early (an error that may pass, or an expired lease)."""
        rows = (
            self._mine() if lease_before is None else self._mine().filter(lease_expires_at__lt=lease_before)
        )
        updated = rows.update(
            state=self.State.QUEUED, lease_expires_at=None, published_at=None, publish_count=0
        )
        return updated == 1

    def _mine(self) -> JobQuerySet:
        return type(self).objects.filter(pk=self.pk).held_by(self.attempt)

    # -- Properties -----------------------------------------------------------------------------------------------------

    @property
    def is_finished(self) -> bool:
        return self.state not in {self.State.QUEUED, self.State.RUNNING}

    @property
    def may_end_otherwise(self) -> bool:
        """Whether trying again makes sense: not where the same files would come to the same end."""
        return self.error_code not in {"unchanged", "digest_differs", "upload_damaged", "uploads_gone"}

    @property
    def percent(self) -> int:
        if self.state == self.State.SUCCEEDED:
            return 100
        return min(99, self.done_bytes * 100 // self.total_bytes) if self.total_bytes else 0
