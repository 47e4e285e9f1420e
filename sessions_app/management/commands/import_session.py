from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from dubbing_core.paths import list_for_message
from dubbing_core.sizes import format_size
from dubbing_core.zips.name_encodings import NameReading
from sessions_app.management.errors import Error
from sessions_app.management.portal_command import PortalCommand, get_user
from sessions_app.models import Job
from sessions_app.operations.imports.request import ImportChoice, request_file_import
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.run import run_job

REST = ("failed", "warnings", "left_out", "left_out_count")
"""Keys of a result that are reported if there is something in them."""
PAUSE = 1.0
"""Seconds between checks of a job that a worker performs or that will be retried."""


class Command(PortalCommand):
    help = "Import a ZIP as a new session: a portal's export, one of the original session manager, or a folder of media."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="The ZIP file.")
        parser.add_argument("--owner", required=True, metavar="USER", help="The new session's owner.")
        parser.add_argument("--name", default="", help="Its name; default: the name of the ZIP.")
        parser.add_argument(
            "--reading",
            choices=[reading.value for reading in NameReading],
            help="Encoding of names that are not UTF-8; --dry-run shows the names. utf-8: only read “\\” as “/”.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Preview the import, and store nothing.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        owner = get_user(options["owner"])
        file: Path = options["file"].expanduser()
        if file.is_file() and not os.access(file, os.R_OK):
            raise Error(f"The file {file} cannot be read.", code="not_readable")
        kind = Job.Kind.PREVIEW if options["dry_run"] else Job.Kind.IMPORT
        reading = NameReading(options["reading"]) if options["reading"] else None
        choice = ImportChoice(name=options["name"], reading=reading)
        job = request_file_import(file=file, owner=owner, choice=choice, now=timezone.now(), kind=kind)
        try:
            _run_to_end(job)
        except KeyboardInterrupt:
            cancel_job(job=job, now=timezone.now())
            raise Error("The import was cancelled. There is no new session.", code="cancelled") from None
        return _get_result(job)

    def describe(self, result: Any) -> str:
        if "sessions" in result:
            return _describe_preview(result)
        if "all" in result:
            names = ", ".join(f"“{session['name']}”" for session in result["all"])
            return "\n".join([f"Imported {len(result['all'])} sessions: {names}.", *_describe_rest(result)])
        size = format_size(result["size"])
        text = f"Imported “{result['name']}”: version {result['version']}, {result['files']} files, {size}."
        if result["name"] != result["requested_name"]:
            text += f" The name “{result['requested_name']}” was taken."
        return "\n".join([text, *_describe_rest(result)])


def _run_to_end(job: Job) -> None:
    """Run the job in this process, or wait for a worker that has claimed it.

    Temporary errors are retried.
    """
    while True:
        run_job(job_id=job.pk, clock=timezone.now)
        job.refresh_from_db()
        if job.is_finished:
            return
        time.sleep(PAUSE)


def _describe_preview(result: dict[str, Any]) -> str:
    lines = []
    for session in result["sessions"]:
        contents = (
            f"{session['version_count']} versions, {session['files']} files, {format_size(session['size'])}"
        )
        lines.append(f"An import would create “{session['name']}”: {contents}.")
        lines += [f"  {move['from']} -> {move['to']}" for move in session["moved"]]
        if session["moved_count"] > len(session["moved"]):
            lines.append(f"  and {session['moved_count'] - len(session['moved'])} more")
    lines += [f"The name “{conflict['name']}” is taken." for conflict in result["conflicts"]]
    for row in result.get("readings", ()):
        names = list_for_message(row["names"])
        lines.append(f"With --reading {row['reading']} ({row['label']}) the names are {names}.")
    lines += _describe_rest(result)
    return "\n".join([*lines, f"Nothing of {format_size(result['size'])} was stored."])


def _describe_rest(result: dict[str, Any]) -> list[str]:
    """Return lines on what an import leaves out or cannot read."""
    lines = [f"Not imported: “{each['folder']}”. {each['message']}" for each in result.get("failed", ())]
    for warning in result.get("warnings", ()):
        lines += [f"{warning['folder']}{message}" for message in warning["messages"]]
    if left_out := result.get("left_out"):
        more = result["left_out_count"] - len(left_out)
        names = list_for_message([*left_out, *[""] * more])
        lines.append(f"Left out, because they belong to no session: {names}.")
    return lines


def _get_result(job: Job) -> dict[str, object]:
    if job.state == Job.State.CANCELLED:
        raise Error("The import was cancelled. There is no new session.", code="cancelled")
    if job.state != Job.State.SUCCEEDED:
        raise Error(job.error_message, code=job.error_code)
    result = job.result
    if job.kind == Job.Kind.PREVIEW:
        return {"dry_run": True, **result}
    sessions = [_get_session_result(created) for created in result.get("sessions", ())]
    return {
        **_get_session_result(result),
        "job": str(job.code),
        **({"all": sessions} if sessions else {}),
        **{key: result[key] for key in REST if result.get(key)},
    }


def _get_session_result(created: dict[str, Any]) -> dict[str, object]:
    return {
        "name": created["name"],
        "code": created["session"],
        "requested_name": created["requested_name"],
        "version": created["version"],
        "files": created["files"],
        "size": created["total_size"],
    }
