"""What of a version is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_client.objects import Entry

CATEGORIES = (
    "original_video",
    "transcriptions",
    "translations",
    "voices",
    "audio",
    "custom_voices",
    "final_videos",
    "mixed_videos",
    "other",
)


@dataclass(frozen=True)
class Selection:
    """Nothing named: all of it. Files of no language go with every language."""

    categories: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Sequence[str]) -> Selection:
        """Sort names into categories and languages."""
        wanted = frozenset(name.strip() for name in names if name.strip())
        categories = frozenset(name for name in wanted if name in CATEGORIES)
        return cls(categories=categories, languages=wanted - categories)

    def takes(self, entry: Entry) -> bool:
        return (not self.categories or entry["category"] in self.categories) and (
            not self.languages or not entry["language"] or entry["language"] in self.languages
        )

    def __bool__(self) -> bool:
        return bool(self.categories or self.languages)
