"""Calls that fail for the moment, and for good. A server of the standard library stands in where a real portal would have to be told to misbehave."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.errors import (
    SignedOutError,
    UnavailableError,
    UnreachableError,
)
from dubbing_client.retries import Cancelled, Retries, attempt

SOON = Retries(tries=6, first=0.001)


def test_what_may_work_later_is_tried_again_and_what_will_not_is_not(serve):
    answers = iter([(503, {"Retry_After": "0"}), (429, {}), (408, {}), (200, {})])

    def answer(handler: Any) -> None:
        status, headers = next(answers)
        handler.say(status, b'{"name": "alice"}', **headers)

    server = serve(answer)
    with Api(server.url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"
    assert len(server.requests) == 4
    refusing = serve(lambda handler: handler.say(401, b'{"code": "bad_token", "detail": "No."}'))
    with Api(refusing.url, "token", retries=SOON) as api, pytest.raises(SignedOutError) as caught:
        api.me()
    assert (caught.value.code, caught.value.exit_code, len(refusing.requests)) == ("bad_token", 3, 1)


def test_a_creating_call_is_repeated_under_the_same_key(serve):
    count = 0

    def answer(handler: Any) -> None:
        nonlocal count
        count += 1
        handler.body()
        handler.say(500 if count == 1 else 201, b'{"code": "c0de", "name": "x"}')

    server = serve(answer)
    with Api(server.url, "token", retries=SOON) as api:
        api.create_session("x")
    first, second = (headers["idempotency-key"] for _, _, headers in server.requests)
    assert first == second


def test_pauses_grow_and_the_portals_own_wish_counts():
    retries = Retries(first=1.0)
    assert 0.5 <= retries.pause(1) <= 1.0
    assert 4.0 <= retries.pause(4) <= 8.0
    assert retries.pause(50) <= 30.0
    assert retries.pause(1, asked=7.0) == 7.0


def test_a_try_that_came_further_counts_as_the_first_and_a_person_is_told():
    far, told = 0, []

    def action() -> int:
        nonlocal far
        far += far < 20
        if far < 20:
            raise UnreachableError("Gone.")
        return far

    assert attempt(action, retries=Retries(tries=2, first=0), progress=lambda: far) == 20
    with pytest.raises(UnreachableError):
        attempt(_fails, retries=Retries(tries=5, first=0), on_trouble=told.append)
    assert told == ["Gone. Trying again."]
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        attempt(_fails, retries=SOON, stop=stop)


def _fails() -> None:
    raise UnreachableError("Gone.")


def test_an_unavailable_portal_is_no_conflict():
    assert UnavailableError("Later.", status=503, code="storage").exit_code == 1
