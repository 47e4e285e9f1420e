"""How often somebody may ask: so many requests a minute, counted in the cache that all web processes share."""

from __future__ import annotations

import time
from http import HTTPStatus

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from sessions_app.api.problems import Refused

WINDOW = 60
"""Seconds. A window begins with the clock's minute, so that counting needs one number a minute."""
FAILURES_A_MINUTE = 30


def seconds_left(*, limit: int, who: str, at: float) -> int:
    """Count one request; return 0 while there were no more than ``limit`` this minute, else when the next one begins."""
    window = int(at // WINDOW)
    key = f"api-rate:{who}:{window}"
    cache.add(key, 0, timeout=2 * WINDOW)
    try:
        count = cache.incr(key)
    except ValueError:  # it was evicted between the two
        return 0
    return 0 if count <= limit else max(1, int((window + 1) * WINDOW - at))


def too_many(seconds: int, detail: str) -> Refused:
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        "rate_limited",
        f"{detail} Go on in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
    )


def count_failure(request: HttpRequest) -> None:
    """Count a token that does not work, by the address it came from.

    :raises Refused: there were too many lately. A token that works is never refused for others' failures.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if seconds := seconds_left(limit=FAILURES_A_MINUTE, who=f"failed:{address}", at=time.time()):
        raise too_many(seconds, "Too many tokens that do not work came from your address.")


class PerCaller(BaseThrottle):
    """Counts the requests of a token, or of a person's browser."""

    def allow_request(self, request: HttpRequest) -> bool:
        caller = request.auth  # type: ignore[attr-defined]  # a Caller: throttles run after it is known
        who = f"token:{caller.token.pk}" if caller.token else f"user:{caller.user.pk}"
        return not seconds_left(limit=settings.API_RATE_PER_MINUTE, who=who, at=time.time())

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW
