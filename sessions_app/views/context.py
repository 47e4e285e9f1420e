"""Context variables of every template."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from sessions_app.access import visible_to
from sessions_app.models import Job
from sessions_app.queries.quotas import get_storage_use


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of the page frame."""
    user = getattr(request, "user", None)

    def running() -> int:
        return visible_to(user, Job.objects.unfinished()).count() if user and user.is_authenticated else 0

    return {
        "now": timezone.now(),
        "portal_version": settings.VERSION,
        "registration_open": settings.REGISTRATION_OPEN,
        "running_jobs": SimpleLazyObject(running),
        "storage": SimpleLazyObject(lambda: get_storage_use(cast(User, user))),
    }
