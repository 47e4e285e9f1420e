"""`dubs restore`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from dubbing_client import config
from dubbing_client.cli.arguments import PARTS_HELP, SESSION, completed_by, parts, version_number
from dubbing_client.cli.terminal import Terminal
from dubbing_client.cli.version_diff import list_lines
from dubbing_client.errors import UsageError
from dubbing_core.categories import Category
from dubbing_core.selected_cells import SEPARATOR


def declare_restore(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    command.add_argument(
        "version", metavar="VERSION", type=version_number, help="the version to restore, such as v3"
    )
    command.add_argument(
        "--only",
        type=parts,
        default=[],
        metavar="NAMES",
        help=PARTS_HELP,
    )
    command.add_argument(
        "--file", dest="files", action="append", default=[], metavar="PATH", help="a file; may be repeated"
    )
    command.add_argument(
        "--keep-newer", action="store_true", help="with --only, keep files that the version does not have"
    )
    command.add_argument("--dry-run", action="store_true", help="only print what would change")


def run_restore(options: Namespace, terminal: Terminal) -> int:
    categories = [name for name in options.only if name in set(Category)]
    cells = [name for name in options.only if SEPARATOR in name]
    part = {
        "categories": categories,
        "languages": [name for name in options.only if name not in {*categories, *cells}],
        "paths": options.files,
        "keep_newer": options.keep_newer,
        **({"cells": cells} if cells else {}),
    }
    is_part = bool(options.only or options.files)
    if options.dry_run and not is_part:
        raise UsageError("--dry-run needs --only or --file. `dubs diff NAME v5 v3` compares whole versions.")
    with config.connect(on_retry=terminal.notify) as api:
        session = api.get_session(options.name)
        if options.dry_run:
            preview = api.preview_restore(session["code"], options.version, part)
            terminal.result(
                dict(preview),
                f"Version {preview['current']}, the current one, would change:",
                *list_lines(preview),
                *(
                    f"{file['path']} has {', '.join(file['languages'])} and is restored as a whole."
                    for file in preview.get("shared_files", ())
                ),
            )
            return 0
        version = api.restore(session["code"], options.version, part if is_part else {})
    number = version["number"]
    terminal.done(
        dict(version),
        f'{version["message"]}: saved as version {number}. To undo it: dubs restore "{session["name"]}" v{number - 1}',
    )
    return 0
