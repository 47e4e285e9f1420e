"""Conversion and completion of command line arguments."""

from __future__ import annotations

from argparse import Action, ArgumentParser, ArgumentTypeError
from pathlib import Path

from dubbing_client.errors import FolderError
from dubbing_client.folder import Folder
from dubbing_core.selected_cells import SEPARATOR, CellError, SelectedCell

PARTS_HELP = "categories, languages, and categories in one language: audio,hi,fr:translations"
DIRECTORY = "directory"
FILE = "file"
SESSION = {
    "bash": "_dubs_session_names",
    "zsh": "_dubs_session_names",
    "fish": "(dubs list --names 2>/dev/null)",
}
"""Kinds of completion, as shtab expects them in an action's ``complete``."""


def completed_by(action: Action, kind: str | dict[str, str]) -> None:
    """Set what a shell offers for an argument."""
    vars(action)["complete"] = kind


def declare_skip_unrepresentable(command: ArgumentParser) -> None:
    command.add_argument(
        "--skip-unrepresentable",
        action="store_true",
        help="save without files whose names are not valid Unicode or too long, without asking; the version records them",
    )


def declare_hidden(command: ArgumentParser, text: str) -> None:
    command.add_argument("--hidden", action="store_true", help=text)


def version_number(text: str) -> int:
    """Parse a version's number: 3, or v3."""
    version = int(text.lstrip("v"))
    if version < 1:
        raise ArgumentTypeError("versions are numbered from 1")
    return version


def positive_number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be 1 or more")
    return number


def seconds(text: str) -> float:
    count = float(text)
    if not 0 <= count < float("inf"):
        raise ArgumentTypeError("must be 0 or more")
    return count


def names(text: str) -> list[str]:
    """Parse names separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def parts(text: str) -> list[str]:
    """Parse categories, languages and cells: audio,hi,fr:translations."""
    found = names(text)
    for name in found:
        if SEPARATOR in name:
            try:
                SelectedCell.parse(name)
            except CellError as error:
                raise ArgumentTypeError(str(error)) from error
    return found


def existing_folder(path: Path) -> Folder:
    """Return a folder.

    :raises FolderError: it does not exist.
    """
    if not path.is_dir():
        raise FolderError(f"{path} is not a folder.")
    return Folder(path)
