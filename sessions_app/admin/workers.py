from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy

from sessions_app.admin.base import ReadOnlyAdmin
from sessions_app.models import Worker
from sessions_app.models.worker import LOST_AFTER


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin[Worker]):
    list_display = (
        "name",
        "is_running",
        "processes",
        "performs_jobs",
        "reads_media",
        "makes_proxies",
        "started_at",
        "seen_at",
    )
    fields = list_display
    ordering = ("name",)

    @admin.display(description=gettext_lazy("running"), boolean=True)
    def is_running(self, worker: Worker) -> bool:
        return worker.seen_at > timezone.now() - LOST_AFTER
