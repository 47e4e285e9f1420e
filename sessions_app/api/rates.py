"""Rate limits: requests per minute and caller, in a moving window."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from http import HTTPStatus

import redis
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from ninja.throttling import BaseThrottle

from dubbing_sessions.cache_backend import CONNECTION_OPTIONS, RETRY_INTERVAL
from sessions_app.api.problems import ProblemError
from sessions_app.http.addresses import client_address

WINDOW_SECONDS = 60
FAILURES_PER_MINUTE = 30
MAX_KEYS_IN_MEMORY = 1000


class RequestCounter:
    """Counter of accepted requests per key.

    All web processes share it in Redis or Valkey. While that is unavailable, each process counts in its memory.
    """

    def __init__(self, redis_url: str) -> None:
        self._shared = _create_shared(redis_url) if redis_url else None
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._unavailable_until = 0.0

    def count(self, key: str, *, limit: int) -> int:
        """Count a request; return 0, or if it is refused, the seconds to wait.

        Refused requests do not count, so the wait is exact.

        :param limit: accepted requests per minute, at least 1.
        """
        if self._shared is not None and time.monotonic() >= self._unavailable_until:
            try:
                return self._count(self._shared, key, limit)
            except (redis.ConnectionError, redis.TimeoutError):
                self._unavailable_until = time.monotonic() + RETRY_INTERVAL
        self._limit_memory()
        return self._count(self._memory, key, limit)

    def _count(self, limiter: MovingWindowRateLimiter, key: str, limit: int) -> int:
        rate = RateLimitItemPerMinute(limit)
        if limiter.hit(rate, key):
            return 0
        reset = limiter.get_window_stats(rate, key).reset_time
        # A request passes once the oldest one is more than a minute old, so an exact second is one too early.
        return max(1, math.floor(reset - time.time()) + 1)

    def clear(self) -> None:
        """Discard all counts."""
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        if self._shared is not None:
            with suppress(redis.ConnectionError, redis.TimeoutError):
                self._shared.storage.reset()

    def _limit_memory(self) -> None:
        # MemoryStorage never drops a key, and visits all of them with each request.
        storage = self._memory.storage
        if isinstance(storage, MemoryStorage) and len(storage.events) > MAX_KEYS_IN_MEMORY:
            # A new storage: `reset` would fail concurrent requests.
            self._memory = MovingWindowRateLimiter(MemoryStorage())


def _create_shared(redis_url: str) -> MovingWindowRateLimiter:
    # `from_url` supports all schemes of Django's cache, `unix://` included; the URLs of limits do not.
    pool = redis.ConnectionPool.from_url(redis_url, **CONNECTION_OPTIONS)
    return MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix="api-rate"))


counter = RequestCounter(settings.CACHE_URL)


def too_many_requests(seconds: int, detail: str) -> ProblemError:
    advice = ngettext("Try again in %(count)s second.", "Try again in %(count)s seconds.", seconds)
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "rate_limited",
        f"{detail} {advice % {'count': seconds}}",
        headers={"Retry-After": str(seconds)},
    )


def count_failure(request: HttpRequest) -> None:
    """Count an invalid token, by client address.

    :raises ProblemError: there were too many within a minute. A valid token is never refused for failures of others.
    """
    if seconds := counter.count(f"failed:{client_address(request)}", limit=FAILURES_PER_MINUTE):
        raise too_many_requests(
            seconds, gettext("Too many invalid access tokens were sent from your address.")
        )


class CallerThrottle(BaseThrottle):
    """Limit on the requests of an access token, or of a user's browser."""

    def __init__(self) -> None:
        # One instance serves all requests of an endpoint; Ninja calls `wait` right after a refusal, in the same thread.
        self._local = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        caller = request.auth  # type: ignore[attr-defined]  # a Caller: Ninja authenticates before it throttles
        key = f"token:{caller.token.pk}" if caller.token else f"user:{caller.user.pk}"
        self._local.wait = counter.count(key, limit=settings.API_RATE_PER_MINUTE)
        return not self._local.wait

    def wait(self) -> float:
        seconds: int = self._local.wait
        return seconds
