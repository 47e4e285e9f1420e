"""Which part of a session an export holds, as a value: equal selections of one version give equal archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.manifest import ManifestEntry

HISTORY_SUFFIX = "history"


class SelectionError(ValueError):
    """A selection that cannot be made. Its message is a sentence for the person who made it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Selection:
    """By default the whole of one version. Made by `of`, so that one selection has one value."""

    categories: tuple[Category, ...] = ()
    """Those that are wanted, in the order of the pipeline; none named: all."""
    languages: tuple[str, ...] = ()
    """Those that are wanted, sorted; none named: all. Files that belong to no language are always wanted."""
    without_source: bool = False
    history: bool = False
    """All versions up to the exported one, not only that."""

    @classmethod
    def from_choices(
        cls,
        *,
        categories: Iterable[str] = (),
        languages: Iterable[str] = (),
        without_source: bool = False,
        history: bool = False,
    ) -> Selection:
        """Bring what was asked for into its one form.

        :raises SelectionError: `selection_category`, there is no such category; `selection_source`, the source is wanted and
            not wanted; `selection_history`, history is asked for in part.
        """
        wanted = set(categories)
        if unknown := sorted(wanted - set(Category)):
            known = ", ".join(category.value for category in Category)
            raise SelectionError(
                "selection_category", f"There is no category “{unknown[0]}”. Choose among {known}."
            )
        if without_source:
            if wanted == {Category.ORIGINAL_VIDEO}:
                raise SelectionError(
                    "selection_source",
                    "The original video alone, and without it, is nothing. Choose one of the two.",
                )
            wanted -= {Category.ORIGINAL_VIDEO}
        elif wanted == set(Category):
            wanted = set()
        if wanted == set(Category) - {Category.ORIGINAL_VIDEO}:
            wanted, without_source = set(), True
        elif wanted:
            without_source = False  # said by the categories
        made = cls(
            categories=tuple(category for category in Category if category in wanted),
            languages=tuple(sorted({language for language in languages if language})),
            without_source=without_source,
            history=history,
        )
        if history and made.is_partial:
            raise SelectionError(
                "selection_history",
                "The full history holds everything of every version. Choose it alone, or choose parts of one version.",
            )
        return made

    @property
    def is_partial(self) -> bool:
        """Whether files of the version are left out."""
        return bool(self.categories or self.languages or self.without_source)

    @property
    def is_whole(self) -> bool:
        """Whether this is one version, all of it."""
        return not self.is_partial and not self.history

    def includes(self, category: Category, language: str) -> bool:
        """Whether a file of this category and language is wanted."""
        if self.without_source and category is Category.ORIGINAL_VIDEO:
            return False
        if self.categories and category not in self.categories:
            return False
        return not self.languages or language in ("", *self.languages)

    def filter_entries(self, entries: Iterable[ManifestEntry]) -> tuple[ManifestEntry, ...]:
        return tuple(entry for entry in entries if self.includes(entry.category, entry.language))

    @property
    def label(self) -> str:
        """What it is, for people; "" for the whole version."""
        if self.history:
            return "All versions"
        parts = [category.label for category in self.categories]
        named = ", ".join([*parts[:1], *(part.lower() for part in parts[1:])]) or (
            "All" if self.languages else ""
        )
        if self.languages:
            named += f" in {', '.join(self.languages)}"
        if self.without_source:
            named += ", without the original video" if named else "Without the original video"
        return named

    @property
    def filename_suffix(self) -> str:
        """What tells an archive's name from that of the whole version; "" for that one."""
        if self.history:
            return HISTORY_SUFFIX
        parts = [*(category.value for category in self.categories), *self.languages]
        return "_".join([*parts, *(["without_source"] if self.without_source else [])])

    def as_dict(self) -> dict[str, Any]:
        """Only what differs from the default, so that the whole version is `{}`."""
        told: dict[str, Any] = {}
        if self.categories:
            told["categories"] = [category.value for category in self.categories]
        if self.languages:
            told["languages"] = list(self.languages)
        if self.without_source:
            told["without_source"] = True
        if self.history:
            told["history"] = True
        return told

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Selection:
        """Read what :meth:`as_dict` wrote."""
        return cls.from_choices(**told)


WHOLE_VERSION = Selection()
