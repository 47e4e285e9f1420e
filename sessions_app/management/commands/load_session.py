from __future__ import annotations

from argparse import ArgumentParser
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils import timezone

from dubbing_core.sizes import format_size
from sessions_app.management.errors import FULL, Error
from sessions_app.management.version_command import VersionCommand
from sessions_app.operations.loads.load import load_version


class Command(VersionCommand):
    help = "Put a session's files back into a folder, byte for byte, so that work on them can go on."
    verb = ("load", "loaded")

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        super().add_own_arguments(parser)
        parser.add_argument(
            "--to", required=True, type=Path, metavar="DIR", help="The folder; made if it is not there."
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="Replace files there that have other contents."
        )

        parser.add_argument(
            "--layout",
            choices=("saved", "session"),
            default="saved",
            help="Where files go: as they lay when they were saved (the default), or in the session's own folders, as in an export.",
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        version = self.version(options)
        folder = options["to"].expanduser()
        try:
            _make(folder)
            loaded = load_version(
                version=version,
                folder=folder,
                overwrite=options["overwrite"],
                now=timezone.now(),
                as_saved=options["layout"] == "saved",
            )
        except OSError as error:
            raise _write_error(error, folder) from error
        return {
            "name": version.session.name,
            "version": version.number,
            "folder": str(folder),
            **asdict(loaded),
        }

    def describe(self, answer: Any) -> str:
        told = (
            f"Loaded version {answer['version']} of “{answer['name']}” into {answer['folder']}: "
            f"{answer['written']} files, {format_size(answer['size'])}."
        )
        if answer["unchanged"]:
            told += f" {answer['unchanged']} were there already."
        return told


def _make(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir()
    if not folder.is_dir():
        raise Error(f"{folder} is a file. Name a folder.", code="output_is_file")


def _write_error(error: OSError, folder: Path) -> Error:
    if isinstance(error, FileNotFoundError) and not folder.parent.is_dir():
        return Error(f"There is no folder {folder.parent}.", code="no_such_folder")
    if error.errno in FULL:
        return Error(f"There is no space left for {folder}. Nothing was changed.", code="disk_full")
    return Error(f"{folder} could not be written: {error.strerror}.", code="output_not_writable")
