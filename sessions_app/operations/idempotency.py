"""Does what a request with a key asks for once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from sessions_app.models import IdempotencyRecord
from sessions_app.operations.errors import NotAllowedError

KEPT = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: str
    """JSON."""
    location: str = ""
    kept_body: str = ""
    """What is kept instead of the body, where that holds a secret."""


@dataclass(frozen=True, kw_only=True)
class Given:
    answer: Answer
    is_replay: bool


class KeyReusedError(NotAllowedError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"


def once(
    *, owner: AbstractBaseUser, key: str, fingerprint: str, act: Callable[[], Answer], now: datetime
) -> Given:
    """Act and keep the answer, or return the one that was kept for the same request.

    Of two that come at once the second waits for the first: the database lets one insert the key. A refusal keeps nothing.

    :raises KeyReusedError: another request had this key.
    """
    with transaction.atomic():
        IdempotencyRecord.objects.filter(owner_id=owner.pk, key=key, created_at__lte=now - KEPT).delete()
        row, is_new = IdempotencyRecord.objects.get_or_create(
            owner_id=owner.pk,
            key=key,
            # The status is not known yet; nobody sees the row before it is.
            defaults={"fingerprint": fingerprint, "status": 200, "body": "", "created_at": now},
        )
        if not is_new:
            if row.fingerprint != fingerprint:
                raise KeyReusedError(
                    "This Idempotency-Key was used for another request. Make up a new one for each request."
                )
            kept = Answer(status=row.status, body=row.body, location=row.location)
            return Given(answer=kept, is_replay=True)
        answer = act()
        row.status, row.location, row.body = answer.status, answer.location, answer.kept_body or answer.body
        row.save(update_fields=["status", "location", "body"])
    return Given(answer=answer, is_replay=False)


def forget(*, now: datetime) -> int:
    """Give up answers that are too old to be asked for again; return how many."""
    count, _ = IdempotencyRecord.objects.filter(created_at__lte=now - KEPT).delete()
    return count
