"""Template tags and filters: sizes, times, icons and texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from django import template
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from dubbing_core.categories import Category
from dubbing_core.paths import escape_unprintable
from dubbing_core.progress import Progress, Stage
from dubbing_core.selection import Selection
from sessions_app.media.types import playable_type
from sessions_app.models import Job, Version
from sessions_app.queries.versions import CategorySummary
from sessions_app.text_direction import isolate
from sessions_app.translation import (
    NBSP,
    localize,
    localize_date,
    localize_size,
    localize_stored,
)

register = template.Library()

RECENT = timedelta(days=7)
SECONDS_PER_MINUTE = 60
MINUTES_PER_HOUR = 60
CATEGORY_LABELS = {category.value: category.label for category in Category}


@register.filter("bytes")
def size(count: int | None) -> str:
    """Return a size such as 12.3 MiB, like frontend/src/format.js."""
    if count is None:
        return ""
    return localize_size(count).replace(" ", NBSP)


def category_label(value: str) -> str:
    """Return a category's label; ``get_category_display`` takes ten times as long."""
    return localize(CATEGORY_LABELS[value])


def isomicro(moment: datetime) -> str:
    """Return ISO 8601 in UTC with microseconds, even when they are zero."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@register.filter
def plus(moment: datetime, duration: timedelta) -> datetime:
    return moment + duration


@register.simple_tag(takes_context=True)
def moment(context: Context, when: datetime | None) -> str:
    """Return a past time relative to the page's ``now``; its title is exact.

    The clock of another machine, which recorded it, may be ahead of this one.
    """
    if when is None:
        return ""
    return _time(when, relative_to(min(when, context["now"]), context["now"]))


@register.simple_tag(takes_context=True)
def due(context: Context, when: datetime) -> str:
    """Return a coming time relative to the page's ``now``: "in 6 days"."""
    return _time(when, relative_to(when, context["now"]))


@register.simple_tag
def deadline(when: datetime) -> str:
    """Return the date and time of an expiry."""
    local = timezone.localtime(when)
    return _time(when, f"{localize_date(local)}, {local:%H:%M}")


def _time(when: datetime, text: str) -> SafeString:
    local = timezone.localtime(when)
    exact = f"{localize_date(local)}, {local:%H:%M:%S %Z}"
    return format_html('<time datetime="{}" title="{}">{}</time>', isomicro(when), exact, text)


def relative_to(when: datetime, now: datetime) -> str:
    """Return "3 hours ago" or "in 6 days", or a date if it is more than a week away."""
    is_future = when > now
    distance = abs(when - now)
    minutes, hours = int(distance / timedelta(minutes=1)), int(distance / timedelta(hours=1))
    if distance > RECENT:
        return localize_date(timezone.localtime(when))
    if minutes < 1:
        return gettext("in a moment") if is_future else gettext("just now")
    if hours < 1:
        text = (
            ngettext("in %(count)s minute", "in %(count)s minutes", minutes)
            if is_future
            else ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes)
        )
        return _fill_in(text, minutes)
    if distance < timedelta(days=1):
        text = (
            ngettext("in %(count)s hour", "in %(count)s hours", hours)
            if is_future
            else ngettext("%(count)s hour ago", "%(count)s hours ago", hours)
        )
        return _fill_in(text, hours)
    text = (
        ngettext("in %(count)s day", "in %(count)s days", distance.days)
        if is_future
        else ngettext("%(count)s day ago", "%(count)s days ago", distance.days)
    )
    return _fill_in(text, distance.days)


def _fill_in(text: str, count: int) -> str:
    """Return the text with its number, which stays on the line of its noun."""
    return text.replace("%(count)s ", f"%(count)s{NBSP}") % {"count": count}


