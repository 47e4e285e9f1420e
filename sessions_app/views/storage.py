"""Page of a user's storage: used and allowed bytes, unfinished uploads."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action, manageable_by, visible_to
from sessions_app.http.lookups import get_upload_or_404
from sessions_app.models import Upload
from sessions_app.operations.disk_space import get_usable_space
from sessions_app.operations.uploads.discard import discard_upload, discard_uploads
from sessions_app.queries.quotas import get_storage_parts, get_storage_use
from sessions_app.queries.uploads import filter_unused
from sessions_app.translation import localize_size
from sessions_app.views.errors import run_with_message
from sessions_app.views.page_view import SignedInRequest, page_view

MAX_UPLOADS = 50


@require_safe
@page_view
def page(request: SignedInRequest) -> HttpResponse:
    uploads = filter_unused(visible_to(request.user, Upload.objects.all()))
    context = {
        "storage": get_storage_use(request.user),
        "parts": get_storage_parts(request.user),
        "usable_space": get_usable_space(now=timezone.now()),
        "upload_count": uploads.count(),
        "uploads": uploads.order_by("-created_at", "-pk")[:MAX_UPLOADS],
    }
    return render(request, "account/storage.html", context)


@require_POST
@page_view
def discard(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Discard one unfinished upload."""
    upload = get_upload_or_404(request.user, code, Action.EDIT)
    success = gettext("%(label)s was discarded.") % {"label": upload.label}
    run_with_message(request, lambda: discard_upload(upload=upload), success=success)
    return redirect("storage")


@require_POST
@page_view
def discard_all(request: SignedInRequest) -> HttpResponse:
    """Discard all unfinished uploads."""
    discarded = discard_uploads(uploads=manageable_by(request.user, Upload.objects.all()))
    text = ngettext(
        "%(count)s upload was discarded, %(size)s.",
        "%(count)s uploads were discarded, %(size)s.",
        discarded.count,
    )
    messages.success(request, text % {"count": discarded.count, "size": localize_size(discarded.size)})
    return redirect("storage")
