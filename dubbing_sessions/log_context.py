"""Ids in log lines: of the request or the job that caused them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

IDS: ContextVar[dict[str, str]] = ContextVar("ids", default={})  # noqa: B039 (never changed)


@contextmanager
def log_context(**ids: str) -> Iterator[None]:
    """Add ids to the lines that this thread logs during the block."""
    token = IDS.set({**IDS.get(), **ids})
    try:
        yield
    finally:
        IDS.reset(token)


class ContextFilter(logging.Filter):
    """Log filter that adds the ids to records, as text also in ``context``."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs statuses after all middleware, with the request.
        request_id = getattr(getattr(record, "request", None), "id", "")
        ids = {**({"request": request_id} if request_id else {}), **IDS.get()}
        for name, value in ids.items():
            setattr(record, f"{name}_id", value)
        record.context = "".join(f" [{name} {value}]" for name, value in ids.items())
        return True
