"""Selection of a version's files as a value: equal ones give equal archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.enums import StrEnum
from dubbing_core.manifest import ManifestEntry
from dubbing_core.selected_cells import ALL_LANGUAGES, SEPARATOR, CellError, SelectedCell, describe_cells
from dubbing_core.sentences import join, sentence

HISTORY_SUFFIX = "history"
SAVED_SUFFIX = "as_saved"


class FolderLayout(StrEnum):
    """Paths of the files in an export or a load."""

    SESSION = "session"
    """The session's tree, as the original session manager expects it."""
    SAVED = "saved"
    """The paths as saved, so that a tool finds its own folder again."""

    @property
    def label(self) -> str:
        return sentence("As saved") if self is FolderLayout.SAVED else sentence("Session folders")


class SelectionError(ValueError):
    """The selection is invalid. The message is shown to the user who made it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Part of a version, by default all of it, and the paths of its files.

    Created by :meth:`from_choices`, which normalizes equal choices.
    """

    categories: tuple[Category, ...] = ()
    """Selected categories in the order of `Category`; empty for all."""
    languages: tuple[str, ...] = ()
    """Selected languages, sorted; empty for all. Files without a language are always included."""
    without_source: bool = False
    history: bool = False
    """Include all versions up to the exported one."""
    layout: FolderLayout = FolderLayout.SESSION
    cells: tuple[SelectedCell, ...] = ()
    """Cells beside the categories and languages, sorted; alone, only their files are selected."""

    @classmethod
    def from_choices(
        cls,
        *,
        categories: Iterable[str] = (),
        languages: Iterable[str] = (),
        without_source: bool = False,
        history: bool = False,
        layout: str = FolderLayout.SESSION,
        cells: Iterable[str] = (),
    ) -> Selection:
        """Validate the choices and return their normal form.

        :raises SelectionError: `selection_category`, unknown category; `selection_source`, the source is both selected
            and excluded; `selection_history`, a part of the history is selected; `selection_cell`, no cell.
        """
        selected = set(categories)
        if unknown := sorted(selected - set(Category)):
            choices = ", ".join(category.value for category in Category)
            raise SelectionError(
                "selection_category",
                sentence(
                    "There is no category “%(unknown)s”. Choose among %(choices)s.",
                    unknown=unknown[0],
                    choices=choices,
                ),
            )
        if without_source:
            if selected == {Category.ORIGINAL_VIDEO}:
                raise SelectionError(
                    "selection_source",
                    sentence("The original video is both selected and excluded. Choose one of the two."),
                )
            selected -= {Category.ORIGINAL_VIDEO}
        elif selected == set(Category):
            selected = set()
        if selected == set(Category) - {Category.ORIGINAL_VIDEO}:
            selected, without_source = set(), True
        elif selected:
            without_source = False  # the categories imply it
        try:
            selected_cells = sorted({SelectedCell.parse(text) for text in cells})
        except CellError as error:
            raise SelectionError("selection_cell", str(error)) from error
        selection = cls(
            categories=tuple(category for category in Category if category in selected),
            languages=tuple(sorted({language for language in languages if language})),
            without_source=without_source,
            history=history,
            layout=FolderLayout(layout),
            cells=tuple(selected_cells),
        )
        if history and selection.is_partial:
            raise SelectionError(
                "selection_history",
                sentence(
                    "The full history includes all files of all versions. Choose it alone, or choose parts of "
                    "one version."
                ),
            )
        return selection

    @classmethod
    def from_names(cls, names: Iterable[str]) -> Selection:
        """Return the selection of categories, languages and cells.

        Such as `audio`, `hi` and `fr:audio`. A name that is not a category is a language.
        """
        stripped = {name.strip() for name in names} - {""}
        categories = stripped & set(Category)
        cells = {name for name in stripped if SEPARATOR in name}
        return cls.from_choices(categories=categories, languages=stripped - categories - cells, cells=cells)

    @property
    def is_partial(self) -> bool:
        """Return whether files of the version are left out."""
        return self.has_area or bool(self.cells)

    @property
    def has_area(self) -> bool:
        """Return whether categories or languages are chosen."""
        return bool(self.categories or self.languages or self.without_source)

    @property
    def text_languages(self) -> tuple[str, ...]:
        """Languages whose texts the metadata has; empty for all."""
        tags = {*self.languages, *(cell.language for cell in self.cells)}
        if ALL_LANGUAGES in tags or (self.has_area and not self.languages):
            return ()
        return tuple(sorted(tags - {""}))

    @property
    def is_default(self) -> bool:
        """Return whether this is all of one version in the session's tree."""
        return self == WHOLE_VERSION

    def includes(self, category: Category, language: str) -> bool:
        """Return whether a file of this category and language is selected."""
        if any(cell.includes(category, language) for cell in self.cells):
            return True
        if self.cells and not self.has_area:
            return False
        if self.without_source and category is Category.ORIGINAL_VIDEO:
            return False
        if self.categories and category not in self.categories:
            return False
        return not self.languages or language in ("", *self.languages)

    def filter_entries(self, entries: Iterable[ManifestEntry]) -> tuple[ManifestEntry, ...]:
        """Return the selected entries, in their order.

        The session's own metadata.json has texts of all categories and languages, so it is in no part by category or language.
        """
        has_metadata = not self.categories and not self.languages and not self.cells
        return tuple(
            entry
            for entry in entries
            if self.includes(entry.category, entry.language) and (has_metadata or not entry.is_metadata)
        )

    @property
    def label(self) -> str:
        """Description for people; "" for the whole version."""
        part = self._part_label
        if self.layout is FolderLayout.SAVED:
            return sentence("%(part)s, as saved", part=part) if part else FolderLayout.SAVED.label
        return part

    @property
    def _part_label(self) -> str:
        if self.history:
            return sentence("All versions")
        parts: list[str] = []
        if self.categories or self.languages:
            parts = [
                category.noun if index else category.label for index, category in enumerate(self.categories)
            ]
            text = join(parts, ", ") if parts else sentence("All")
            if self.languages:
                text = sentence("%(what)s in %(languages)s", what=text, languages=", ".join(self.languages))
            parts = [text]
        if self.without_source:
            parts.append(
                sentence("without the original video") if parts else sentence("Without the original video")
            )
        parts += describe_cells(self.cells, is_start=not parts)
        return join(parts, ", ") if parts else ""

    @property
    def filename_suffix(self) -> str:
        """Identification in the archive's file name; "" for the default."""
        parts = [*(category.value for category in self.categories), *self.languages]
        parts += [str(cell).replace(SEPARATOR, "_").strip("*_") for cell in self.cells]
        parts += ["without_source"] if self.without_source else []
        parts += [HISTORY_SUFFIX] if self.history else []
        return "_".join([*parts, *([SAVED_SUFFIX] if self.layout is FolderLayout.SAVED else [])])

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that differ from the default: `{}` for the whole version."""
        fields: dict[str, Any] = {}
        if self.categories:
            fields["categories"] = [category.value for category in self.categories]
        if self.languages:
            fields["languages"] = list(self.languages)
        if self.without_source:
            fields["without_source"] = True
        if self.history:
            fields["history"] = True
        if self.layout is not FolderLayout.SESSION:
            fields["layout"] = self.layout.value
        if self.cells:
            fields["cells"] = [str(cell) for cell in self.cells]
        return fields

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Selection:
        """Read the result of :meth:`as_dict`."""
        return cls.from_choices(**fields)


WHOLE_VERSION = Selection()