@register.simple_tag
@cache
def icon(name: str) -> str:
    """Return a decorative icon of frontend/icons.json."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        _icons_url(),
        name,
    )


@cache
def _icons_url() -> str:
    return static("dist/icons.svg")


@register.simple_tag
def catalog_script() -> str:
    """Return the script with the translations for scripts, if the page needs one."""
    language = get_language()
    return "" if language == settings.LANGUAGE_CODE else _catalog_script(f"locale/{language}.js")


@cache
def _catalog_script(path: str) -> str:
    if finders.find(path) is None:
        return ""
    return format_html('<script src="{}" defer></script>', static(path))


@register.filter
def initials(user: AbstractBaseUser) -> str:
    """Return one or two letters for a user: of the name's words, or its first."""
    words = re.findall(r"\w+", user.get_username())
    letters = "".join(word[0] for word in words[:2]) or "?"
    return letters.upper()


@dataclass(frozen=True, kw_only=True)
class ProgressStep:
    name: str
    is_done: bool
    icon: str


@register.simple_tag
def correctable_categories() -> list[Category]:
    """Return the categories for corrections; the source has its own option."""
    return [category for category in Category if category is not Category.ORIGINAL_VIDEO]


@register.filter
def steps(progress: Progress) -> list[ProgressStep]:
    """Return the four pipeline steps in order."""
    return [
        ProgressStep(name=gettext("Transcription"), is_done=progress.has_transcription, icon="text"),
        ProgressStep(name=gettext("Translations"), is_done=progress.has_translations, icon="languages"),
        ProgressStep(name=gettext("Audio"), is_done=progress.has_audio, icon="wave"),
        ProgressStep(name=gettext("Videos"), is_done=progress.has_videos, icon="film"),
    ]


