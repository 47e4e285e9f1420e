"""Names of sessions: unique per owner outside the trash."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import islice

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.session_names import fold_session_name, generate_session_name, iter_numbered_names
from sessions_app.models import DubbingSession
from sessions_app.models.bulk import ROWS_PER_STATEMENT

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
