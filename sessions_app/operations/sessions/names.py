"""Names of sessions: unique per owner outside the trash."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.session_names import find_free_name, generate_session_name
from sessions_app.models import DubbingSession

MAX_NAME_TRIES = 5
"""Tries to write a free name: concurrent requests may take one between the query and the write."""


def suggest_name(*, owner: AbstractBaseUser, video_filename: str | None, now: datetime) -> str:
    """Return an automatic name that is free."""
    return find_free_name(generate_session_name(video_filename, now), list_folded_names(owner.pk))


def list_folded_names(owner_id: int) -> set[str]:
    """Return the folded names of the owner's sessions outside the trash."""
    return set(DubbingSession.objects.filter(owner_id=owner_id).live().values_list("folded_name", flat=True))
