"""Schema of what a person has chosen for an import."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.zips.name_encodings import NameReading
from sessions_app.operations.imports.request import ImportChoice

MAX_SESSIONS = 1000


class ChosenSession(BaseModel):
    model_config = ConfigDict(extra="forbid")

    folder: str = Field(max_length=1024)
    """Folder in the ZIP with its slash; "" for the root."""
    name: str = Field("", max_length=1000)
    """Name of the session; by default that of the folder."""


class ChosenImport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=1000)
    """Name of the session; by default that of the ZIP or of its folder."""
    reading: NameReading | None = None
    """Encoding of the ZIP's names that are not UTF-8; "utf-8" only reads backslashes as slashes."""
    sessions: list[ChosenSession] | None = Field(None, max_length=MAX_SESSIONS)
    """Folders to import, each as a session; by default all folders with a session's metadata.json."""

    def get_choice(self) -> ImportChoice:
        names = None if self.sessions is None else {each.folder: each.name for each in self.sessions}
        return ImportChoice(name=self.name, reading=self.reading, names_by_folder=names)
