"""Conditions of searches on the admin site.

Indexes serve all of them; users alone are few enough to be read.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from dubbing_core.session_names import fold_session_name
from sessions_app.models import Blob, DubbingSession
from sessions_app.models.session_text import find_all_sessions_with_text

MAX_MATCHES = 100
"""Sessions, users or blobs whose rows a search lists."""
NOTHING = Q(pk__in=())
SHA256_LENGTH = 64
_SHA256 = re.compile(r"[0-9a-f]{6,64}")
_AFTER_HEX = "g"
"""Follows every hexadecimal digit in every collation."""


def parse_code(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None


def has_sha256(term: str, *, field: str = "sha256") -> Q | None:
    """Return the condition for a SHA-256 or the start of one.

    Returns None if the term is neither.
    """
    term = term.lower()
    if not _SHA256.fullmatch(term):
        return None
    if len(term) == SHA256_LENGTH:
        return Q(**{field: term})
    return Q(**{f"{field}__gte": term, f"{field}__lt": term + _AFTER_HEX})


def find_blobs(term: str) -> list[int]:
    condition = has_sha256(term)
    return (
        []
        if condition is None
        else list(Blob.objects.filter(condition).values_list("pk", flat=True)[:MAX_MATCHES])
    )


def find_users(term: str) -> list[int]:
    """Return the ids of users whose name or e-mail address contains the term."""
    users = User.objects.filter(Q(username__icontains=term) | Q(email__icontains=term))
    return list(users.values_list("pk", flat=True)[:MAX_MATCHES])


def find_sessions(term: str) -> list[int]:
    """Return the ids of sessions with this code, or with the term in their name.

    The last updated first.
    """
    if code := parse_code(term):
        return list(DubbingSession.objects.filter(code=code).values_list("pk", flat=True))
    named = list_named_sessions(term).order_by("-last_updated", "-pk")
    return list(named.values_list("pk", flat=True)[:MAX_MATCHES])


def list_named_sessions(term: str) -> QuerySet[DubbingSession]:
    """Return the sessions of all owners with the term in their name."""
    folded = fold_session_name(term)
    # The index also has the name of the video, by which operators do not search.
    return DubbingSession.objects.filter(find_all_sessions_with_text(folded), folded_name__contains=folded)
