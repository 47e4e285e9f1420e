"""Responses to signed-in users are not stored."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key
from tests.integration.programs import Program
from tests.integration.sketches import bytes_of, signed_in, sketch_session, store_blobs
from tests.integration.worlds import world_of_rows
from tests.world import World

pytestmark = pytest.mark.one_stack
NOT_STORED = "private, no-store"

world = world_of_rows


@pytest.mark.parametrize(
    "path", ["/sessions/", "/jobs/", "/imports/", "/account/tokens/", "/api/v1/me", "/none/"]
)
def test_pages_of_signed_in_users_are_not_stored(world: World, path: str):
    assert signed_in(world.alice).get(path)["Cache-Control"] == NOT_STORED


def test_a_session_is_not_stored(world: World):
    session = sketch_session(world.alice, files={"a.wav": b"a"})

    assert (
        signed_in(world.alice).get(reverse("session-detail", args=[session.code]))["Cache-Control"]
        == NOT_STORED
    )


def test_responses_to_programs_are_not_stored(world: World):
    assert Program.of(world.alice).get("/sessions")["Cache-Control"] == NOT_STORED


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/none/"])
def test_public_responses_may_be_stored(world: World, path: str):
    assert "no-store" not in Client().get(path).get("Cache-Control", "")


def test_downloads_are_validated_before_each_use(world: World):
    session = sketch_session(world.alice, files={"audio/hi_audio.wav": b"a"})
    store_blobs([b"a"])

    response = signed_in(world.alice).get(
        reverse("version-file", args=[session.code, 1, "audio/hi_audio.wav"])
    )

    bytes_of(response)
    get_store().delete(blob_key(hashlib.sha256(b"a").hexdigest()))
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-cache")
