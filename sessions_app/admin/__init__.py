"""Admin site: inspect all rows, and clean up. Rows change through operations only."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from sessions_app.admin import (
    blobs,
    entries,
    exports,
    idempotency,
    jobs,
    pins,
    sessions,
    shares,
    tokens,
    uploads,
    users,
    versions,
    workers,
)

__all__ = [
    "blobs",
    "entries",
    "exports",
    "idempotency",
    "jobs",
    "pins",
    "sessions",
    "shares",
    "tokens",
    "uploads",
    "users",
    "versions",
    "workers",
]

admin.site.site_title = "Dubbing Sessions"
admin.site.site_header = "Dubbing Sessions: administration"
admin.site.index_title = "Site administration"
# The portal's own sign-in page, with its throttles, instead of a second one without.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
