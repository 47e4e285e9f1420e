"""Choice of single sessions of a ZIP, by the preview of its import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dubbing_client.errors import UsageError
from dubbing_core.paths import list_for_message
from dubbing_core.session_names import fold_session_name


@dataclass(frozen=True)
class ImportChoice:
    """What the user has chosen of a ZIP's sessions."""

    only: Sequence[str] = ()
    """Names or folders of the sessions to import; all if there are none."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Name or folder of a session -> its new name."""

    def __bool__(self) -> bool:
        return bool(self.only or self.renamed)

    def find_sessions(self, preview: Mapping[str, Any]) -> list[dict[str, str]]:
        """Return the sessions to import as the API expects them: ``folder`` and ``name``.

        :param preview: of an import of everything.
        :raises UsageError: a name fits no session of the ZIP, or several.
        """
        names: dict[str, str] = {row["folder"]: row["requested_name"] for row in preview["sessions"]}
        folders = {**names, **{row["folder"]: "" for row in preview["other_folders"]}}
        new_names = {_find_folder(folders, old): new for old, new in self.renamed.items()}
        chosen = dict.fromkeys(_find_folder(folders, name) for name in self.only)
        if not chosen:
            if preview["session_count"] > len(names):
                raise UsageError(
                    f"The ZIP contains {preview['session_count']:,} sessions. Name those to import with --only."
                )
            chosen = dict.fromkeys([*names, *new_names])
        if unused := [folder for folder in new_names if folder not in chosen]:
            raise UsageError(f"{list_for_message(unused)} is renamed, but not imported: add it with --only.")
        return [{"folder": folder, "name": new_names.get(folder, "")} for folder in chosen]


def _find_folder(names: Mapping[str, str], text: str) -> str:
    """Return the folder of the session with this name or folder.

    :raises UsageError: there is none, or several have this name.
    """
    folder = text.strip("/") + "/"
    if folder in names:
        return folder
    found = [each for each, name in names.items() if fold_session_name(name) == fold_session_name(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"“{text}” is the name of {len(found)} sessions of the ZIP. Use the folder: {list_for_message(found)}."
        )
    known = [name or each for each, name in names.items()]
    raise UsageError(f"The ZIP contains no session “{text}”. It contains {list_for_message(known)}.")
