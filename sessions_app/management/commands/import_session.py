from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from dubbing_core.sizes import format_size
from sessions_app.management.errors import Error
from sessions_app.management.portal_command import PortalCommand, user_named
from sessions_app.models import Job
from sessions_app.operations.imports.request import request_file_import
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.run import run_job

PAUSE = 1.0
"""Seconds between two looks at a job that somebody else does, or that will be tried again."""


class Command(PortalCommand):
    help = "Import a ZIP as a new session: one of ours, of the original session manager, or a plain folder of media."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="The ZIP.")
        parser.add_argument("--owner", required=True, metavar="USER", help="Whose session it becomes.")
        parser.add_argument("--name", default="", help="Its name; without this option, as the ZIP is called.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Tell what an import would bring, and store nothing."
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        owner = user_named(options["owner"])
        file: Path = options["file"].expanduser()
        if file.is_file() and not os.access(file, os.R_OK):
            raise Error(f"The file {file} cannot be read.", code="not_readable")
        kind = Job.Kind.PREVIEW if options["dry_run"] else Job.Kind.IMPORT
        job = request_file_import(file=file, owner=owner, name=options["name"], now=timezone.now(), kind=kind)
        try:
            _finish(job)
        except KeyboardInterrupt:
            cancel_job(job=job, now=timezone.now())
            raise Error("The import was cancelled. There is no new session.", code="cancelled") from None
        return _answer(job)

    def describe(self, answer: Any) -> str:
        if "sessions" in answer:
            return _foretold(answer)
        if "all" in answer:
            names = ", ".join(f"“{one['name']}”" for one in answer["all"])
            return f"Imported {len(answer['all'])} sessions: {names}."
        size = format_size(answer["size"])
        told = f"Imported “{answer['name']}”: version {answer['version']}, {answer['files']} files, {size}."
        if answer["name"] != answer["requested_name"]:
            told += f" The name “{answer['requested_name']}” was taken."
        return told


def _finish(job: Job) -> None:
    """Run the job here; when the storage has a hiccup it is tried again, by us or by a worker that was quicker."""
    while True:
        run_job(job_id=job.pk, clock=timezone.now)
        job.refresh_from_db()
        if job.is_finished:
            return
        time.sleep(PAUSE)


def _foretold(answer: dict[str, Any]) -> str:
    lines = []
    for session in answer["sessions"]:
        held = (
            f"{session['version_count']} versions, {session['files']} files, {format_size(session['size'])}"
        )
        lines.append(f"An import would make “{session['name']}”: {held}.")
        lines += [f"  {move['from']} -> {move['to']}" for move in session["moved"]]
        if session["moved_count"] > len(session["moved"]):
            lines.append(f"  and {session['moved_count'] - len(session['moved'])} more")
    lines += [f"The name “{conflict['name']}” is taken." for conflict in answer["conflicts"]]
    return "\n".join([*lines, f"Nothing has been stored of {format_size(answer['size'])}."])


def _answer(job: Job) -> dict[str, object]:
    if job.state == Job.State.CANCELLED:
        raise Error("The import was cancelled. There is no new session.", code="cancelled")
    if job.state != Job.State.SUCCEEDED:
        raise Error(job.error_message, code=job.error_code)
    result = job.result
    if job.kind == Job.Kind.PREVIEW:
        return {"dry_run": True, **result}
    several = [_told(made) for made in result.get("sessions", ())]
    return {**_told(result), "job": str(job.code), **({"all": several} if several else {})}


def _told(made: dict[str, Any]) -> dict[str, object]:
    return {
        "name": made["name"],
        "code": made["session"],
        "requested_name": made["requested_name"],
        "version": made["version"],
        "files": made["files"],
        "size": made["total_size"],
    }
