from __future__ import annotations

from argparse import ArgumentParser
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils import timezone

from dubbing_core.paths import list_for_message
from dubbing_core.sizes import format_size
from sessions_app.management.errors import FULL, Error
from sessions_app.management.version_command import VersionCommand
from sessions_app.operations.loads import load_version


class Command(VersionCommand):
    help = "Restore a session's files into a folder, byte for byte, to continue working on them."
    verb = ("load", "loaded")

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        super().add_command_arguments(parser)
        parser.add_argument(
            "--to", required=True, type=Path, metavar="DIR", help="The folder; created if it does not exist."
        )
        parser.add_argument("--overwrite", action="store_true", help="Replace files with different contents.")
        parser.add_argument(
            "--allow-hidden", action="store_true", help="Load hidden files too, such as .git/config."
        )
        parser.add_argument(
            "--allow-invisible",
            action="store_true",
            help="Load names with invisible or bidirectional characters too.",
        )
        parser.add_argument(
            "--layout",
            choices=("saved", "session"),
            default="saved",
            help="Paths of the files: as they were when saved (default), or in the session's folders, as in an export.",
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        version = self.find_version(options)
        folder = options["to"].expanduser()
        try:
            _create_folder(folder)
            loaded = load_version(
                version=version,
                folder=folder,
                overwrite=options["overwrite"],
                now=timezone.now(),
                as_saved=options["layout"] == "saved",
                allow_hidden=options["allow_hidden"],
                allow_invisible=options["allow_invisible"],
            )
        except OSError as error:
            raise _translate_error(error, folder) from error
        return {
            "name": version.session.name,
            "version": version.number,
            "folder": str(folder),
            **asdict(loaded),
        }

    def describe(self, result: Any) -> str:
        text = (
            f"Loaded version {result['version']} of “{result['name']}” into {result['folder']}: "
            f"{result['written']} files, {format_size(result['size'])}."
        )
        if result["unchanged"]:
            text += f" {result['unchanged']} existed already."
        if result["renamed"]:
            names = list_for_message([f"{path} as {name}" for path, name in result["renamed"].items()])
            text += f" This system cannot hold all names: {names}."
        return text


def _create_folder(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir()
    if not folder.is_dir():
        raise Error(f"{folder} is a file. Name a folder.", code="output_is_file")


def _translate_error(error: OSError, folder: Path) -> Error:
    if isinstance(error, FileNotFoundError) and not folder.parent.is_dir():
        return Error(f"There is no folder {folder.parent}.", code="no_such_folder")
    if error.errno in FULL:
        return Error(f"There is no space left for {folder}. Nothing was changed.", code="disk_full")
    return Error(f"{folder} could not be written: {error.strerror}.", code="output_not_writable")
