"""Jobs as open pages show them: progress in the tray, and a notice at the end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from sessions_app.models import Job
from sessions_app.templatetags.jobs import activity, outcome, remedy
from sessions_app.templatetags.portal import is_stopping, job_title, pace
from sessions_app.translation import localize_stored

RETRYABLE_STATES = {Job.State.FAILED, Job.State.CANCELLED}
IMPORT_REPORTS = ("left_out_count", "failed_count", "warnings")
"""Keys of an import's result that the user should read."""


def describe_job(job: Job, *, now: datetime) -> dict[str, Any]:
    """Return a job for scripts: its progress, or how it ended and what to do next."""
    speed = pace(job)
    can_cancel = not job.is_finished and job.cancel_requested_at is None
    can_retry = job.state in RETRYABLE_STATES and job.is_retryable and job.error_code != "conflict"
    return {
        "code": str(job.code),
        "kind": job.kind,
        "state": job.state,
        "percent": job.percent,
        "title": job_title(job),
        "url": reverse("job-detail", args=[job.code]),
        "session": str(job.session.code) if job.session else None,
        "session_url": get_session_url(job) or None,
        "version": job.result.get("version") if job.kind == Job.Kind.SAVE else None,
        "error": localize_stored(job.error_message),
        "bytes_done": job.done_bytes,
        "bytes_total": job.total_bytes,
        "rate": speed.rate if speed else None,
        "seconds_left": speed.seconds_left if speed else None,
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "text": outcome(job) if job.is_finished else activity(job),
        "detail": describe_detail(job),
        "level": get_level(job),
        "action": get_action(job, now=now),
        "stopping": is_stopping(job),
        "cancel": reverse("api:cancel_job", args=[job.code]) if can_cancel else None,
        "retry": reverse("api:retry_job", args=[job.code]) if can_retry else None,
    }


def get_session_url(job: Job) -> str:
    """Return the address of the job's session; "" if it cannot be opened."""
    if job.session is None or job.session.is_trashed:
        return ""
    return reverse("session-detail", args=[job.session.code])


def get_level(job: Job) -> str:
    """Return the weight of the notice: good, info, warn or bad."""
    if not job.is_finished or job.state == Job.State.CANCELLED or job.error_code == "unchanged":
        return "info"
    if job.state == Job.State.FAILED:
        return "bad"
    return "warn" if list_warnings(job) else "good"


def describe_detail(job: Job) -> str:
    """Return the sentences under the notice; "" if there is nothing to add."""
    if job.state == Job.State.FAILED:
        return localize_stored(job.error_message)
    return " ".join([*describe_renaming(job), *list_warnings(job)])


def describe_renaming(job: Job) -> list[str]:
    """Return the sentence that a new session got another name than the requested one."""
    requested, name = job.result.get("requested_name"), job.result.get("name")
    if job.state != Job.State.SUCCEEDED or not requested or requested == name:
        return []
    return [
        gettext("You already have a session named “%(requested)s”, so this one is named “%(name)s”.")
        % {"requested": requested, "name": name}
    ]


def list_warnings(job: Job) -> list[str]:
    """Return what a save kept, or left out, that the user should know."""
    if job.kind != Job.Kind.SAVE or job.state != Job.State.SUCCEEDED:
        return []
    count = job.result.get("left_out", 0)
    text = ngettext(
        "%(count)s file was left out, as you chose.", "%(count)s files were left out, as you chose.", count
    )
    left_out = [text % {"count": count}] if count else []
    return left_out + [
        gettext("%(warning)s The file itself is kept.") % {"warning": localize_stored(warning)}
        for warning in job.result.get("warnings", [])
    ]


def has_report(job: Job) -> bool:
    """Return whether an import reports a new name, or what it did not read."""
    return bool(describe_renaming(job)) or any(job.result.get(key) for key in IMPORT_REPORTS)


def get_action(job: Job, *, now: datetime) -> dict[str, Any] | None:
    """Return the link of the notice.

    It leads to what the job made, or to what helps after a failure.
    """
    if job.state != Job.State.SUCCEEDED:
        return _get_remedy_link(job)
    match Job.Kind(job.kind):
        case Job.Kind.EXPORT:
            export = getattr(job, "export", None)
            if not get_session_url(job) or export is None or not export.is_ready(now=now):
                return None
            return _link(
                gettext("Download"), reverse("export-download", args=[export.code]), is_download=True
            )
        case Job.Kind.IMPORT if len(job.result.get("sessions") or []) > 1:
            return _link(gettext("Show sessions"), reverse("session-list"))
        case Job.Kind.SAVE | Job.Kind.IMPORT:
            url = get_session_url(job)
            return _link(gettext("Open"), url) if url else None
        case Job.Kind.PREVIEW | Job.Kind.CLEANUP:
            return _link(gettext("Show"), reverse("job-detail", args=[job.code]))


def _get_remedy_link(job: Job) -> dict[str, Any] | None:
    if not job.is_finished or job.error_code == "conflict":  # whose page has both remedies
        return None
    found = remedy(job)
    return _link(found.label, found.url) if found and not found.is_form else None


def _link(label: str, url: str, *, is_download: bool = False) -> dict[str, Any]:
    return {"label": label, "url": url, "download": is_download}
