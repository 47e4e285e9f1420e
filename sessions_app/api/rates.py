"""How often somebody may ask: so many requests a minute, counted in the cache that all web processes share.

A minute that ends now still has a share of the clock's minute before, and that share of its requests counts beside those of
the current one. So two numbers a caller suffice, and around the turn of a minute no more pass than at any other time.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from time import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from sessions_app.api.problems import Refused
from sessions_app.http.addresses import client_address

WINDOW = 60
"""Seconds. Everything is counted in whole ones, as Retry-After is: so a wait that is told is neither too short nor too long."""
FAILURES_A_MINUTE = 30


def seconds_to_wait(*, limit: int, who: str, at: float) -> int:
    """Count one request and return 0; or leave it uncounted and return when the next one passes, if no other comes meanwhile.

    :param limit: requests a minute, at least 1.
    """
    window, elapsed = divmod(int(at), WINDOW)
    key, earlier = (f"api-rate:{who}:{number}" for number in (window, window - 1))
    counts: dict[str, int] = cache.get_many([key, earlier])
    before = counts.get(earlier, 0)
    if seconds := _wait(limit=limit, before=before, count=counts.get(key, 0), elapsed=elapsed):
        return seconds
    if key not in counts:
        cache.add(key, 0, timeout=2 * WINDOW)
    # Others may have been counted since we looked: whoever is one too many takes the count back.
    seconds = _wait(limit=limit, before=before, count=_change(key, 1) - 1, elapsed=elapsed)
    if seconds:
        _change(key, -1)
    return seconds


def _wait(*, limit: int, before: int, count: int, elapsed: int) -> int:
    """Return the seconds until one request more passes, 0 if it does now.

    :param before: requests in the window before the current one.
    :param count: requests in the current one, of which ``elapsed`` seconds are over.
    """
    if before + count < limit:
        return 0
    if count < limit:  # as soon as the earlier ones count little enough
        fading, room, begin = before, limit - 1 - count, 0
    else:  # in the next window, when these do
        fading, room, begin = count, limit - 1, WINDOW
    # The first second at which fading * (WINDOW - second) / WINDOW is not above room.
    return max(0, begin + WINDOW - room * WINDOW // fading - elapsed)


def _change(key: str, by: int) -> int:
    try:
        return cache.incr(key, by)
    except ValueError:  # it was evicted meanwhile
        return max(0, by)


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
    who = f"failed:{client_address(request)}"
    if seconds := seconds_to_wait(limit=FAILURES_A_MINUTE, who=who, at=time()):
        raise too_many(seconds, "Too many tokens that do not work came from your address.")


class PerCaller(BaseThrottle):
    """Counts the requests of a token, or of a person's browser."""

    def __init__(self) -> None:
        # One object serves all requests of an operation; ninja asks for the wait right after a refusal, in the same thread.
        self._refused = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        caller = request.auth  # type: ignore[attr-defined]  # a Caller: throttles run after it is known
        who = f"token:{caller.token.pk}" if caller.token else f"user:{caller.user.pk}"
        self._refused.seconds = seconds_to_wait(limit=settings.API_RATE_PER_MINUTE, who=who, at=time())
        return not self._refused.seconds

    def wait(self) -> float:
        seconds: int = self._refused.seconds
        return seconds
