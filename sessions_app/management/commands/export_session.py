from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.selected_cells import CellError, SelectedCell
from dubbing_core.selection import FolderLayout, Selection, SelectionError
from dubbing_core.sizes import format_size
from dubbing_core.stale_warnings import list_stale
from sessions_app.management.errors import FULL, Error
from sessions_app.management.version_command import VersionCommand
from sessions_app.models import Version
from sessions_app.operations.exports.file import write_export
from sessions_app.queries.shared_cells import include_shared
from sessions_app.storage.errors import StoreError


class Command(VersionCommand):
    help = "Write a session's ZIP to a file, atomically."
    verb = ("export", "exported")

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        super().add_command_arguments(parser)
        parser.add_argument(
            "--output",
            required=True,
            type=Path,
            metavar="FILE",
            help="The file to write; replaced if it exists.",
        )
        parser.add_argument(
            "--category",
            action="append",
            default=[],
            metavar="CATEGORY",
            choices=[category.value for category in Category],
            help="Only files of this category; repeatable. One of %(choices)s.",
        )
        parser.add_argument(
            "--language",
            action="append",
            default=[],
            metavar="TAG",
            help="Only files in this language or in none; repeatable.",
        )
        parser.add_argument(
            "--cell",
            action="append",
            default=[],
            metavar="TAG:CATEGORY",
            help="Files of a category in one language, such as hi:audio, beside the others; repeatable.",
        )
        parser.add_argument("--without-source", action="store_true", help="Leave the original video out.")
        parser.add_argument(
            "--history", action="store_true", help="Include all versions up to this one, each file once."
        )

        parser.add_argument(
            "--layout",
            choices=[layout.value for layout in FolderLayout],
            default=FolderLayout.SESSION.value,
            help="Paths of the files: in the session's folders (default), or as they were when saved.",
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        version = self.find_version(options)
        output = _check_output(options["output"].expanduser())
        selection = _make_selection(options, version)
        try:
            size = write_export(version=version, destination=output, selection=selection)
        except (StoreError, OSError) as error:
            raise _translate_error(error, output) from error
        return {
            "name": version.session.name,
            "version": version.number,
            "output": str(output),
            "size": size,
            "stale": [str(result) for result in list_stale(version.progress_matrix, selection)],
        }

    def describe(self, result: Any) -> str:
        size = format_size(result["size"])
        done = f"Exported version {result['version']} of “{result['name']}” to {result['output']} ({size})."
        return "\n".join([done, *(f"Stale: {line}" for line in result["stale"])])


def _make_selection(options: dict[str, Any], version: Version) -> Selection:
    try:
        cells = include_shared(version, map(SelectedCell.parse, options["cell"]))
        return Selection.from_choices(
            categories=options["category"],
            languages=options["language"],
            without_source=options["without_source"],
            history=options["history"],
            layout=options["layout"],
            cells=map(str, cells),
        )
    except CellError as error:
        raise Error(str(error), code="selection_cell") from error
    except SelectionError as error:
        raise Error(str(error), code=error.code) from error


def _check_output(output: Path) -> Path:
    folder = output.parent
    if output.is_dir():
        raise Error(f"{output} is a folder. Name the file to write.", code="output_is_folder")
    if not folder.is_dir():
        raise Error(f"There is no folder {folder}.", code="no_such_folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Error(f"The folder {folder} is not writable.", code="output_not_writable")
    return output


def _translate_error(error: StoreError | OSError, output: Path) -> Error:
    """Distinguish errors of the output file from those of the portal's storage."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    if isinstance(cause, OSError) and cause.errno in FULL:
        return Error(f"There is no space left for {output}. Nothing was written.", code="disk_full")
    if isinstance(error, StoreError) and error.key != output.name:
        return Error(str(error), code="storage")
    reason = cause.strerror if isinstance(cause, OSError) else str(error)
    return Error(f"{output} could not be written: {reason}. Nothing was written.", code="output_not_writable")
