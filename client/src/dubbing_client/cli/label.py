"""`dubs label`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from dubbing_client import config
from dubbing_client.cli.arguments import SESSION, completed_by
from dubbing_client.cli.terminal import Terminal, format_count
from dubbing_client.errors import Problem, UsageError
from dubbing_client.objects import Entry
from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelChange, LabelError, check_language, check_sources
from dubbing_core.labels import Role
from dubbing_core.layouts.report import TITLES

ATTEMPTS = 4
"""Attempts per call where the user waits for the result."""
ROLES = [role for role in Role if role not in {Role.NONE, Role.SESSION_METADATA}]
LABELED_BY = {"recognizer": "", "person": "corrected"}


def declare_label(command: ArgumentParser) -> None:
    completed_by(command.add_argument("name", metavar="NAME", help="the session"), SESSION)
    command.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="path in the session, a folder, or a pattern such as 'audio/*.wav'; quote patterns",
    )
    command.add_argument("--category", choices=[category.value for category in Category])
    command.add_argument(
        "--language", metavar="TAG", help="language of the files, such as hi or pt-BR; none for no language"
    )
    command.add_argument("--role", choices=[role.value for role in ROLES])
    command.add_argument("--source", action="store_true", help="the file is the source video")
    command.add_argument(
        "--ignore", action="store_true", help="leave the files out of progress, texts and statistics"
    )
    command.add_argument("--recognize", action="store_true", help="withdraw corrections of the files")
    command.add_argument(
        "--source-language",
        metavar="TAG",
        help="language that is spoken in the source, where its tool does not record it; none withdraws it",
    )
    for option, text in (
        ("--add-language", "dub into this language, too; may be repeated"),
        ("--exclude-language", "do not dub into this language"),
        ("--reset-language", "withdraw either"),
    ):
        command.add_argument(option, metavar="TAG", action="append", default=[], help=text)
    command.add_argument(
        "--voice",
        metavar="KEY=VOICE",
        action="append",
        default=[],
        help="voice of a language or speaker; KEY= removes it; may be repeated",
    )
    command.add_argument("-m", "--message", default="", help="message of the version")


def run_label(options: Namespace, terminal: Terminal) -> int:
    """Correct labels, or list those of the files if nothing is to be corrected."""
    change = _read_change(options)
    targets = {
        **dict.fromkeys(map(_language, options.add_language), "added"),
        **dict.fromkeys(map(_language, options.exclude_language), "excluded"),
        **dict.fromkeys(map(_language, options.reset_language), "automatic"),
    }
    voices = dict(map(_read_voice, options.voice))
    spoken = _read_language(options.source_language)
    is_labeling = change is not None or options.recognize
    if is_labeling and not options.files:
        raise UsageError("Name the files to label: paths in the session, folders, or patterns in quotes.")
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        session = api.get_session(options.name)
        if not session["version"]:
            raise UsageError(f"“{session['name']}” has no files yet.")
        entries = api.manifest(session["code"], session["version"])["entries"]
        chosen = select_entries(entries, options.files)
        if not (is_labeling or targets or voices or spoken is not None):
            rows = [_row(entry) for entry in chosen]
            terminal.table({"files": chosen}, (*TITLES, "Set by"), rows)
            return 0
        paths = [entry["path"] for entry in chosen]
        _check_source(change, paths)
        try:
            version = api.correct(
                session["code"],
                labels=[{"paths": paths, **_change_to_json(change)}] if change is not None else [],
                recognized=paths if options.recognize else [],
                languages=targets,
                voices=voices,
                source_language=spoken,
                message=options.message,
            )
        except Problem as error:
            if error.code != "unchanged":
                raise
            terminal.done({"version": None, "files": []}, "Nothing to correct: everything is so already.")
            return 0
    labeled = f" of {format_count(len(paths))}" if is_labeling else ""
    terminal.done(
        {"version": version, "files": paths if is_labeling else []},
        f"Corrected “{session['name']}”{labeled}: version {version['number']}, {version['stage']}.",
    )
    return 0


def select_entries(entries: Sequence[Entry], patterns: Iterable[str]) -> list[Entry]:
    """Return the entries that paths, folders or patterns name; all if there are none.

    :raises UsageError: one names no file.
    """
    patterns = list(patterns)
    files = [entry for entry in entries if entry["role"] != Role.SESSION_METADATA.value]
    if not patterns:
        return files
    chosen: set[str] = set()
    for pattern in patterns:
        found = _match(files, pattern)
        if not found:
            raise UsageError(f"The session has no file “{pattern}”. `dubs label NAME` lists its files.")
        chosen |= found
    return [entry for entry in files if entry["path"] in chosen]


def _match(files: Iterable[Entry], pattern: str) -> set[str]:
    paths = {entry["path"] for entry in files}
    if pattern in paths:  # a name may contain the characters of patterns
        return {pattern}
    folder = pattern.rstrip("/") + "/"
    return {path for path in paths if path.startswith(folder) or fnmatchcase(path, pattern)}


def _read_change(options: Namespace) -> LabelChange | None:
    """Return the change that the options describe, or None."""
    if options.source + options.ignore + bool(options.role) + options.recognize > 1:
        raise UsageError("Use only one of --source, --ignore, --role and --recognize.")
    if options.recognize and (options.category or options.language):
        raise UsageError("--recognize withdraws corrections; use it without --category and --language.")
    role = Role(options.role) if options.role else None
    if options.source or options.ignore:
        role = Role.SOURCE if options.source else Role.IGNORED
    category = Category(options.category) if options.category else None
    change = LabelChange(category=category, language=_read_language(options.language), role=role)
    return None if change == LabelChange() else change


def _check_source(change: LabelChange | None, paths: Iterable[str]) -> None:
    try:
        check_sources(dict.fromkeys(paths, change) if change is not None else {})
    except LabelError as error:
        raise UsageError(str(error)) from None


def _read_language(tag: str | None) -> str | None:
    """Return a language, "" for "none", or None if there is none to set."""
    return "" if tag in {"", "none"} else None if tag is None else _language(tag)


def _language(tag: str) -> str:
    try:
        return check_language(tag)
    except LabelError as error:
        raise UsageError(str(error)) from None


def _read_voice(text: str) -> tuple[str, str]:
    key, separator, voice = text.partition("=")
    if not (key.strip() and separator):
        raise UsageError(f"“{text}” is not KEY=VOICE, such as hi=Deep.")
    return key.strip(), voice.strip()


def _change_to_json(change: LabelChange) -> Mapping[str, Any]:
    facts = {"category": change.category, "language": change.language, "role": change.role}
    return {key: str(value) for key, value in facts.items() if value is not None}


def _row(entry: Entry) -> tuple[str, ...]:
    by = LABELED_BY.get(entry["labeled_by"], entry["labeled_by"])
    return entry["path"], entry["category"], entry["language"], entry["role"], by
