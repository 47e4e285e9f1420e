"""Tags and stars of sessions, and saved filters of their list."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import urlencode
from ninja import Router, Status
from pydantic import BaseModel, ConfigDict, Field

from sessions_app import models
from sessions_app.access import Action, manageable_by, require
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint, write_endpoint
from sessions_app.api.sessions import Session
from sessions_app.forms.search import SearchForm, render_query
from sessions_app.http.lookups import get_session_or_404
from sessions_app.models.saved_filter import FILTER_QUERY_LENGTH
from sessions_app.operations.marks.filters import delete_filter, save_filter
from sessions_app.operations.marks.stars import set_star
from sessions_app.operations.marks.tags import MAX_TAGS, change_tags, delete_tag, rename_tag
from sessions_app.queries.marks import list_filters, list_tags

router = Router()

Name = Annotated[str, Field(max_length=1000)]
Names = Annotated[list[Name], Field(default_factory=list, max_length=MAX_TAGS)]


class Tag(BaseModel):
    code: UUID
    name: str

    @classmethod
    def of(cls, tag: models.Tag) -> Tag:
        return cls(code=tag.code, name=tag.name)


class Tags(BaseModel):
    tags: list[Tag]
    """In alphabetical order."""


class TagChanges(BaseModel):
    model_config = ConfigDict(extra="forbid")

    add: Names
    """Names. Case does not matter for one that exists."""
    remove: Names


class TagName(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name


class Filter(BaseModel):
    code: UUID
    name: str
    query: str
    """As in the address of the portal's list: `q`, `stage`, `language`, `tag`, `owner`, `starred`, `stale`, `sort`, `reverse`."""

    @classmethod
    def of(cls, row: models.SavedFilter) -> Filter:
        return cls(code=row.code, name=row.name, query=row.query)


class Filters(BaseModel):
    filters: list[Filter]


class NewFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    query: str = Field(max_length=FILTER_QUERY_LENGTH)
    """What the list does not know is left out."""


@router.post(
    "/sessions/{uuid:code}/tags",
    **write_endpoint(
        Session,
        operation_id="change_session_tags",
        summary="Put tags on a session and take others off",
        description="Repeating it changes nothing. A tag that no session has any more is deleted.",
    ),
)
def change_session_tags(request: ApiRequest, code: UUID, body: TagChanges) -> Session:
    user = request.auth.user
    session = get_session_or_404(user, code, Action.EDIT)
    change_tags(sessions=[session], user=user, now=timezone.now(), add=body.add, remove=body.remove)
    return Session.show(user, session)


@router.put(
    "/sessions/{uuid:code}/star",
    **write_endpoint(
        None, status=204, operation_id="star_session", summary="Set the user's star on a session"
    ),
)
def star_session(request: ApiRequest, code: UUID) -> Status[None]:
    set_star(user=request.auth.user, session=get_session_or_404(request.auth.user, code), is_starred=True)
    return Status(HTTPStatus.NO_CONTENT, None)


@router.delete(
    "/sessions/{uuid:code}/star",
    **write_endpoint(
        None, status=204, operation_id="unstar_session", summary="Remove the user's star from a session"
    ),
)
def unstar_session(request: ApiRequest, code: UUID) -> Status[None]:
    set_star(user=request.auth.user, session=get_session_or_404(request.auth.user, code), is_starred=False)
    return Status(HTTPStatus.NO_CONTENT, None)


@router.get(
    "/tags",
    **read_endpoint(Tags, errors=(), operation_id="list_tags", summary="List the user's tags"),
)
def get_tags(request: ApiRequest) -> Tags:
    return Tags(tags=[Tag.of(tag) for tag in list_tags(request.auth.user)])


@router.patch(
    "/tags/{uuid:code}",
    **write_endpoint(
        Tag,
        operation_id="rename_tag",
        summary="Rename a tag on all sessions",
        description="A name in use is refused with 409 `tag_taken`.",
    ),
)
def change_tag(request: ApiRequest, code: UUID, body: TagName) -> Tag:
    tag = _get_tag(request, code)
    rename_tag(tag=tag, name=body.name)
    return Tag.of(tag)


@router.delete(
    "/tags/{uuid:code}",
    **write_endpoint(
        None, status=204, operation_id="delete_tag", summary="Delete a tag; sessions that had it stay"
    ),
)
def remove_tag(request: ApiRequest, code: UUID) -> Status[None]:
    delete_tag(tag=_get_tag(request, code))
    return Status(HTTPStatus.NO_CONTENT, None)


def _get_tag(request: ApiRequest, code: UUID) -> models.Tag:
    tag = get_object_or_404(manageable_by(request.auth.user, models.Tag.objects.all()), code=code)
    require(request.auth.user, Action.MANAGE, tag)
    return tag


@router.get(
    "/filters",
    **read_endpoint(Filters, errors=(), operation_id="list_filters", summary="List the user's saved filters"),
)
def get_filters(request: ApiRequest) -> Filters:
    return Filters(filters=[Filter.of(row) for row in list_filters(request.auth.user)])


@router.post(
    "/filters",
    **write_endpoint(
        Filter,
        errors=(),
        operation_id="save_filter",
        summary="Save a filter of the session list",
        description="It replaces the one with the same name.",
    ),
)
def create_filter(request: ApiRequest, body: NewFilter) -> Filter:
    query = urlencode(render_query(SearchForm(QueryDict(body.query)).search()))
    return Filter.of(save_filter(owner=request.auth.user, name=body.name, query=query))


@router.delete(
    "/filters/{uuid:code}",
    **write_endpoint(None, status=204, operation_id="delete_filter", summary="Delete a saved filter"),
)
def remove_filter(request: ApiRequest, code: UUID) -> Status[None]:
    row = get_object_or_404(manageable_by(request.auth.user, models.SavedFilter.objects.all()), code=code)
    require(request.auth.user, Action.MANAGE, row)
    delete_filter(row=row)
    return Status(HTTPStatus.NO_CONTENT, None)
