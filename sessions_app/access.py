"""Access rules: the one module that decides who may see and do what.

- A user may do everything with rows that they own, and nothing with other rows, which do not exist for them.
- A session that was deleted permanently does not exist for its owner either, nor do its versions.
- The bearer of a share link may see its export while the link is usable.
- Operators inspect and clean up all rows on the admin site, by Django's permissions for the row's model.

Views, API operations, admin actions, commands and jobs ask this module; no other compares owners or filters by owner to decide on access.
Filtering by owner for accounting (quotas, unique names) is not access.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField, ExpressionWrapper, F, Model, QuerySet

from sessions_app.models import (
    AccessToken,
    DubbingSession,
    Entry,
    Export,
    Job,
    OwnerTotals,
    SavedFilter,
    SessionArchive,
    SessionChange,
    SessionLanguage,
    SessionTag,
    Share,
    Star,
    Tag,
    Upload,
    Version,
)

Actor = AbstractBaseUser | AnonymousUser
Rows = TypeVar("Rows", bound=QuerySet[Any])

OWNER_FIELDS: dict[type[Model], str] = {
    AccessToken: "owner_id",
    DubbingSession: "owner_id",
    Entry: "session__owner_id",
    Export: "owner_id",
    Job: "owner_id",
    OwnerTotals: "owner_id",
    SavedFilter: "owner_id",
    SessionArchive: "owner_id",
    SessionChange: "session__owner_id",
    SessionLanguage: "owner_id",
    SessionTag: "tag__owner_id",
    Share: "created_by_id",
    Star: "user_id",
    Tag: "owner_id",
    Upload: "owner_id",
    Version: "session__owner_id",
}
"""Path from a row to the id of its owner. Rows of other models are visible to operators only."""

DELETION_FIELDS: dict[type[Model], str] = {
    DubbingSession: "deleted_at",
    Entry: "session__deleted_at",
    SessionChange: "session__deleted_at",
    Version: "session__deleted_at",
}
"""Path from a row to the time when its session was deleted permanently. Garbage collection deletes the rows soon after."""


class Action(StrEnum):
    """Action of a user on a row."""

    VIEW = "view"
    """See, download and export."""
    EDIT = "edit"
    """Change the contents: save and restore versions, import, upload, cancel and retry jobs."""
    MANAGE = "manage"
    """Decide on the whole: share, revoke, move to the trash and back."""


def visible_to(user: Actor, rows: Rows) -> Rows:
    """Return those of the rows that the user may see."""
    if user.pk is None:
        return rows.none()
    conditions: dict[str, Any] = {OWNER_FIELDS[rows.model]: user.pk}
    if rows.model in DELETION_FIELDS:
        conditions[f"{DELETION_FIELDS[rows.model]}__isnull"] = True
    return rows.filter(**conditions)


def visible_among(user: Actor, rows: Rows) -> Rows:
    """Return those of a few rows that the user may see.

    Other conditions select the rows. SQLite, which has no statistics, would look them up among all rows of the user; it
    has no index of the expression.
    """
    if user.pk is None:
        return rows.none()
    assert rows.model not in DELETION_FIELDS
    owner = ExpressionWrapper(F(OWNER_FIELDS[rows.model]) + 0, output_field=BigIntegerField())
    return rows.alias(row_owner=owner).filter(row_owner=user.pk)


def manageable_by(user: Actor, rows: Rows) -> Rows:
    """Return those of the rows that the user may manage: those that they see."""
    return visible_to(user, rows)


def visible_owners(user: Actor) -> list[int]:
    """Return the owners of rows that the user may see; indexes begin with the owner."""
    return [] if user.pk is None else [user.pk]


def can(user: Actor, action: Action, row: Model) -> bool:
    """Return whether the user may do this with the row.

    Owners may do everything, so the action does not matter yet.
    """
    assert action in Action
    if type(row) in DELETION_FIELDS and _follow(row, DELETION_FIELDS[type(row)]) is not None:
        return False
    return user.pk is not None and _follow(row, OWNER_FIELDS[type(row)]) == user.pk


def _follow(row: Model, path: str) -> Any:
    value: Any = row
    for name in path.split("__"):
        value = getattr(value, name)
    return value


def require(user: Actor, action: Action, row: Model) -> None:
    """Check that the user may do this with the row.

    :raises PermissionDenied: they may not.
    """
    if not can(user, action, row):
        raise PermissionDenied


def usable_shares(*, now: datetime) -> QuerySet[Share]:
    """Return the links whose bearers may see the export.

    They are not revoked, not expired, and their session is not in the trash.
    """
    return Share.objects.filter(
        revoked_at__isnull=True, expires_at__gt=now, export__version__session__trashed_at__isnull=True
    )


def can_inspect(user: Actor, model: type[Model]) -> bool:
    """Return whether an operator may see all rows of a model on the admin site."""
    return _has_permission(user, "view", model) or can_clean_up(user, model)


def can_clean_up(user: Actor, model: type[Model]) -> bool:
    """Return whether an operator may run the admin actions on any row of a model."""
    return _has_permission(user, "change", model)


def _has_permission(user: Actor, action: str, model: type[Model]) -> bool:
    options = model._meta  # noqa: SLF001 (`_meta` is documented API)
    return isinstance(user, PermissionsMixin | AnonymousUser) and user.has_perm(
        f"{options.app_label}.{action}_{options.model_name}"
    )
