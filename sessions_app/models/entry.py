"""Entries of versions."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext

from dubbing_core.categories import Category
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.selected_cells import ALL_LANGUAGES, SelectedCell
from dubbing_core.selection import Selection


class EntryQuerySet(models.QuerySet["Entry"]):
    def at(self, number: int) -> EntryQuerySet:
        """Return the entries of version ``number``."""
        return self.filter(Q(removed_in__isnull=True) | Q(removed_in__gt=number), added_in__lte=number)

    def selected(self, selection: Selection) -> EntryQuerySet:
        """Return the entries that the selection includes, as `Selection.includes` does."""
        area = Q()
        if selection.without_source:
            area &= ~Q(category=Category.ORIGINAL_VIDEO)
        if selection.categories:
            area &= Q(category__in=selection.categories)
        if selection.languages:
            area &= Q(language__in=["", *selection.languages])
        if not selection.cells:
            return self.filter(area)
        cells = reduce(or_, map(_build_condition, selection.cells))
        return self.filter(area | cells if selection.has_area else cells)

    def files(self) -> EntryQuerySet:
        """Return the entries without the session's own metadata.json.

        Pages neither list nor count it.
        """
        return self.exclude(role=Role.SESSION_METADATA)


def _build_condition(cell: SelectedCell) -> Q:
    """Return the condition of the files of a cell, however a tool spells the language."""
    category, tag = Q(category=cell.category), cell.language
    if tag == ALL_LANGUAGES:
        return category
    return category & (Q(language__iexact=tag) | Q(language__iexact=tag.replace("-", "_")))


class Entry(models.Model):
    """A path with its blob, in versions from ``added_in`` until before ``removed_in``."""

    session = models.ForeignKey(
        "sessions_app.DubbingSession", on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    path = models.CharField(max_length=1024, help_text="Path in the saved folder.")
    blob = models.ForeignKey(
        "sessions_app.Blob", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    category = models.CharField(
        max_length=20, choices=[(category.value, category.label) for category in Category]
    )
    language = models.CharField(max_length=35, blank=True, help_text="BCP-47 tag.")
    role = models.CharField(max_length=20, blank=True, help_text="Use of the file within its category.")
    labeled_by = models.CharField(
        max_length=10,
        choices=[(author.value, author.value) for author in LabelAuthor],
        default=LabelAuthor.RECOGNIZER.value,
        help_text="Who set category, language and role.",
    )
    is_executable = models.BooleanField(default=False)
    mtime_ns = models.BigIntegerField(
        null=True, blank=True, help_text="Last modification in nanoseconds since 1970; empty if unknown."
    )
    added_in = models.PositiveIntegerField()
    content_since = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Version in which the session first had these bytes, if that is an earlier one.",
    )
    removed_in = models.PositiveIntegerField(null=True, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["session", "path", "added_in"], name="entry_added_once_per_version"
            ),
            models.UniqueConstraint(
                fields=["session", "path"],
                condition=Q(removed_in__isnull=True),
                name="entry_path_is_current_once",
            ),
            models.CheckConstraint(condition=Q(added_in__gte=1), name="entry_added_in_a_version"),
            models.CheckConstraint(
                condition=Q(removed_in__isnull=True) | Q(removed_in__gt=F("added_in")),
                name="entry_removed_after_added",
            ),
            models.CheckConstraint(
                condition=Q(category__in=[category.value for category in Category]),
                name="entry_category_is_known",
            ),
            models.CheckConstraint(
                condition=Q(labeled_by__in=[author.value for author in LabelAuthor]),
                name="entry_label_author_is_known",
            ),
        ]
        indexes = [
            # Used by the files of one category.
            models.Index(fields=["session", "category", "path"], name="entry_category_list"),
            # Which sessions have a blob is read from the index alone, for thousands of blobs at once.
            models.Index(fields=["blob", "session"], name="entry_blob_sessions"),
        ]

    def __str__(self) -> str:
        return gettext("{path} (from version {number})").format(path=self.path, number=self.added_in)
