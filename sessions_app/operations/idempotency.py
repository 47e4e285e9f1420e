"""Idempotency: a request with a key runs once, and its response is replayed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from dubbing_core.sentences import sentence
from sessions_app.models import IdempotencyRecord
from sessions_app.operations.errors import NotAllowedError


@dataclass(frozen=True, kw_only=True)
class RecordedResponse:
    """A response that is returned now and replayed later."""

    status: int
    body: str
    """JSON."""
    location: str = ""
    replay_body: str = ""
    """Replaces the body in replays if that contains a secret."""


@dataclass(frozen=True, kw_only=True)
class OnceResult:
    response: RecordedResponse
    is_replay: bool


class KeyReusedError(NotAllowedError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"


def run_once(
    *,
    owner: AbstractBaseUser,
    key: str,
    fingerprint: str,
    act: Callable[[], RecordedResponse],
    now: datetime,
) -> OnceResult:
    """Act and record the response, or return the recorded one of the same request.

    Of two concurrent requests the second waits for the first: the database lets one insert the key. A refusal records nothing.

    :raises KeyReusedError: the key was used for another request.
    """
    with transaction.atomic():
        get_expired_records(now=now).filter(owner_id=owner.pk, key=key).delete()
        row, is_new = IdempotencyRecord.objects.get_or_create(
            owner_id=owner.pk,
            key=key,
            # The status is not known yet; no other transaction sees the row before it is.
            defaults={"fingerprint": fingerprint, "status": 200, "body": "", "created_at": now},
        )
        if not is_new:
            if row.fingerprint != fingerprint:
                raise KeyReusedError(
                    sentence(
                        "This Idempotency-Key was used for another request. Generate a new key for each request."
                    )
                )
            recorded = RecordedResponse(status=row.status, body=row.body, location=row.location)
            return OnceResult(response=recorded, is_replay=True)
        response = act()
        row.status, row.location = response.status, response.location
        row.body = response.replay_body or response.body
        row.save(update_fields=["status", "location", "body"])
    return OnceResult(response=response, is_replay=False)


def get_expired_records(*, now: datetime) -> QuerySet[IdempotencyRecord]:
    """Return the records past their lifetime."""
    return IdempotencyRecord.objects.filter(created_at__lte=now - settings.IDEMPOTENCY_RETENTION)
