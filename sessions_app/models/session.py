"""Dubbing sessions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q

from dubbing_core.progress import Stage
from sessions_app.models.bulk import select_numbers
from sessions_app.models.owner_totals import OwnerTotals
from sessions_app.models.session_language import SessionLanguage
from sessions_app.models.session_text import SessionText, join_names

if TYPE_CHECKING:
    from datetime import datetime

    from sessions_app.models.version import Version


class DubbingSessionQuerySet(models.QuerySet["DubbingSession"]):
    def live(self) -> DubbingSessionQuerySet:
        return self.filter(trashed_at__isnull=True)

    def trashed(self) -> DubbingSessionQuerySet:
        """Return the sessions that can be restored from the trash."""
        return self.filter(trashed_at__isnull=False, deleted_at__isnull=True)

    def trash(self, *, now: datetime) -> int:
        """Move the sessions to the trash; return how many were not there before.

        By a constant number of statements for each owner, unlike `DubbingSession.trash`.
        """
        with transaction.atomic():
            locked = self.live().order_by("pk").select_for_update(of=("self",))
            keys_by_owner: dict[int, list[int]] = {}
            for key, owner_id in locked.values_list("pk", "owner_id"):
                keys_by_owner.setdefault(owner_id, []).append(key)
            for owner_id, keys in sorted(keys_by_owner.items()):
                DubbingSession.objects.filter(pk__in=select_numbers(keys)).update(trashed_at=now)
                SessionLanguage.objects.filter(session__in=select_numbers(keys)).delete()
                OwnerTotals.objects.change(owner_id, session_count=-len(keys))
        return sum(map(len, keys_by_owner.values()))


def _list_index(*fields: str, name: str) -> models.Index:
    """Return an index of the owner's sessions outside the trash."""
    return models.Index(fields=["owner", *fields, "-id"], name=name, condition=Q(trashed_at__isnull=True))


