"""Tags: put on sessions, taken off, renamed, deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Count

from dubbing_core.sentences import sentence
from dubbing_core.session_names import fold_session_name
from sessions_app.models import DubbingSession, SessionChange, SessionTag, Tag
from sessions_app.models.bulk import ROWS_PER_STATEMENT, select_numbers
from sessions_app.models.tag import TAG_NAME_LENGTH
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.marks.names import normalize_mark_name

MAX_TAGS = 20
"""Of one session."""
MAX_OWNER_TAGS = 200
"""Of one owner, so that they fit into the filter."""
SEPARATOR = ","


def split_tags(text: str) -> list[str]:
    """Return the names in a typed list."""
    return [name for name in map(str.strip, text.split(SEPARATOR)) if name]


def normalize_tag(raw: str) -> str:
    """Return a tag's name in its normal form.

    :raises BadInputError: it cannot be used.
    """
    name = normalize_mark_name(raw, kind="tag", limit=TAG_NAME_LENGTH)
    if SEPARATOR in name:
        raise BadInputError(
            sentence("A tag cannot contain a comma. Add the tags one by one."), code="name_comma"
        )
    return name


def change_tags(
    *,
    sessions: Collection[DubbingSession],
    user: AbstractBaseUser,
    now: datetime,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> None:
    """Put tags on sessions and take others off. Repeating it changes nothing.

    A tag that no session has any more is deleted.

    :param sessions: that the caller may edit; a tag is its session owner's.
    :param user: who changes them, for the activity of the sessions.
    :raises BadInputError: a name cannot be used, or a session or its owner would have too many tags.
    """
    added = {fold_session_name(name): name for name in map(normalize_tag, add)}
    removed = {fold_session_name(" ".join(name.split())) for name in remove} - set(added)
    by_owner: dict[int, list[int]] = {}
    for session in sessions:
        by_owner.setdefault(session.owner_id, []).append(session.pk)
    with transaction.atomic():
        for owner_id, keys in sorted(by_owner.items()):
            tags = _lock_tags(owner_id, added, removed)
            changes = _find_changes(tags, keys, added)
            for change in changes:
                change.changed_by_id, change.changed_at = user.pk, now
            SessionChange.objects.bulk_create(changes, ROWS_PER_STATEMENT)
            for tag in tags:
                if tag.folded_name in added:
                    rows = (SessionTag(tag=tag, session_id=key) for key in keys)
                    SessionTag.objects.bulk_create(rows, ROWS_PER_STATEMENT, ignore_conflicts=True)
                else:
                    SessionTag.objects.filter(tag=tag, session__in=select_numbers(keys)).delete()
            if added:
                _check_limits(owner_id, keys)
            unused = [tag.pk for tag in tags if tag.folded_name in removed]
            Tag.objects.filter(pk__in=unused, session_rows__isnull=True).delete()


def _lock_tags(owner_id: int, added: dict[str, str], removed: Collection[str]) -> list[Tag]:
    """Return the owner's tags of these names, made where they are missing.

    They stay locked, so that none is deleted while it is put on a session.
    """
    rows = Tag.objects.filter(owner_id=owner_id, folded_name__in=[*added, *removed])
    rows = rows.order_by("folded_name").select_for_update()
    found = list(rows)
    missing = added.keys() - {tag.folded_name for tag in found}
    if missing:
        new = (
            Tag(code=uuid4(), owner_id=owner_id, name=added[folded], folded_name=folded)
            for folded in sorted(missing)
        )
        Tag.objects.bulk_create(new, ignore_conflicts=True)
        found = list(rows.all())
    return found


def _find_changes(tags: list[Tag], keys: list[int], added: Collection[str]) -> list[SessionChange]:
    """Return what changes on each session.

    Tags that it lacks are added, those that it has are removed.

    :param added: folded names of the tags that are added; the others are removed.
    """
    rows = SessionTag.objects.filter(tag__in=tags, session__in=select_numbers(keys))
    present: dict[int, set[int]] = defaultdict(set)
    for session_id, tag_id in rows.values_list("session_id", "tag_id"):
        present[session_id].add(tag_id)
    changes = (
        SessionChange(
            session_id=key,
            kind=SessionChange.Kind.TAGGED,
            added_tags=[tag.name for tag in tags if tag.folded_name in added and tag.pk not in present[key]],
            removed_tags=[
                tag.name for tag in tags if tag.folded_name not in added and tag.pk in present[key]
            ],
        )
        for key in keys
    )
    return [change for change in changes if change.added_tags or change.removed_tags]


def _check_limits(owner_id: int, keys: Collection[int]) -> None:
    rows = SessionTag.objects.filter(session__in=select_numbers(keys)).values("session")
    if rows.annotate(count=Count("pk")).filter(count__gt=MAX_TAGS).exists():
        raise BadInputError(
            sentence(
                "A session can have at most %(max_tags)s tags. Remove one of them first.", max_tags=MAX_TAGS
            ),
            code="too_many_tags",
        )
    if Tag.objects.filter(owner_id=owner_id).count() > MAX_OWNER_TAGS:
        raise BadInputError(
            sentence(
                "You can have at most %(max_owner_tags)s different tags. Delete one of them first.",
                max_owner_tags=MAX_OWNER_TAGS,
            ),
            code="too_many_tags",
        )


def rename_tag(*, tag: Tag, name: str) -> None:
    """Give a tag another name, on all sessions that have it.

    :raises BadInputError: the name cannot be used.
    :raises NotAllowedError: `tag_taken`, another tag has it.
    """
    tag.name = normalize_tag(name)
    tag.folded_name = fold_session_name(tag.name)
    try:
        with transaction.atomic():
            tag.save(update_fields=["name", "folded_name"])
    except IntegrityError:
        raise NotAllowedError(
            sentence("There is a tag “%(name)s” already. Choose another name.", name=tag.name),
            code="tag_taken",
        ) from None


def delete_tag(*, tag: Tag) -> None:
    """Delete a tag and take it off all sessions."""
    with transaction.atomic():
        Tag.objects.select_for_update().filter(pk=tag.pk).first()
        Tag.objects.filter(pk=tag.pk).delete()
