"""Cells of the progress matrix as parts of a version.

A cell is a category in one language.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dubbing_core.categories import Category
from dubbing_core.languages import TAG_LENGTH_LIMIT, fold_language_tag
from dubbing_core.sentences import join_with_and, sentence

ALL_LANGUAGES = "*"
SEPARATOR = ":"


class CellError(ValueError):
    """A text names no cell. The message is shown to the user who wrote it."""


@dataclass(frozen=True, order=True, slots=True)
class SelectedCell:
    """Files of a category in one language."""

    language: str
    """Folded; "" for files without a language, `ALL_LANGUAGES` for all."""
    category: Category

    @classmethod
    def parse(cls, text: str) -> SelectedCell:
        """Return the cell that a text such as ``hi:audio`` names.

        :raises CellError: there is no such category.
        """
        language, separator, name = text.strip().partition(SEPARATOR)
        if not separator or name not in set(Category) or len(language) > TAG_LENGTH_LIMIT:
            raise CellError(
                sentence(
                    "“%(text)s” is no cell. Write a language and a category, such as hi:audio. Categories: "
                    "%(categories)s.",
                    text=text,
                    categories=", ".join(Category),
                )
            )
        return cls(fold_language_tag(language), Category(name))

    def includes(self, category: Category, language: str | None) -> bool:
        """Return whether the cell has files of a category and language.

        :param language: None for a value that belongs to no language.
        """
        if category is not self.category:
            return False
        if self.language == ALL_LANGUAGES:
            return True
        return language is not None and fold_language_tag(language) == self.language

    def __str__(self) -> str:
        return f"{self.language}{SEPARATOR}{self.category.value}"


def find_shared_cells(
    *, present: Collection[SelectedCell], counted: Iterable[SelectedCell]
) -> set[SelectedCell]:
    """Return the cells that have files only in common with other languages.

    Files without a language may have several, and count for each.

    :param present: labels of files.
    :param counted: cells of the progress with files.
    """
    return {
        cell
        for cell in counted
        if cell.language not in {"", ALL_LANGUAGES}
        and cell not in present
        and SelectedCell("", cell.category) in present
    }


def describe_cells(cells: Iterable[SelectedCell], *, is_start: bool = False) -> list[str]:
    """Return for example `audio in hi and fr`, by category.

    :param is_start: of a text, whose first letter is a capital.
    """
    languages: dict[Category, list[str]] = {}
    for cell in sorted(cells, key=lambda cell: (list(Category).index(cell.category), cell.language)):
        languages.setdefault(cell.category, []).append(cell.language)
    return [
        _describe(category.label if is_start and not index else category.noun, tags)
        for index, (category, tags) in enumerate(languages.items())
    ]


def _describe(name: str, languages: list[str]) -> str:
    if ALL_LANGUAGES in languages:
        return name
    tags = [tag or sentence("no language") for tag in languages]
    return sentence("%(what)s in %(languages)s", what=name, languages=join_with_and(tags))
