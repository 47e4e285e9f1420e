"""API calls that fail temporarily or permanently, to an HTTP server of the test."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
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
from dubbing_client.retries import Retries, attempt
from dubbing_core.concurrency import StoppedError

SOON = Retries(attempts=6, first=0.001)


def test_temporary_errors_are_retried_and_permanent_ones_are_not(serve):
    responses = iter([(503, {"Retry_After": "0"}), (429, {}), (408, {}), (200, {})])

    def respond(handler: Any) -> None:
        status, headers = next(responses)
        handler.respond(status, b'{"name": "alice"}', **headers)

    server = serve(respond)
    with Api(server.url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"
    assert len(server.requests) == 4
    refusing = serve(lambda handler: handler.respond(401, b'{"code": "bad_token", "detail": "No."}'))
    with Api(refusing.url, "token", retries=SOON) as api, pytest.raises(SignedOutError) as caught:
        api.me()
    assert (caught.value.code, caught.value.exit_code, len(refusing.requests)) == ("bad_token", 3, 1)


def test_a_creating_call_is_repeated_with_the_same_key(serve):
    count = 0

    def respond(handler: Any) -> None:
        nonlocal count
        count += 1
        handler.body()
        handler.respond(500 if count == 1 else 202, b'{"code": "c0de"}')

    server = serve(respond)
    with Api(server.url, "token", retries=SOON) as api:
        api.save_new_session("x", message="", uploads=[], blobs=[], key="once")
    first, second = (headers["idempotency-key"] for _, _, headers in server.requests)
    assert first == second


def test_pauses_grow_and_respect_retry_after():
    retries = Retries(first=1.0)
    assert 0.5 <= retries.pause(1) <= 1.0
    assert 4.0 <= retries.pause(4) <= 8.0
    assert retries.pause(50) <= 30.0
    assert retries.pause(1, retry_after=7.0) == 7.0


def test_progress_resets_the_failures_and_repeated_ones_are_reported():
    position, reports = 0, []

    def action() -> int:
        nonlocal position
        position += position < 20
        if position < 20:
            raise UnreachableError("No response.")
        return position

    assert attempt(action, retries=Retries(attempts=2, first=0), progress=lambda: position) == 20
    with pytest.raises(UnreachableError):
        attempt(fail, retries=Retries(attempts=5, first=0), on_retry=reports.append)
    assert reports == ["No response. Trying again."]
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        attempt(fail, retries=SOON, stop=stop)


def fail() -> None:
    raise UnreachableError("No response.")


def test_an_unavailable_portal_has_exit_code_1():
    assert UnavailableError("Later.", status=503, code="storage").exit_code == 1


# -- Responses ------------------------------------------------------------------------------------------------------------


def test_responses_may_be_compressed(serve):
    def respond(handler: Any) -> None:
        assert handler.headers["Accept-Encoding"] == "gzip"
        handler.respond(200, gzip.compress(b'{"name": "alice"}'), Content_Encoding="gzip")

    with Api(serve(respond).url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"


def test_a_truncated_or_invalid_response_is_requested_again(serve):
    zipped = gzip.compress(b'{"name": "alice"}')
    bodies = iter([b"no gzip", zipped[:-9], zipped])
    server = serve(lambda handler: handler.respond(200, next(bodies), Content_Encoding="gzip"))
    with Api(server.url, "token", retries=SOON) as api:
        assert api.me()["name"] == "alice"
    assert len(server.requests) == 3


def test_a_redirect_names_the_portals_new_address(serve):
    server = serve(lambda handler: handler.respond(301, Location="https://new.example.com/api/v1/me"))
    with (
        Api(server.url, "token", retries=SOON) as api,
        pytest.raises(
            ConfigError, match=r"The portal has moved to https://new\.example\.com: sign in there\."
        ),
    ):
        api.me()
    assert len(server.requests) == 1


def test_error_responses_may_be_long(serve):
    lost = [{"upload": f"u{number}", "missing": list(range(1000))} for number in range(50)]
    body = json.dumps({"code": "upload_incomplete", "detail": "Parts are missing.", "incomplete": lost})
    server = serve(lambda handler: handler.respond(409, body.encode()))
    with Api(server.url, "token", retries=SOON) as api, pytest.raises(Problem) as caught:
        api.complete_uploads(["u"])
    assert (caught.value.code, len(caught.value.extras["incomplete"])) == ("upload_incomplete", 50)


def test_another_server_than_a_portal_is_an_error(serve):
    with (
        Api(serve(lambda handler: handler.respond(200, b"<html>")).url, "token", retries=SOON) as api,
        pytest.raises(UnreachableError, match="The response is not from a portal"),
    ):
        api.me()


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (404, ConfigError, r"There is no portal at http.*Check DUBS_URL, or sign in with the address"),
        (
            413,
            Problem,
            r"A proxy in front of the portal refuses requests of this size \(413\)\. .*client_max_body_size",
        ),
    ],
)
def test_errors_of_other_servers_name_the_setting(serve, status, error, sentence):
    server = serve(lambda handler: handler.respond(status, b"<html>"))
    with Api(server.url, "token", retries=SOON) as api, pytest.raises(error, match=sentence):
        api.me()
    assert len(server.requests) == 1


def test_queries_and_paths_are_encoded(serve):
    server = serve(lambda handler: handler.respond(200, b'{"items": [], "next": null}'))
    with Api(f"{server.url}/पोर्टल", "token", retries=SOON) as api:
        assert list(api.sessions("a b&c=ü", trashed=True)) == []
    ((_, path, _),) = server.requests
    assert path == (
        "/%E0%A4%AA%E0%A5%8B%E0%A4%B0%E0%A5%8D%E0%A4%9F%E0%A4%B2/api/v1/sessions"
        "?limit=200&q=a+b%26c%3D%C3%BC&trashed=true"
    )


# -- No response -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://a..b", f"http://{'x' * 70}.example"])
def test_invalid_host_names_are_configuration_errors(url):
    with (
        Api(url, "token", retries=SOON) as api,
        pytest.raises(ConfigError, match="is not the address of a portal"),
    ):
        api.me()


def test_an_unavailable_portal_cannot_be_reached():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    with (
        Api(f"http://{host}:{port}", "token", retries=SOON) as api,
        pytest.raises(UnreachableError, match=rf"{host}:{port} cannot be reached: Connection refused\."),
    ):
        api.me()


def test_a_portal_that_does_not_respond_times_out(serve):
    done = threading.Event()
    server = serve(lambda handler: done.wait(600))
    with (
        Api(server.url, "token", retries=Retries(attempts=2, first=0.001), timeout=0.1) as api,
        pytest.raises(UnreachableError, match="does not respond in time"),
    ):
        api.me()
    while len(server.requests) < 2:  # the server's threads may record them later
        time.sleep(0.01)
    done.set()
    assert len(server.requests) == 2


def test_concurrent_calls_get_their_own_responses(serve):
    server = serve(lambda handler: handler.respond(200, json.dumps({"code": handler.path}).encode()))
    with Api(server.url, "token", retries=SOON) as api, ThreadPoolExecutor(8) as threads:
        codes = [f"s{number}" for number in range(200)]
        sessions = list(threads.map(api.session, codes))
    assert [session["code"].rpartition("/")[2] for session in sessions] == codes
