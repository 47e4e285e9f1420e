"""Saved filters of the session list, and the page of the user's tags."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action, manageable_by, require
from sessions_app.forms.search import SearchForm, render_query
from sessions_app.models import SavedFilter, Tag
from sessions_app.operations.errors import OperationError
from sessions_app.operations.marks.filters import delete_filter, save_filter
from sessions_app.operations.marks.tags import delete_tag, rename_tag
from sessions_app.queries.marks import list_tags
from sessions_app.views.errors import run_with_message, show_error
from sessions_app.views.page_view import SignedInRequest, page_view


@require_POST
@page_view
def create(request: SignedInRequest) -> HttpResponseBase:
    """Save the filters of an address under a name."""
    query = urlencode(render_query(SearchForm(QueryDict(request.POST.get("query", "")[:2000])).search()))
    try:
        saved = save_filter(owner=request.user, name=request.POST.get("name", ""), query=query)
    except OperationError as error:
        show_error(request, error)
    else:
        messages.success(request, gettext("The filter “%(name)s” was saved.") % {"name": saved.name})
    return redirect(f"{reverse('session-list')}?{query}")


@require_POST
@page_view
def delete(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    row = get_object_or_404(manageable_by(request.user, SavedFilter.objects.all()), code=code)
    require(request.user, Action.MANAGE, row)
    delete_filter(row=row)
    messages.success(request, gettext("The filter “%(name)s” was deleted.") % {"name": row.name})
    return redirect("session-list")


@require_safe
@page_view
def tags(request: SignedInRequest) -> HttpResponse:
    return render(request, "sessions/tags.html", {"tags": list_tags(request.user)})


@require_POST
@page_view
def change_tag(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    """Rename a tag, or delete it."""
    tag = get_object_or_404(manageable_by(request.user, Tag.objects.all()), code=code)
    require(request.user, Action.MANAGE, tag)
    former = tag.name
    if request.POST.get("action") == "delete":
        delete_tag(tag=tag)
        messages.success(request, gettext("The tag “%(former)s” was deleted.") % {"former": former})
    else:
        run_with_message(
            request,
            lambda: rename_tag(tag=tag, name=request.POST.get("name", "")),
            success=gettext("The tag “%(former)s” was renamed.") % {"former": former},
        )
    return redirect("tag-list")
