"""Compressed pages, and what is never compressed."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory

from sessions_app.http.compression import SMALLEST, accepts_gzip, compress, compress_pages
from tests.integration.sketches import signed_in, sketch_export, sketch_session, sketch_share
from tests.integration.worlds import world_of_rows
from tests.world import World

pytestmark = pytest.mark.one_stack
BROWSER = {"accept-encoding": "gzip, deflate, br"}

world = world_of_rows


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("deflate, gzip", True),
        ("gzip;q=0", False),
        ("identity, gzip; q=0.000", False),
        ("x-gzip, br", False),
        ("", False),
    ],
)
def test_clients_choose(header: str, *, expected: bool):
    assert accepts_gzip(header) is expected


def test_lengths_do_not_reveal_single_bytes():
    data = b"a page " * 1000

    compressed = [compress(data) for _ in range(200)]

    assert {gzip.decompress(each) for each in compressed} == {data}
    assert len({len(each) for each in compressed}) > 50


def test_pages_are_compressed(world: World, alice: Client):
    session = sketch_session(world.alice, "talk")
    share = sketch_share(sketch_export(session))
    paths = (
        f"/s/{share.token}/",
        "/sessions/",
        f"/sessions/{session.code}/",
        f"/sessions/{session.code}/versions/1/listing/",
        "/api/v1/docs",
    )
    for path in paths:
        plain = alice.get(path)
        response = alice.get(path, headers=BROWSER)
        head = alice.head(path, headers=BROWSER)

        assert response["Content-Encoding"] == head["Content-Encoding"] == "gzip"
        assert int(response["Content-Length"]) == len(response.content) < len(plain.content) / 2
        assert b"</div>" in gzip.decompress(response.content)
        for each in (plain, response):
            assert "Accept-Encoding" in each["Vary"]
        assert "Content-Encoding" not in plain
        assert response["Cache-Control"] == plain["Cache-Control"]


def is_compressed(response: Any) -> bool:
    return "Content-Encoding" in response


def test_secrets_files_and_validated_responses_stay_as_they_are(world: World, alice: Client):
    session = sketch_session(world.alice, "talk")
    paths = [
        "/account/tokens/",
        "/api/v1/sessions",
        f"/updates/?session={session.code}",
    ]
    for path in paths:
        response = alice.get(path, headers=BROWSER, follow=True)
        assert response.status_code == 200, path
        assert not is_compressed(response), path
    assert not is_compressed(Client().get("/accounts/login/", headers=BROWSER))
    assert not is_compressed(alice.get("/sessions/unknown/", headers=BROWSER))
    refused = alice.post("/sessions/create/", {"name": "x" * 300}, headers=BROWSER)
    assert len(refused.content) > SMALLEST
    assert not is_compressed(refused)


def test_streams_stay_as_they_are():
    request = RequestFactory().get("/sessions/", headers=BROWSER)
    stream = StreamingHttpResponse([b"a page " * SMALLEST])

    response = compress_pages(lambda _: stream)(request)

    assert not is_compressed(response)
    assert b"".join(stream) == b"a page " * SMALLEST
