"""Possible readings of an archive's names, for a person to choose from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_core.zips.central_directory import CentralEntry, read_entries
from dubbing_core.zips.end_records import read_central_directory
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.limits import ArchiveLimits
from dubbing_core.zips.name_encodings import NameReading
from dubbing_core.zips.source import RangeSource

PLAUSIBLE = frozenset({"Lu", "Ll", "Lo", "Lm", "Mn", "Mc", "Nd", "Zs", "Pd", "Pc", "Ps", "Pe", "Po"})
"""Unicode categories of characters that people use in names."""


@dataclass(frozen=True, kw_only=True)
class ReadNames:
    """All names of an archive in one reading."""

    reading: NameReading
    changed: Sequence[str]
    """Names, as they would become, that differ from their stored form or are not ASCII; in the archive's order."""


def list_name_readings(source: RangeSource, limits: ArchiveLimits) -> list[ReadNames]:
    """Return the readings in which all names are valid, the most plausible first.

    Where the names only have backslashes, that is one.

    :raises ZipError: the archive is damaged or hostile, whatever its names.
    """
    directory = read_central_directory(source, limits)
    found = []
    for reading in NameReading:
        try:
            entries = read_entries(directory, limits, reading=reading)
        except ZipError as error:
            if not error.code.startswith("zip_name_"):
                raise
            continue
        found.append(ReadNames(reading=reading, changed=_list_changed(entries)))
        if reading is NameReading.UTF_8:
            return found
    return sorted(found, key=_count_implausible)


def _list_changed(entries: Sequence[CentralEntry]) -> list[str]:
    return [entry.name for entry in entries if not entry.raw.isascii() or entry.raw != entry.name.encode()]


def _count_implausible(names: ReadNames) -> int:
    """Return the number of characters that the names of a person rarely contain."""
    return sum(_rate_name(name) for name in names.changed)


def _rate_name(name: str) -> int:
    scripts = {
        _find_script(character) for character in name if character.isalpha() and not character.isascii()
    }
    unlikely = sum(
        not character.isascii()
        and (
            unicodedata.category(character) not in PLAUSIBLE or "HALFWIDTH" in unicodedata.name(character, "")
        )
        for character in name
    )
    # Names mix few scripts; Japanese ones have three.
    mixed = len(scripts - {"CJK", "HIRAGANA", "KATAKANA"}) > 1
    is_japanese = bool(scripts & {"HIRAGANA", "KATAKANA"})
    return 2 * unlikely + 2 * mixed - is_japanese


def _find_script(character: str) -> str:
    """Return the first word of the character's name, such as LATIN or CJK."""
    return unicodedata.name(character, "").partition(" ")[0]
