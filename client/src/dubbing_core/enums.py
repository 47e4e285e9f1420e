"""`StrEnum` for Python 3.10; `enum.StrEnum` requires 3.11."""

from __future__ import annotations

from enum import Enum


class StrEnum(str, Enum):
    """Enumeration whose members are strings and print as their values."""

    __str__ = str.__str__

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)
