"""Context variables of every template."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from sessions_app.queries.jobs import count_unfinished_jobs
from sessions_app.queries.quotas import get_storage_use


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of the page frame."""
    user = getattr(request, "user", None)

    def running() -> int:
        return count_unfinished_jobs(user) if user and user.is_authenticated else 0

    return {
        "now": timezone.now(),
        "portal_version": settings.VERSION,
        "registration_open": settings.REGISTRATION_OPEN,
        "running_jobs": SimpleLazyObject(running),
        "storage": SimpleLazyObject(lambda: get_storage_use(cast(User, user))),
    }
