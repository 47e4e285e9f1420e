"""Names of sessions: unique per owner outside the trash."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.sentences import sentence
from dubbing_core.session_names import (
    SessionNameError,
    fold_session_name,
    generate_session_name,
    iter_numbered_names,
    normalize_session_name,
)
from sessions_app.models import DubbingSession
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.errors import BadInputError

MAX_NAME_TRIES = 5
"""Tries to write a free name: concurrent requests may take one between the query and the write."""
FIRST_CANDIDATES = 4
"""Names that the first query looks up; later ones look up four times as many each."""


def suggest_name(*, owner: AbstractBaseUser, video_filename: str | None, now: datetime) -> str:
    """Return an automatic name that is free."""
    return find_free_session_name(owner.pk, generate_session_name(video_filename, now))


def find_free_session_name(owner_id: int, name: str, *, reserved: Collection[str] = ()) -> str:
    """Return the name, or the first free one of `name_2`, `name_3` ...

    Looks up these names alone, in the index of the unique constraint: the owner's other sessions do not matter.

    :param reserved: folded names that are not free either.
    """
    names, count = iter_numbered_names(name), FIRST_CANDIDATES
    while True:
        candidates = [(each, fold_session_name(each)) for each in islice(names, count)]
        rows = DubbingSession.objects.filter(
            owner_id=owner_id, folded_name__in=[fold for _, fold in candidates]
        )
        taken = {*rows.live().values_list("folded_name", flat=True), *reserved}
        for candidate, folded in candidates:
            if folded not in taken:
                return candidate
        count = min(4 * count, ROWS_PER_STATEMENT)


def normalize_name(name: str) -> str:
    """Return a typed name in its normal form.

    :raises BadInputError: it cannot be used.
    """
    try:
        return normalize_session_name(name)
    except SessionNameError as error:
        raise BadInputError(str(error), code=error.code) from error


@dataclass(frozen=True, kw_only=True)
class NameCheck:
    """Whether a session can have a name."""

    name: str
    """In its normal form; as typed if it is invalid."""
    code: str = ""
    """Why it cannot be used: as of `SessionNameError`, or `name_taken`; empty if it can."""
    message: str = ""
    """The reason for the user."""
    free_name: str = ""
    """With `name_taken`: a similar name that is free."""


def check_name(*, owner_id: int, name: str, session: DubbingSession | None = None) -> NameCheck:
    """Check whether a new session, or ``session``, can have a name."""
    try:
        normal = normalize_name(name)
    except BadInputError as error:
        return NameCheck(name=name, code=error.code, message=error.message)
    same_name = DubbingSession.objects.live().filter(owner_id=owner_id, folded_name=fold_session_name(normal))
    if session is not None:
        same_name = same_name.exclude(pk=session.pk)
    if not same_name.exists():
        return NameCheck(name=normal)
    free = find_free_session_name(owner_id, normal)
    message = sentence(
        "There is already a session “%(normal)s”. “%(free)s” is free.", normal=normal, free=free
    )
    return NameCheck(name=normal, code="name_taken", message=message, free_name=free)
