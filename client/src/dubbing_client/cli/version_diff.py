"""`dubs diff NAME FROM TO`: two versions of a session."""

from __future__ import annotations

import contextlib
import json
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from typing import Any

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.arguments import version_number
from dubbing_client.cli.terminal import Terminal
from dubbing_client.diff_objects import Diff, FileChange, RestorePreview, TextDiff
from dubbing_client.errors import NotFoundError, UsageError
from dubbing_client.objects import Session
from dubbing_core.change_summary import ChangeKind
from dubbing_core.sizes import format_size
from dubbing_core.timeline.reader import can_read

VALUE_LENGTH = 60
"""Characters of a value of the metadata that are shown."""


def run_version_diff(options: Namespace, terminal: Terminal) -> int:
    """Compare two versions; the second one is the current one by default."""
    if options.version is not None:
        raise UsageError("Two versions are compared without --version: dubs diff NAME v3 v5")
    old = _read_version(options.name)
    with config.connect(on_retry=terminal.notify) as api:
        session = api.get_session(options.target)
        new = options.to or session["version"]
        _check(session, old, new)
        diff = api.diff(session["code"], old, new)
        texts = _compare_texts(api, session, diff) if options.lines else []
    lines = [*list_lines(diff), *(line for text in texts for line in list_text(text))]
    if not lines:
        lines = [f"No difference between versions {old} and {new} of “{session['name']}”."]
    document = {"session": session["code"], "name": session["name"], **diff}
    terminal.result({**document, "texts": texts} if options.lines else document, *lines)
    return 0


def _compare_texts(api: Api, session: Session, diff: Diff) -> list[TextDiff]:
    """Return the differences of the lines of changed texts."""
    texts = []
    for file in diff["files"]:
        if file["kind"] != "changed" or not can_read(file["path"]):
            continue
        with contextlib.suppress(NotFoundError):  # a file of a category without texts
            texts.append(
                api.diff_lines(session["code"], diff["from_version"], diff["to_version"], file["path"])
            )
    return texts


def list_text(text: TextDiff) -> Iterator[str]:
    """Yield the differences of a text's lines."""
    if text["reason"]:
        yield text["reason"]
    for track in text["tracks"]:
        name = f"{text['path']} ({track['language']})" if track["language"] else text["path"]
        yield f"{name}: {track['summary']}"
        for line in track["lines"]:
            old, new = (
                " / ".join(_shorten(each["text"]) for each in line[side]) for side in ("before", "after")
            )
            number = line["number"] if line["after"] else line["previous_number"]
            if line["kind"] == "retimed":
                shift = line["shift_ms"]
                new = f"{old} ({shift / 1000:+.3f} s)" if shift is not None else old
                old = ""
            yield f"  {number:>5} {line['kind']:<8} {' → '.join(filter(None, (old, new)))}"


def _read_version(text: str) -> int:
    try:
        return version_number(text)
    except (ValueError, ArgumentTypeError):
        raise UsageError(f"“{text}” is no version. Compare two versions with: dubs diff NAME v3 v5") from None


def _check(session: Session, *numbers: int) -> None:
    for number in numbers:
        if not 1 <= number <= session["version"]:
            raise NotFoundError(
                f"“{session['name']}” has no version {number}.", status=404, code="version_not_found"
            )


def list_lines(diff: Diff | RestorePreview) -> Iterator[str]:
    """Yield a line for each difference."""
    for file in diff["files"]:
        yield f"{ChangeKind(file['kind']).words:<10} {_describe(file)}"
    for value in diff["metadata"]:
        key = ".".join(value["key"])
        yield f"{'metadata':<10} {key}: {_shorten(value['before'])} → {_shorten(value['after'])}"
    for cell in (diff["progress"] or {"cells": []})["cells"]:
        states = [side["stale"] or side["state"] for side in (cell["before"], cell["after"])]
        place = " ".join(filter(None, (cell["language"], cell["step"])))
        yield f"{'progress':<10} {place}: {' → '.join(states)}"


def _describe(file: FileChange) -> str:
    if file["previous_path"]:
        return f"{file['previous_path']} → {file['path']}"
    changes = [
        f"{each['name']} {each['before'] or 'none'} → {each['after'] or 'none'}"
        for each in [*file["relabeling"], *file.get("media_changes", ())]
    ]
    if file["kind"] == "changed" and file["previous_size"] is not None:
        sizes = [format_size(size) for size in (file["previous_size"], file["size"])]
        changes = [*([f"{sizes[0]} → {sizes[1]}"] if sizes[0] != sizes[1] else []), *changes]
    return f"{file['path']} ({', '.join(changes)})" if changes else file["path"]


def _shorten(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= VALUE_LENGTH else f"{text[:VALUE_LENGTH]}…"
