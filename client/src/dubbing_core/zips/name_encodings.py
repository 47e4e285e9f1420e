"""Encodings of member names that are neither ASCII nor UTF-8."""

from __future__ import annotations

from dubbing_core.enums import StrEnum
from dubbing_core.sentences import sentence

READABLE_CODES = frozenset({"zip_name_absolute", "zip_name_backslash", "zip_name_encoding"})
"""Errors of names that another reading may avoid; `\\\\talk` is absolute, but its reading is refused again."""


class NameReading(StrEnum):
    """How a person wants the names of an archive to be read.

    In each of them a backslash separates folders.
    """

    UTF_8 = "utf-8"
    """For archives of Windows PowerShell 5, whose names only have backslashes."""
    CP437 = "cp437"
    CP850 = "cp850"
    CP866 = "cp866"
    SHIFT_JIS = "shift_jis"
    GBK = "gbk"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def codec(self) -> str:
        # Windows writes its extension of Shift-JIS.
        return "cp932" if self is NameReading.SHIFT_JIS else self.value


LABELS = {
    NameReading.UTF_8: sentence("UTF-8 with backslashes between folders"),
    NameReading.CP437: sentence("Western European (cp437, DOS and Windows in English)"),
    NameReading.CP850: "Western European (cp850)",
    NameReading.CP866: "Cyrillic (cp866)",
    NameReading.SHIFT_JIS: "Japanese (Shift-JIS)",
    NameReading.GBK: "Simplified Chinese (GBK)",
}
