"""Tags, stars and stale results of the owners of a generated portal."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from sessions_app.models import DubbingSession, SessionTag, Star, Tag

SHARES = {"half": 2, "hundredth": 100, "rare": 4000}
"""Tags, each on one of so many sessions."""
STARRED, STALE = 1000, 50
"""One of so many sessions has a star, or a stale result."""


@transaction.atomic
def add_marks(username: str) -> None:
    """Write the marks of an owner, unless an earlier run has."""
    owner = User.objects.get(username=username)
    if Tag.objects.filter(owner=owner, name__in=SHARES).exists():
        return
    keys = list(DubbingSession.objects.live().filter(owner=owner).order_by("pk").values_list("pk", flat=True))
    for name, share in SHARES.items():
        tag = Tag.objects.create(owner=owner, name=name, folded_name=name)
        SessionTag.objects.bulk_create(SessionTag(tag=tag, session_id=key) for key in keys[::share])
    Star.objects.bulk_create(Star(user=owner, session_id=key) for key in keys[::STARRED])
    stale = keys[::STALE]
    for start in range(0, len(stale), 500):
        DubbingSession.objects.filter(pk__in=stale[start : start + 500]).update(has_stale=True)
