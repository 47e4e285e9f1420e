"""Page of the user's access tokens."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.paths import escape_unprintable
from sessions_app.access import Action, visible_to
from sessions_app.forms.access import TokenForm
from sessions_app.http.lookups import get_token_or_404
from sessions_app.models import AccessToken
from sessions_app.operations.accounts.tokens import create_token
from sessions_app.operations.errors import OperationError
from sessions_app.views.errors import show_error
from sessions_app.views.page_view import SignedInRequest, page_view

MAX_TOKENS = 200


@require_safe
@page_view
def page(request: SignedInRequest) -> HttpResponse:
    return render(request, "tokens/list.html", _context(request, TokenForm()))


@require_POST
@never_cache
@page_view
def create(request: SignedInRequest) -> HttpResponse:
    """Create a token; the response is the only page that shows it."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return render(request, "tokens/list.html", _context(request, form), status=400)
    params = form.cleaned_data
    try:
        created = create_token(
            owner=request.user,
            name=params["name"],
            scope=AccessToken.Scope(params["scope"]),
            days=params["days"],
            now=timezone.now(),
        )
    except OperationError as error:
        show_error(request, error)
        return redirect("token-list")
    return render(request, "tokens/list.html", _context(request, TokenForm()) | {"created": created})


@require_POST
@page_view
def revoke(request: SignedInRequest, code: UUID) -> HttpResponse:
    token = get_token_or_404(request.user, code, Action.MANAGE)
    if token.revoke(now=timezone.now()):
        messages.success(
            request, gettext("“%(name)s” was revoked.") % {"name": escape_unprintable(token.name)}
        )
    return redirect("token-list")


def _context(request: SignedInRequest, form: TokenForm) -> dict[str, object]:
    now = timezone.now()
    active = visible_to(request.user, AccessToken.objects.all()).filter(revoked_at__isnull=True)
    return {
        "tokens": [(token, token.is_expired(now=now)) for token in active.order_by("-pk")[:MAX_TOKENS]],
        "form": form,
        "now": now,
    }
