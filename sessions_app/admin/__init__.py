"""Admin site: inspect all rows, and clean up. Rows change through operations only."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.templatetags import admin_list
from django.utils.translation import gettext_lazy, pgettext_lazy

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
from sessions_app.admin.boolean_icon import render_boolean_icon
from sessions_app.admin.catalog import show_catalog
from sessions_app.admin.names import translate_names, translate_relations

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
admin.site.site_header = gettext_lazy("Dubbing Sessions: administration")
admin.site.index_title = pgettext_lazy("portal", "Site administration")
for registered in admin.site._registry:  # noqa: SLF001 (there is no public list)
    if registered._meta.app_label == "sessions_app":  # noqa: SLF001 (documented API)
        translate_names(registered)
translate_relations()
admin.site.i18n_javascript = show_catalog  # type: ignore[method-assign]  # instead of a site of its own
# The icon of all lists and forms; Django has no setting for it.
admin_list._boolean_icon = render_boolean_icon  # type: ignore[attr-defined]  # noqa: SLF001 (missing in the stubs)
# The page of an object leads to all others; a list of models beside each page would be a second navigation.
admin.site.enable_nav_sidebar = False
# The portal's own sign-in page, with its throttles, instead of a second one without.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents
