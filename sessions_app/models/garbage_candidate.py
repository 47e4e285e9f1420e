"""Candidates of garbage collection."""

from __future__ import annotations

from typing import Any

from django.db import models

from sessions_app.models.bulk import insert_selected


class GarbageCandidateManager(models.Manager["GarbageCandidate"]):
    def record(self, references: models.QuerySet[Any]) -> None:
        """Record the blobs of rows that the current transaction deletes."""
        blobs = references.filter(blob__isnull=False).order_by().values("blob_id").distinct()
        insert_selected(GarbageCandidate, "blob_id", blobs)


class GarbageCandidate(models.Model):
    """A blob that lost a reference.

    Written in the transaction that deletes the reference; garbage collection finds out whether others remain. A log
    without constraints: a blob may have several rows, and concurrent deletions never wait for each other.
    """

    blob = models.ForeignKey(
        "sessions_app.Blob", on_delete=models.CASCADE, related_name="+", db_constraint=False
    )

    objects = GarbageCandidateManager()

    def __str__(self) -> str:
        return f"blob {self.blob_id}"
