"""`dubs check`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from dubbing_client import config
from dubbing_client.cli.arguments import SESSION, completed_by
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import UsageError
from dubbing_core.selected_cells import CellError, SelectedCell


def declare_check(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    command.add_argument(
        "cells",
        metavar="CELL",
        nargs="+",
        help="stale results, such as hi:audio, or *:transcriptions for the transcript; `dubs info NAME` lists them",
    )
    command.add_argument("--withdraw", action="store_true", help="withdraw checks")
    command.add_argument("-m", "--message", default="", help="message of the version")


def run_check(options: Namespace, terminal: Terminal) -> int:
    try:
        cells = [str(SelectedCell.parse(text)) for text in options.cells]
    except CellError as error:
        raise UsageError(str(error)) from None
    with config.connect(on_retry=terminal.notify) as api:
        session = api.get_session(options.name)
        version = api.correct(
            session["code"], checks=dict.fromkeys(cells, not options.withdraw), message=options.message
        )
    number = version["number"]
    terminal.done(
        {"version": version, "cells": cells},
        f'{version["message"]}: saved as version {number}. To undo it: dubs restore "{session["name"]}" v{number - 1}',
    )
    return 0
