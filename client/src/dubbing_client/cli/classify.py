"""`dubs classify`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from dubbing_client.cli.arguments import DIRECTORY, completed_by, existing_folder
from dubbing_client.cli.terminal import Terminal
from dubbing_client.exclusion_report import describe_folders
from dubbing_client.small_files import small_file_reader
from dubbing_core.layouts.report import TITLES, build_report, list_rows, summarize


def declare_classify(command: ArgumentParser) -> None:
    completed_by(command.add_argument("dir", metavar="DIR", type=Path, help="the folder"), DIRECTORY)


def run_classify(options: Namespace, terminal: Terminal) -> int:
    folder = existing_folder(options.dir)
    listing = folder.listing()
    places = dict(listing.places(folder.path))
    report = build_report(places, small_file_reader(places))
    for sentence in (*summarize(report), describe_folders(listing.excluded, folder.path)):
        if sentence:
            terminal.notify(sentence)
    terminal.table(report, TITLES, list_rows(report))
    return 0