class DubbingSession(models.Model):
    """One dubbing project with a name and an owner."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="dubbing_sessions"
    )
    name = models.CharField(max_length=120)
    folded_name = models.CharField(
        max_length=360, editable=False, help_text="Name in the form used for comparison: NFC, casefolded."
    )
    current = models.ForeignKey(
        "sessions_app.Version",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    has_unread_texts = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether a version may contain subtitles or transcripts that were not read yet.",
    )
    has_unread_media = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether a version may contain audio or video of which the facts were not read yet.",
    )
    has_missing_derivatives = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether posters, waveforms or others may be missing that are made of its media.",
    )
    has_missing_proxies = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether light copies may be missing of videos that browsers do not play.",
    )
    derived_size = models.PositiveBigIntegerField(
        default=0, db_default=0, editable=False, help_text="Bytes of what was made of its media."
    )
    # Facts of the current version, for order and filters.
    total_size = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="In bytes; 0 without a version."
    )
    stage = models.CharField(
        max_length=20,
        choices=[(stage.value, stage.label) for stage in Stage],
        default=Stage.EMPTY.value,
        editable=False,
    )
    has_stale = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether results must be made again, because their inputs changed.",
    )
    duration_ms = models.PositiveBigIntegerField(
        default=0, db_default=0, editable=False, help_text="Length of the source video; 0 if it is unknown."
    )
    created_at = models.DateTimeField()
    last_updated = models.DateTimeField()
    last_accessed = models.DateTimeField()
    trashed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When its owner deleted it permanently from the trash. Garbage collection deletes the row.",
    )

    objects = DubbingSessionQuerySet.as_manager()

    class Meta:
        verbose_name = "dubbing session"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "folded_name"],
                condition=Q(trashed_at__isnull=True),
                name="session_name_is_free",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="session_has_a_name"),
        ]
        indexes = [
            # Used by the list page, in each of its orders; by name it uses the unique constraint.
            # Results of filters are counted in this one, without the rows: it has all that decides whether a session is listed.
            models.Index(
                fields=["owner", "-last_updated", "-id", "trashed_at", "deleted_at"],
                name="session_list_updated",
                condition=Q(trashed_at__isnull=True),
            ),
            _list_index("-created_at", name="session_list_created"),
            _list_index("-last_accessed", name="session_list_accessed"),
            _list_index("-total_size", name="session_list_size"),
            _list_index("-duration_ms", name="session_list_duration"),
            _list_index("stage", "-last_updated", name="session_list_stage"),
            models.Index(
                fields=["owner", "-last_updated", "-id"],
                name="session_list_stale",
                condition=Q(trashed_at__isnull=True, has_stale=True),
            ),
            # Used by the trash page.
            models.Index(
                fields=["owner", "-trashed_at", "-id"],
                name="session_trash_list",
                condition=Q(trashed_at__isnull=False),
            ),
            # Used by the admin site.
            models.Index(fields=["-last_updated", "-id"], name="session_updated"),
            # Used by the task that reads texts.
            models.Index(fields=["id"], name="session_unread_texts", condition=Q(has_unread_texts=True)),
            # Used by the task that reads media.
            models.Index(fields=["id"], name="session_unread_media", condition=Q(has_unread_media=True)),
            # Used by the task that makes derivatives.
            models.Index(
                fields=["id"], name="session_missing_derivatives", condition=Q(has_missing_derivatives=True)
            ),
            # Used by the task that makes light copies.
            models.Index(
                fields=["id"], name="session_missing_proxies", condition=Q(has_missing_proxies=True)
            ),
            # Used by collect_garbage.
            models.Index(fields=["trashed_at"], name="session_trash", condition=Q(trashed_at__isnull=False)),
            models.Index(
                fields=["deleted_at"], name="session_deleted", condition=Q(deleted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_trashed(self) -> bool:
        return self.trashed_at is not None

    def copy_values(self, row: DubbingSession) -> None:
        """Take the values of the same row, which was read later."""
        for field in self._meta.concrete_fields:
            setattr(self, field.attname, getattr(row, field.attname))
        self.current = row.current

    def touch(self, *, now: datetime) -> None:
        """Record that the session was opened; never move the time backwards."""
        type(self).objects.filter(pk=self.pk, last_accessed__lt=now).update(last_accessed=now)
        self.last_accessed = max(self.last_accessed, now)

    # Transitions. Each also maintains the owner's totals and the rows for filters and search.

    @transaction.atomic
    def insert(self) -> None:
        """Write a new session."""
        self.save(force_insert=True)
        self.write_search_rows(None)
        OwnerTotals.objects.change(self.owner_id, session_count=1)

    @transaction.atomic
    def trash(self, *, now: datetime) -> bool:
        """Move the session to the trash; return False if it already was there."""
        changed = type(self).objects.filter(pk=self.pk, trashed_at__isnull=True).update(trashed_at=now)
        if changed:
            SessionLanguage.objects.filter(session_id=self.pk).delete()
            OwnerTotals.objects.change(self.owner_id, session_count=-1)
        return changed == 1

    @transaction.atomic
    def untrash(self, *, name: str, folded_name: str) -> bool:
        """Restore the session from the trash; return False if it was not there.

        :param name: one that is free.
        """
        rows = type(self).objects.filter(pk=self.pk).trashed()
        if not rows.update(trashed_at=None, name=name, folded_name=folded_name, has_unread_texts=True):
            return False
        self.refresh_from_db()
        self.write_search_rows(
            self.versions.defer("document", "texts").filter(pk=self.current_id or 0).first()
        )
        OwnerTotals.objects.change(self.owner_id, session_count=1)
        return True

    @transaction.atomic
    def rename(self, *, name: str, folded_name: str, previous_name: str) -> bool:
        """Give the session another name.

        :returns: False if it has another one than ``previous_name``, or is in the trash.
        """
        rows = type(self).objects.filter(pk=self.pk, name=previous_name, trashed_at__isnull=True)
        if not rows.update(name=name, folded_name=folded_name, has_unread_texts=True):
            return False
        self.refresh_from_db()
        self.write_search_rows(
            self.versions.defer("document", "texts").filter(pk=self.current_id or 0).first()
        )
        return True

    def advance(self, version: Version, *, parent_id: int | None, stored_size: int, now: datetime) -> bool:
        """Set the current version if it is still ``parent_id``; return whether it was.

        The session must have been read in the current transaction, with its row locked.

        :param stored_size: bytes that the new versions added.
        """
        assert connection.in_atomic_block
        last_accessed = max(self.last_accessed, now)
        changed = (
            type(self)
            .objects.filter(pk=self.pk, current_id=parent_id)
            .update(
                current_id=version.pk,
                total_size=version.total_size,
                stage=version.stage,
                has_stale=version.has_stale,
                has_unread_texts=True,
                has_unread_media=True,
                last_updated=now,
                last_accessed=last_accessed,
            )
        )
        if changed:
            self.current = version
            self.total_size, self.stage = version.total_size, version.stage
            self.has_stale = version.has_stale
            self.last_updated, self.last_accessed = now, last_accessed
            self.write_search_rows(version)
            OwnerTotals.objects.change(self.owner_id, stored_size=stored_size)
        return changed == 1

    @transaction.atomic
    def purge(self) -> None:
        """Delete the session, which is locked by the caller, with all its versions."""
        stored_size = derived_size = 0  # what is deleted permanently counts no longer
        if self.deleted_at is None:
            derived_size = self.derived_size
            stored_size = self.versions.aggregate(size=models.Sum("stored_size"))["size"] or 0
        owner_id, was_live = self.owner_id, not self.is_trashed
        self.delete()
        OwnerTotals.objects.change(
            owner_id, session_count=-int(was_live), stored_size=-stored_size, derived_size=-derived_size
        )

    def write_search_rows(self, version: Version | None) -> None:
        """Write the rows by which the session is found, from its current version."""
        text = join_names(self.folded_name, version.folded_video_name if version else "")
        SessionText.objects.write(session_id=self.pk, owner_id=self.owner_id, text=text)
        tags = version.languages if version and not self.is_trashed else []
        SessionLanguage.objects.replace(session_id=self.pk, owner_id=self.owner_id, tags=tags)
