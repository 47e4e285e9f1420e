from __future__ import annotations

from collections.abc import Sequence

from dubbing_client.errors import DubsError
from dubbing_core.paths import escape_for_message
from dubbing_core.zips.errors import ZipError
from dubbing_core.zips.name_readings import ReadNames

CLASS_OPTIONS = {
    "hidden": "ProjectSessionManager(allow_hidden=True)",
    "invisible": "ProjectSessionManager(allow_invisible=True)",
}
"""What permits to load names as in `UnsafeNamesError`."""


class SessionError(DubsError):
    """An operation on a session is not possible.

    The message is a sentence for the user.
    """

    code = "session"


class NameReadingError(SessionError):
    """The names in a ZIP can only be read in a reading that the user has confirmed."""

    code = "zip_name_reading"

    def __init__(self, error: ZipError, readings: Sequence[ReadNames]) -> None:
        problem = str(error).partition(". ")[0]
        examples = ", ".join(f"{each.reading.value} for {describe_reading(each)}" for each in readings)
        super().__init__(
            f"{problem}. Import it with the reading that shows its names right: {examples}. It is an option: "
            f'ProjectSessionManager(reading="{readings[0].reading.value}").'
        )
        self.readings = readings
        """The most plausible first."""


def describe_reading(names: ReadNames) -> str:
    """Return the first name as it would become."""
    return f"“{escape_for_message(names.changed[0])}”"
