"""Creation of sessions."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError

from dubbing_core.sentences import sentence
from dubbing_core.session_names import fold_session_name
from sessions_app.models import DubbingSession
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.sessions.names import MAX_NAME_TRIES, find_free_session_name, normalize_name


def create_session(*, owner: AbstractBaseUser, name: str, now: datetime) -> DubbingSession:
    """Create an empty session; if ``name`` is taken, a number is appended.

    :raises BadInputError: the name cannot be used.
    """
    requested = normalize_name(name)
    for _ in range(MAX_NAME_TRIES):
        free = find_free_session_name(owner.pk, requested)
        try:
            session = DubbingSession(
                owner_id=owner.pk,
                name=free,
                folded_name=fold_session_name(free),
                created_at=now,
                last_updated=now,
                last_accessed=now,
            )
            session.insert()
        except IntegrityError:
            continue  # a concurrent request took the name
        return session
    raise BadInputError(sentence("This name is taken. Choose another one."), code="name_taken")
