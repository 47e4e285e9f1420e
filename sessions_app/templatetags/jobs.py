"""What a job did, in words, and what the user can do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from dubbing_core.paths import escape_unprintable
from sessions_app.models import DubbingSession, Job
from sessions_app.queries.jobs import has_worker
from sessions_app.templatetags.portal import job_action, job_subject, size
from sessions_app.text_direction import isolate

register = template.Library()

RUNNING = {
    Job.Kind.SAVE: gettext_lazy("Saving %(name)s"),
    Job.Kind.EXPORT: gettext_lazy("Exporting %(name)s"),
    Job.Kind.IMPORT: gettext_lazy("Importing %(name)s"),
    Job.Kind.PREVIEW: gettext_lazy("Previewing %(name)s"),
}


@dataclass(frozen=True)
class Remedy:
    """What helps after a job that failed: a link, or a form with one button."""

    label: str
    url: str
    icon: str
    sentence: str
    is_form: bool = False


@register.filter
def activity(job: Job) -> str:
    """Return what an unfinished job does, such as "Saving talk"."""
    if job.kind == Job.Kind.CLEANUP:
        return job_action(job)
    return str(RUNNING[Job.Kind(job.kind)]) % {"name": isolate(escape_unprintable(job_subject(job)))}


@register.filter
def outcome(job: Job) -> str:
    """Return how a job ended, such as "Saved as version 6"."""
    if job.state == Job.State.CANCELLED:
        return gettext("%(job)s cancelled") % {"job": job.get_kind_display()}
    return _describe_failure(job) if job.state == Job.State.FAILED else _describe_success(job)


def _describe_failure(job: Job) -> str:
    match job.error_code:
        case "unchanged":
            return gettext("Nothing to save")
        case "conflict":
            return gettext("Another version was saved first")
        case _:
            return gettext("%(job)s failed") % {"job": job.get_kind_display()}


def _describe_success(job: Job) -> str:
    match Job.Kind(job.kind):
        case Job.Kind.SAVE:
            return gettext("Saved as version %(number)s") % {"number": job.result.get("version", "")}
        case Job.Kind.EXPORT:
            return gettext("Export ready")
        case Job.Kind.IMPORT:
            count = len(job.result.get("sessions") or [None])
            text = ngettext(
                "Import finished: %(count)s session", "Import finished: %(count)s sessions", count
            )
            return text % {"count": count}
        case Job.Kind.PREVIEW:
            return gettext("Import preview ready")
        case Job.Kind.CLEANUP:
            freed = {"size": size(job.result.get("freed", 0))}
            if job.params.get("dry_run"):
                return gettext("%(size)s can be freed") % freed
            return gettext("%(size)s freed") % freed


@register.filter
def remedy(job: Job) -> Remedy | None:
    """Return what helps after a failed or cancelled job; None if nothing does."""
    if job.kind == Job.Kind.SAVE and job.error_code == "conflict" and job.session is not None:
        number = job.session.current.number if job.session.current else 0
        return Remedy(
            label=gettext("Save on top of version %(number)s") % {"number": number},
            url=reverse("job-save-on-top", args=[job.code]),
            icon="upload",
            sentence=gettext("Look at that version, or save on top of it."),
            is_form=True,
        )
    if job.session is not None and job.session.is_trashed:
        return Remedy(
            label=gettext("Open trash"),
            url=reverse("session-trash-list"),
            icon="trash",
            sentence=gettext("Restore the session from the trash, then try again."),
        )
    if job.is_retryable:
        is_full = job.error_code in {"over_quota", "disk_full"}
        return Remedy(
            label=gettext("Try again"),
            url=reverse("job-retry", args=[job.code]),
            icon="retry",
            sentence=gettext("Delete what you no longer need, then try again.")
            if is_full
            else gettext("It can be tried again as it is."),
            is_form=True,
        )
    return _choose_again(job)


def _choose_again(job: Job) -> Remedy | None:
    """Return the page where another input is chosen: the same one fails again."""
    if job.kind in {Job.Kind.IMPORT, Job.Kind.PREVIEW}:
        return Remedy(
            label=gettext("Choose another file"),
            url=reverse("import-new"),
            icon="file",
            sentence=gettext("The same file would fail again: choose another one."),
        )
    if job.kind != Job.Kind.SAVE or job.error_code == "unchanged":
        return None
    session = job.session
    return Remedy(
        label=gettext("Choose the files again"),
        url=reverse("session-save", args=[session.code]) if session else reverse("session-new"),
        icon="file",
        sentence=gettext("Choose the files again: those that were stored are not sent again."),
    )


@register.simple_tag
def open_jobs(session: DubbingSession, jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs that the page of a session shows above its contents.

    They are unfinished, or the latest save, which failed after the current version was saved.

    :param jobs: the latest ones, newest first.
    """
    unfinished = [job for job in jobs if not job.is_finished]
    save = next((job for job in jobs if job.kind == Job.Kind.SAVE), None)
    if save is None or save.state != Job.State.FAILED or save.error_code == "unchanged":
        return unfinished
    current = session.current
    is_newer = current is None or (save.finished_at or current.created_at) > current.created_at
    return [*unfinished, save] if is_newer else unfinished


@register.simple_tag(takes_context=True)
def lacks_worker(context: Context, jobs: Sequence[Job]) -> bool:
    """Return whether one of the jobs waits and no worker runs that would start it."""
    return any(job.state == Job.State.QUEUED for job in jobs) and not has_worker(now=context["now"])
