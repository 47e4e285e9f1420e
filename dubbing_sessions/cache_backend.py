"""Cache that processes share in Redis or Valkey; works while that restarts."""

from __future__ import annotations

import time
from typing import Any

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.retry import Retry

RETRY_INTERVAL = 2.0
"""Seconds in which a server that failed is not tried again: an unavailable host takes seconds to fail."""
CONNECTION_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    # One: after a restart of the server the first command uses a closed connection.
    "retry": Retry(NoBackoff(), 1),
}


class SharedCache(RedisCache):
    """Redis cache that uses the process's memory while the server is unavailable.

    It contains counters that limit sign-ins. They are less exact in that time, but users can sign in.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = params.pop("OPTIONS", {})
        super().__init__(server, {**params, "OPTIONS": {**CONNECTION_OPTIONS, **options}})
        self._memory = LocMemCache("shared-cache-fallback", {})
        self._unavailable_until = 0.0

    def _run(self, name: str, *args: Any, **options: Any) -> Any:
        if time.monotonic() >= self._unavailable_until:
            try:
                return getattr(super(), name)(*args, **options)
            except (redis.ConnectionError, redis.TimeoutError):
                self._unavailable_until = time.monotonic() + RETRY_INTERVAL
        return getattr(self._memory, name)(*args, **options)

    def add(self, *args: Any, **options: Any) -> Any:
        return self._run("add", *args, **options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self._run("get", *args, **options)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._run("set", *args, **options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self._run("touch", *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._run("delete", *args, **options)

    def get_many(self, *args: Any, **options: Any) -> Any:
        return self._run("get_many", *args, **options)

    def has_key(self, *args: Any, **options: Any) -> Any:
        return self._run("has_key", *args, **options)

    def incr(self, *args: Any, **options: Any) -> Any:
        return self._run("incr", *args, **options)

    def set_many(self, *args: Any, **options: Any) -> Any:
        return self._run("set_many", *args, **options)

    def delete_many(self, *args: Any, **options: Any) -> Any:
        return self._run("delete_many", *args, **options)

    def clear(self) -> Any:
        self._memory.clear()
        return self._run("clear")