@register.filter
def stage_label(version: Version) -> str:
    return localize(Stage(version.stage).label)


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Segment of a category in a bar of 1000 units."""

    summary: CategorySummary
    start: float
    length: float


BAR_LENGTH = 1000
MIN_LENGTH = 8
"""Length of the smallest segment, so that it stays visible."""


@register.filter
def slices(summary: Iterable[CategorySummary]) -> list[Slice]:
    """Return the segments of a proportional bar; categories without bytes have none."""
    parts = [part for part in summary if part.size]
    total = sum(part.size for part in parts)
    lengths = [max(MIN_LENGTH, BAR_LENGTH * part.size / total) for part in parts]
    scale = BAR_LENGTH / sum(lengths) if lengths else 1
    segments = []
    start = 0.0
    for part, length in zip(parts, lengths, strict=True):
        segments.append(Slice(summary=part, start=round(start, 2), length=round(length * scale, 2)))
        start += length * scale
    return segments


def player(path: str) -> str:
    """Return the inline player: ``audio``, ``video``, ``image``, or "" for none."""
    media_type = playable_type(path)
    return media_type.partition("/")[0] if media_type else ""


@register.filter
def is_text(value: object) -> bool:
    return isinstance(value, str)


@register.filter
def as_json(value: object) -> str:
    """Return a structured value that another tool stored in place of text."""
    return json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def job_subject(job: Job) -> str:
    """Return the name of the session, also of a new one, or of an imported ZIP."""
    if job.kind == Job.Kind.CLEANUP:
        return gettext("Unused data")
    if job.kind == Job.Kind.SAVE and job.session is None:
        return str(job.params.get("name", ""))
    if job.kind in {Job.Kind.IMPORT, Job.Kind.PREVIEW} or job.session is None:
        return str(job.params.get("filename", ""))
    return job.session.name


@register.filter
def job_action(job: Job) -> str:
    """Return the action of the job, such as "Save, version 2"."""
    match Job.Kind(job.kind):
        case Job.Kind.SAVE:
            number = job.result.get("version")
            return gettext("Save, version %(number)s") % {"number": number} if number else gettext("Save")
        case Job.Kind.EXPORT:
            selection = job_selection(job)
            values = {"number": job.params.get("version", ""), "part": selection}
            if selection:
                return gettext("Export of version %(number)s: %(part)s") % values
            return gettext("Export of version %(number)s") % values
        case Job.Kind.IMPORT:
            return gettext("Import")
        case Job.Kind.PREVIEW:
            return gettext("Import preview")
        case Job.Kind.CLEANUP:
            return gettext("Count of unused data") if job.params.get("dry_run") else gettext("Cleanup")


@register.filter
def job_selection(job: Job) -> str:
    """Return the exported part of the version; "" for all of it."""
    return localize(Selection.from_dict(job.params.get("selection", {})).label)


JOB_ICONS = {
    Job.Kind.SAVE: "save",
    Job.Kind.EXPORT: "archive",
    Job.Kind.IMPORT: "upload",
    Job.Kind.PREVIEW: "search",
    Job.Kind.CLEANUP: "trash",
}


@register.filter
def job_icon(job: Job) -> str:
    return JOB_ICONS[Job.Kind(job.kind)]


@register.filter
def job_title(job: Job) -> str:
    """Return action and subject, such as "Export of talk, version 2"."""
    name = isolate(escape_unprintable(job_subject(job)))
    match Job.Kind(job.kind):
        case Job.Kind.SAVE:
            return gettext("Save of %(name)s") % {"name": name}
        case Job.Kind.EXPORT:
            values = {"name": name, "number": job.params.get("version", "")}
            return gettext("Export of %(name)s, version %(number)s") % values
        case Job.Kind.IMPORT:
            return gettext("Import of %(name)s") % {"name": name}
        case Job.Kind.PREVIEW:
            return gettext("Import preview of %(name)s") % {"name": name}
        case Job.Kind.CLEANUP:
            return job_action(job)


@register.filter
def job_status_text(job: Job) -> str:
    """Return the job's state for screen readers, in steps of 25 percent."""
    if job.state == Job.State.RUNNING:
        return gettext("Running, %(percent)s percent done.") % {"percent": job.percent // 25 * 25}
    return f"{Job.State(job.state).label}. {localize_stored(job.error_message)}".strip()


@register.filter
def is_stopping(job: Job) -> bool:
    return job.cancel_requested_at is not None and not job.is_finished


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Speed of a running job."""

    rate: int
    """Bytes per second."""
    seconds_left: int


@register.filter
def pace(job: Job) -> Pace | None:
    """Return the mean rate of this attempt, or None during its first second."""
    if job.state != Job.State.RUNNING or not (job.started_at and job.heartbeat_at and job.done_bytes):
        return None
    seconds = (job.heartbeat_at - job.started_at).total_seconds()
    if seconds < 1:
        return None
    rate = max(1, round(job.done_bytes / seconds))
    return Pace(rate=rate, seconds_left=max(0, job.total_bytes - job.done_bytes) // rate)


@register.filter
def seconds_taken(job: Job) -> int:
    """Return the duration of a finished job's last attempt."""
    if not (job.started_at and job.finished_at):
        return 0
    return max(0, round((job.finished_at - job.started_at).total_seconds()))


@register.filter
def duration(seconds: int) -> str:
    """Return a duration such as "45 s", "3 min" or "2 h 5 min"."""
    if seconds < 1:
        return gettext("under 1 s").replace("1 ", f"1{NBSP}")
    minutes = round(seconds / SECONDS_PER_MINUTE)
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds}{NBSP}s"
    if minutes < MINUTES_PER_HOUR:
        return f"{minutes}{NBSP}min"
    return f"{minutes // MINUTES_PER_HOUR}{NBSP}h {minutes % MINUTES_PER_HOUR}{NBSP}min"


@register.simple_tag(takes_context=True)
def share_url(context: Context, token: str) -> str:
    """Return the absolute URL of a link, on the host of the request."""
    request: HttpRequest = context["request"]
    return request.build_absolute_uri(reverse("share-page", args=[token]))
