"""Saved filters of the session list."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.sentences import sentence
from dubbing_core.session_names import fold_session_name
from sessions_app.models import SavedFilter
from sessions_app.models.saved_filter import FILTER_NAME_LENGTH, FILTER_QUERY_LENGTH
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.marks.names import normalize_mark_name

MAX_FILTERS = 50
"""Of one user."""


def save_filter(*, owner: AbstractBaseUser, name: str, query: str) -> SavedFilter:
    """Save a query of the list under a name; it replaces the one that has the name.

    :param query: in its normal form, without the page.
    :raises BadInputError: the name or query cannot be used, or there are too many filters.
    """
    name = normalize_mark_name(name, kind="filter", limit=FILTER_NAME_LENGTH)
    if not query:
        raise BadInputError(sentence("Choose what to filter by first, then save it."), code="filter_empty")
    if len(query) > FILTER_QUERY_LENGTH:
        raise BadInputError(
            sentence("This filter is too long to be saved. Shorten its text."),
            code="filter_too_long",
        )
    folded = fold_session_name(name)
    others = SavedFilter.objects.filter(owner_id=owner.pk).exclude(folded_name=folded)
    if others.count() >= MAX_FILTERS:
        raise BadInputError(
            sentence(
                "You can save at most %(max_filters)s filters. Delete one of them first.",
                max_filters=MAX_FILTERS,
            ),
            code="too_many_filters",
        )
    row, _ = SavedFilter.objects.update_or_create(
        owner_id=owner.pk,
        folded_name=folded,
        defaults={"name": name, "query": query},
        create_defaults={"code": uuid4(), "name": name, "query": query},
    )
    return row


def delete_filter(*, row: SavedFilter) -> None:
    """Delete a saved filter. Repeating it changes nothing."""
    SavedFilter.objects.filter(pk=row.pk).delete()
