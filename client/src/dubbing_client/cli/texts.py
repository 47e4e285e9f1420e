"""`dubs texts`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from dubbing_client import config
from dubbing_client.cli.arguments import FILE, SESSION, completed_by, version_number
from dubbing_client.cli.sessions import ATTEMPTS
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import FolderError, NotFoundError
from dubbing_client.objects import VersionTexts
from dubbing_core.sizes import format_size


def declare_texts(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    command.add_argument(
        "track",
        metavar="TRACK",
        nargs="?",
        default="",
        help="write this text to a file: hi.srt, source.vtt, fr.csv, hi.txt or hi.json",
    )
    output = command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the file to write (default: ./TRACK)"
    )
    completed_by(output, FILE)
    command.add_argument(
        "--version", type=version_number, metavar="N", help="the version (default: the current one)"
    )


def run_texts(options: Namespace, terminal: Terminal) -> int:
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        session = api.get_session(options.name)
        version = options.version or session["version"]
        if not version:
            raise NotFoundError(
                f"“{session['name']}” has no versions yet.", status=404, code="version_not_found"
            )
        if not options.track:
            texts = api.texts(session["code"], version)
            terminal.result(dict(texts), *list_lines(texts))
            return 0
        data = api.text(session["code"], version, options.track)
    target = options.output or Path(options.track)
    if options.output is None and target.exists():
        raise FolderError(f"{target} exists. Use -o to name the file to write.")
    try:
        target.write_bytes(data)
    except OSError as error:
        raise FolderError(f"{target} cannot be written: {error.strerror or error}.") from error
    document = {"session": session["code"], "version": version, "file": str(target), "size": len(data)}
    terminal.done(document, f"Wrote {target} ({format_size(len(data))}).")
    return 0


def list_lines(texts: VersionTexts) -> Iterator[str]:
    for track in texts["tracks"]:
        facts = [_count(track["lines"], "line")]
        facts += [_count(track["speakers"], "speaker")] if track["speakers"] else []
        facts += [] if track["has_times"] else ["no times"]
        yield f"{track['key']:<12} {', '.join(facts)}  {track['path']}"
    for track in texts["tracks"]:
        if problem := track.get("language_problem"):  # of portals that detect it
            yield f"other script {track['path']}: {problem}"
    for file in texts["files"]:
        if file["reason"]:
            yield f"not read     {file['path']}: {file['reason']}"
        elif file["problem_count"]:
            yield f"problems     {file['path']}: {file['problem_count']:,}"
    if not texts["is_read"]:
        yield "The portal is still reading the files of this version."
    elif not texts["tracks"]:
        yield "This version has no text that can be read."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
