"""Calls that fail for the moment, and for good. A server of the standard library stands in where a real portal would have to be told to misbehave."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.errors import (
    ConfigError,
    Problem,
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
        handler.respond(status, b'{"name": "alice"}', **headers)

    server = serve(answer)
    with Api(server.url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"
    assert len(server.requests) == 4
    refusing = serve(lambda handler: handler.respond(401, b'{"code": "bad_token", "detail": "No."}'))
    with Api(refusing.url, "token", retries=SOON) as api, pytest.raises(SignedOutError) as caught:
        api.me()
    assert (caught.value.code, caught.value.exit_code, len(refusing.requests)) == ("bad_token", 3, 1)


def test_a_creating_call_is_repeated_under_the_same_key(serve):
    count = 0

    def answer(handler: Any) -> None:
        nonlocal count
        count += 1
        handler.body()
        handler.respond(500 if count == 1 else 201, b'{"code": "c0de", "name": "x"}')

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


# -- Answers ------------------------------------------------------------------------------------------------------------


def test_an_answer_may_come_zipped(serve):
    def answer(handler: Any) -> None:
        assert handler.headers["Accept-Encoding"] == "gzip"
        handler.respond(200, gzip.compress(b'{"name": "alice"}'), Content_Encoding="gzip")

    with Api(serve(answer).url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"


def test_an_answer_that_is_cut_off_or_no_gzip_is_asked_for_again(serve):
    zipped = gzip.compress(b'{"name": "alice"}')
    bodies = iter([b"no gzip", zipped[:-9], zipped])
    server = serve(lambda handler: handler.respond(200, next(bodies), Content_Encoding="gzip"))
    with Api(server.url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"
    assert len(server.requests) == 3


def test_a_portal_that_has_moved_says_where_it_is(serve):
    server = serve(lambda handler: handler.respond(301, Location="https://new.example.com/api/v1/me"))
    with (
        Api(server.url, "token", retries=SOON) as api,
        pytest.raises(ConfigError, match=r"The portal is at https://new\.example\.com now: sign in there\."),
    ):
        api.me()
    assert len(server.requests) == 1


def test_a_session_that_is_as_it_was_is_not_sent_again(serve):
    server = serve(lambda handler: handler.respond(304, ETag='"v3"'))
    with Api(server.url, "token", retries=SOON) as api:
        assert api.session_unless("c0de", etag='"v3"') is None
    assert server.requests[0][2]["if-none-match"] == '"v3"'


def test_a_refusal_may_be_long(serve):
    lost = [{"upload": f"u{number}", "missing": list(range(1000))} for number in range(50)]
    said = json.dumps({"code": "upload_incomplete", "detail": "Parts are missing.", "incomplete": lost})
    server = serve(lambda handler: handler.respond(409, said.encode()))
    with Api(server.url, "token", retries=SOON) as api, pytest.raises(Problem) as caught:
        api.complete_uploads(["u"])
    assert (caught.value.code, len(caught.value.extras["incomplete"])) == ("upload_incomplete", 50)


def test_something_else_than_a_portal_is_told_from_one(serve):
    with (
        Api(serve(lambda handler: handler.respond(200, b"<html>")).url, "token", retries=SOON) as api,
        pytest.raises(UnreachableError, match="Something answered that is no portal"),
    ):
        api.me()


def test_queries_and_paths_are_written_as_addresses_are(serve):
    server = serve(lambda handler: handler.respond(200, b'{"items": [], "next": null}'))
    with Api(f"{server.url}/पोर्टल", "token", retries=SOON) as api:
        assert list(api.sessions("a b&c=ü", trashed=True)) == []
    ((_, path, _),) = server.requests
    assert path == (
        "/%E0%A4%AA%E0%A5%8B%E0%A4%B0%E0%A5%8D%E0%A4%9F%E0%A4%B2/api/v1/sessions"
        "?limit=200&q=a+b%26c%3D%C3%BC&trashed=true"
    )


# -- Nobody answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://a..b", f"http://{'x' * 70}.example"])
def test_a_name_that_no_host_can_have_is_no_address(url):
    with (
        Api(url, "token", retries=SOON) as api,
        pytest.raises(ConfigError, match="is not the address of a portal"),
    ):
        api.me()


def test_a_portal_that_is_away_cannot_be_reached():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    with (
        Api(f"http://{host}:{port}", "token", retries=SOON) as api,
        pytest.raises(UnreachableError, match=rf"{host}:{port} cannot be reached: Connection refused\."),
    ):
        api.me()


def test_a_portal_that_says_nothing_is_given_up(serve):
    done = threading.Event()
    server = serve(lambda handler: done.wait(10))
    with (
        Api(server.url, "token", retries=Retries(tries=2, first=0.001), timeout=0.1) as api,
        pytest.raises(UnreachableError, match="does not respond in time"),
    ):
        api.me()
    done.set()
    assert len(server.requests) == 2


def test_calls_of_several_threads_do_not_get_each_others_answers(serve):
    server = serve(lambda handler: handler.respond(200, json.dumps({"code": handler.path}).encode()))
    with Api(server.url, "token", retries=SOON) as api, ThreadPoolExecutor(8) as threads:
        asked = [f"s{number}" for number in range(200)]
        answers = list(threads.map(api.session, asked))
    assert [answer["code"].rpartition("/")[2] for answer in answers] == asked
