from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import LargeTableAdmin, act_on_each, link
from sessions_app.admin.search import find_sessions, find_users, parse_code
from sessions_app.models import Job
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.translation import localize_size, localize_stored


@admin.register(Job)
class JobAdmin(LargeTableAdmin[Job]):
    list_display = (
        "code",
        "kind",
        "state",
        "owned_by",
        "for_session",
        "progress",
        "attempt",
        "created_at",
        "finished_at",
        "error",
    )
    list_select_related = ("owner", "session")
    list_filter = ("state", "kind")
    search_fields = ("code",)
    search_help_text = gettext_lazy(
        "The job's code, a part of the session's name or its code, or a part of the owner's name or e-mail address."
    )
    fields = (
        "code",
        "kind",
        "state",
        "owned_by",
        "for_session",
        "progress",
        "attempt",
        "params",
        "result",
        "error_code",
        "error",
        "detail",
        "created_at",
        "published_at",
        "publish_count",
        "started_at",
        "heartbeat_at",
        "lease_expires_at",
        "cancel_requested_at",
        "finished_at",
    )
    actions = ("cancel", "retry")

    def find(self, term: str) -> Q:
        condition = Q(session__in=find_sessions(term)) | Q(owner__in=find_users(term))
        return condition | Q(code=code) if (code := parse_code(term)) else condition

    @admin.display(description=gettext_lazy("owner"), ordering="owner__username")
    def owned_by(self, job: Job) -> str:
        return link(job.owner)

    @admin.display(description=gettext_lazy("session"), ordering="session__name")
    def for_session(self, job: Job) -> str:
        return link(job.session)

    @admin.display(description=gettext_lazy("progress"), ordering="done_bytes")
    def progress(self, job: Job) -> str:
        return (
            gettext("%(percent)s %% of %(size)s")
            % {"percent": job.percent, "size": localize_size(job.total_bytes)}
            if job.total_bytes
            else ""
        )

    @admin.display(description=gettext_lazy("error message"))
    def error(self, job: Job) -> str:
        return localize_stored(job.error_message)

    @admin.display(description=gettext_lazy("error detail"))
    def detail(self, job: Job) -> str | SafeString:
        return job.error_detail and format_html("<pre>{}</pre>", job.error_detail)

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Cancel"))
    def cancel(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        now = timezone.now()
        act_on_each(request, rows, lambda job: cancel_job(job=job, now=now), done=gettext("Cancelled"))

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Try again"))
    def retry(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        now = timezone.now()
        act_on_each(request, rows, lambda job: retry_job(job=job, now=now), done=gettext("Queued again"))
