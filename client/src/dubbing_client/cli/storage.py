"""`dubs storage`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from dubbing_client import config
from dubbing_client.cli.terminal import Terminal
from dubbing_core.sizes import format_size

ATTEMPTS = 4
"""Attempts per call: the user waits for the result."""


def declare_storage(command: ArgumentParser) -> None:
    command.add_argument(
        "--discard-uploads", action="store_true", help="discard uploads that were not saved or imported"
    )


def run_storage(options: Namespace, terminal: Terminal) -> int:
    sentences = []
    document: dict[str, Any] = {}
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        if options.discard_uploads:
            discarded = api.discard_uploads()
            document["discarded"] = discarded
            uploads = "1 upload" if discarded["count"] == 1 else f"{discarded['count']} uploads"
            sentences.append(f"Discarded {uploads}, {format_size(discarded['size'])}.")
        storage = api.storage()
    limit = "no limit" if storage["limit"] is None else f"of {format_size(storage['limit'])}"
    sentences += [
        f"Used      {format_size(storage['used'])} ({limit})",
        f"Sessions  {format_size(storage['sessions'])}",
        f"Previews  {format_size(storage['previews'])}",
        f"Trash     {format_size(storage['trash'])} (dubs trash --empty)",
        f"Uploads   {format_size(storage['uploads'])} (dubs storage --discard-uploads)",
    ]
    if storage["available"] is not None:
        sentences.append(f"Server    {format_size(storage['available'])} available")
    terminal.result({**document, **storage}, *sentences)
    return 0
