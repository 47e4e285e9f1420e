"""Throttles: a growing delay between attempts."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet

from sessions_app.models import ThrottleHit
from sessions_app.operations.errors import ThrottledError

RETENTION = timedelta(days=1)
"""The longest window of a throttle."""

MAX_DOUBLINGS = 20
"""More would only overflow: the delay has been the longest one for a while."""


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """A rule for a growing delay.

    Some attempts are free; each further one waits twice as long as the one before.
    """

    name: str
    free: int
    """Attempts without a delay."""
    shortest: timedelta
    longest: timedelta
    window: timedelta
    """Time after which an attempt no longer counts, at most `RETENTION`."""

    def on(self, subject: str) -> ThrottledSubject:
        return ThrottledSubject(throttle=self, subject=subject)

    def get_delay(self, count: int) -> timedelta:
        """Return the delay after the last of ``count`` attempts."""
        if count < self.free:
            return timedelta(0)
        factor: int = 2 ** min(count - self.free, MAX_DOUBLINGS)
        return min(self.shortest * factor, self.longest)


@dataclass(frozen=True, kw_only=True)
class ThrottledSubject:
    """A throttle applied to one subject, such as an address."""

    throttle: Throttle
    subject: str

    @property
    def key(self) -> str:
        text = f"{self.throttle.name}\0{self.subject}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    def get_wait(self, *, now: datetime, without: Sequence[int] = ()) -> timedelta:
        """Return the time until the next attempt is allowed.

        :param without: ids of hits that do not count.
        """
        counted = ThrottleHit.objects.filter(key=self.key, made_at__gt=now - self.throttle.window)
        found = counted.exclude(pk__in=without).aggregate(count=Count("pk"), last=Max("made_at"))
        if found["last"] is None:
            return timedelta(0)
        until: datetime = found["last"] + self.throttle.get_delay(found["count"])
        return max(timedelta(0), until - now)


def record_hit(subjects: Sequence[ThrottledSubject], *, now: datetime) -> list[int]:
    """Count an attempt at each subject; return the ids of its hits.

    A refused attempt does not count, so that the wait is exact.

    :raises ThrottledError: one of the throttles does not allow it yet.
    """
    _require_allowed(subjects, now=now)
    hits = ThrottleHit.objects.bulk_create(ThrottleHit(key=subject.key, made_at=now) for subject in subjects)
    ids = [hit.pk for hit in hits]
    try:
        # Again: of concurrent attempts, at least the last one to be stored is aware of all others.
        _require_allowed(subjects, now=now, without=ids)
    except ThrottledError:
        forget_hits(ids)
        raise
    return ids


def forget_hits(ids: Sequence[int]) -> None:
    """Stop counting an attempt: it succeeded."""
    ThrottleHit.objects.filter(pk__in=ids).delete()


def get_old_hits(*, now: datetime) -> QuerySet[ThrottleHit]:
    """Return hits that no throttle counts any longer."""
    return ThrottleHit.objects.filter(made_at__lte=now - RETENTION)


def _require_allowed(
    subjects: Sequence[ThrottledSubject], *, now: datetime, without: Sequence[int] = ()
) -> None:
    wait = max(subject.get_wait(now=now, without=without) for subject in subjects)
    if wait:
        raise ThrottledError(math.ceil(wait.total_seconds()))
