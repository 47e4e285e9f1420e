"""Context variables of every template."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from sessions_app.http.privacy import SECRET_PATHS
from sessions_app.queries.jobs import summarize_unfinished_jobs
from sessions_app.queries.quotas import get_storage_use


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of the page frame."""
    user = getattr(request, "user", None)

    return {
        "LANGUAGE_CODE": get_language(),
        # Elsewhere the browser sends the page's address with the form.
        "return_path": request.get_full_path() if request.path_info.startswith(SECRET_PATHS) else "",
        "now": timezone.now(),
        "portal_version": settings.VERSION,
        "registration_open": settings.REGISTRATION_OPEN,
        "running_jobs": SimpleLazyObject(lambda: summarize_unfinished_jobs(cast(User, user))),
        "storage": SimpleLazyObject(lambda: get_storage_use(cast(User, user))),
    }
