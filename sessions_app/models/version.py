"""Versions."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from dubbing_core.change_summary import ChangeSummary
from dubbing_core.left_out import LeftOut, parse_left_out
from dubbing_core.progress import Progress, Stage, correct_stage
from dubbing_core.progress_matrix import ProgressMatrix
from dubbing_core.stored_matrix import has_stale_cell, read_matrix
from dubbing_core.timeline.session_texts import fill_document

LANGUAGE_TAGS_LENGTH = 2000


class Version(models.Model):
    """An immutable saved state of a session, numbered 1, 2, 3 ...

    Denormalized columns serve lists and searches.
    """

    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    original_author = models.CharField(
        max_length=150, blank=True, help_text="Author in the portal that the version was imported from."
    )
    message = models.CharField(max_length=500, blank=True)
    restored_from = models.PositiveIntegerField(
        null=True, blank=True, help_text="Number of the restored version."
    )
    document = models.TextField(
        help_text="metadata.json with paths relative to the session, as JSON text to preserve order."
    )
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the canonical manifest and metadata.")
    file_count = models.PositiveIntegerField()
    empty_file_count = models.PositiveIntegerField(default=0, help_text="Number of files without bytes.")
    total_size = models.PositiveBigIntegerField(help_text="In bytes.")
    stored_size = models.PositiveBigIntegerField(
        help_text="Bytes of blobs that earlier versions of the session do not have."
    )
    history_size = models.PositiveBigIntegerField(
        default=0, help_text="Bytes of the blobs of this version and all earlier ones, each counted once."
    )
    history_blob_count = models.PositiveIntegerField(
        default=0, help_text="Number of the blobs of this version and all earlier ones."
    )
    file_groups = models.JSONField(
        default=list,
        blank=True,
        help_text="Category, language, number of files and bytes of each group of files.",
    )
    changes = models.JSONField(
        default=dict,
        blank=True,
        help_text="Number, bytes and first paths of the files of each kind of change.",
    )
    empty_folders = models.JSONField(
        default=list, blank=True, help_text="Paths of folders without files in the saved folder."
    )
    left_out = models.JSONField(
        default=dict,
        blank=True,
        help_text="Number and first names of files that the save left out, because no session can represent them.",
    )
    video_name = models.CharField(max_length=255, blank=True)
    folded_video_name = models.CharField(
        max_length=765, blank=True, help_text="Video name in the form used for comparison."
    )
    language_tags = models.CharField(
        max_length=LANGUAGE_TAGS_LENGTH, blank=True, help_text="BCP-47 tags, each surrounded by spaces."
    )
    stage = models.CharField(max_length=20, choices=[(stage.value, stage.label) for stage in Stage])
    has_transcription = models.BooleanField()
    has_translations = models.BooleanField()
    has_audio = models.BooleanField()
    has_videos = models.BooleanField()

    matrix = models.JSONField(
        default=dict, blank=True, help_text="Progress of each target language and step, and what is stale."
    )
    input_history = models.JSONField(
        default=dict, blank=True, help_text="Versions in which the inputs of results changed, with digests."
    )

    has_media_facts = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether progress was computed with the facts of all its media.",
    )
    texts = models.JSONField(
        default=dict, blank=True, help_text="Texts of the files that the document has no own ones for."
    )
    texts_digest = models.CharField(
        max_length=16, blank=True, help_text="Of `texts`; empty until the files were read."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="version_number_is_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_numbers_start_at_1"),
            models.CheckConstraint(
                condition=Q(stage__in=[stage.value for stage in Stage]), name="version_stage_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session.name} v{self.number}"

    @property
    def metadata(self) -> dict[str, Any]:
        """The document as saved, on which later versions build."""
        document: dict[str, Any] = json.loads(self.document)
        return document

    @property
    def complete_metadata(self) -> dict[str, Any]:
        """The document with the texts of the files where it has none.

        Where results are stale, "completed" is replaced by the stage of the pages. Pages, exports and loads of whole versions use it.
        """
        deferred = {"document", "texts", "matrix", "stage"} & self.get_deferred_fields()
        if "document" in deferred:
            self.refresh_from_db(fields=sorted(deferred))  # by one query
        document = fill_document(self.metadata, self.texts)
        matrix = self.progress_matrix
        return correct_stage(document, Stage(self.stage)) if matrix and matrix.has_stale else document

    @property
    def has_read_texts(self) -> bool:
        """Whether the files' texts were read, which happens after the commit."""
        return bool(self.texts_digest)

    @property
    def saved_by(self) -> str:
        """The author's name, or "" if unknown."""
        return self.created_by.get_username() if self.created_by else self.original_author

    @property
    def left_out_files(self) -> LeftOut:
        return parse_left_out(self.left_out)

    @property
    def languages(self) -> list[str]:
        return self.language_tags.split()

    @property
    def change_summary(self) -> ChangeSummary:
        """What the version changed in the one before it."""
        return ChangeSummary.from_dict(self.changes)

    @property
    def progress_matrix(self) -> ProgressMatrix | None:
        """Progress by language; None for versions saved before it was stored."""
        return read_matrix(self.matrix) if self.matrix else None

    @property
    def has_stale(self) -> bool:
        """Whether results must be made again, as far as progress is stored."""
        return has_stale_cell(self.matrix)

    @property
    def progress(self) -> Progress:
        return Progress(
            has_transcription=self.has_transcription,
            has_translations=self.has_translations,
            has_audio=self.has_audio,
            has_videos=self.has_videos,
        )

    @staticmethod
    def join_tags(tags: list[str]) -> str:
        """Return language tags as stored: `` hi en ``, so that a plain ``LIKE`` finds one.

        Imported metadata may contain invalid tags, or hundreds of them; those that do not fit stay in the document only.
        """
        joined = " "
        for tag in tags:
            if tag.split() == [tag] and len(joined) + len(tag) < LANGUAGE_TAGS_LENGTH:
                joined += f"{tag} "
        return joined if joined != " " else ""
