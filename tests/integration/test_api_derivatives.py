"""Derivatives in the API: their states, and addresses that work with a token."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.media.plan import Kind, Workload
from sessions_app.models import AccessToken, Derivative, DubbingSession
from sessions_app.operations.derivatives.make import make_session_derivatives
from sessions_app.operations.media import read_session_media
from sessions_app.operations.sessions.trash import trash_sessions
from tests.integration.programs import ROOT, Program, problem_of
from tests.integration.sketches import UNKNOWN_CODE, bytes_of
from tests.services.media import Media
from tests.world import World

pytestmark = pytest.mark.either_stack


@pytest.fixture
def files(media: Media) -> dict[str, bytes]:
    return {
        "talk.mp4": media.video.read_bytes(),
        "audio/hi.wav": media.voices[0].read_bytes(),
        "transcriptions/en.srt": b"1\n00:00:01,000 --> 00:00:02,500\nHello.\n",
    }


def make(world: World, session: DubbingSession) -> None:
    read_session_media(session_id=session.pk, clock=world.clock)
    make_session_derivatives(session_id=session.pk, clock=world.clock)


def list_files(program: Program, session: DubbingSession) -> dict[str, Any]:
    rows = program.get(f"/sessions/{session.code}/versions/1/entries").json()["items"]
    return {row["path"]: row for row in rows}


def get_states(file: dict[str, Any]) -> dict[str, str]:
    return {kind: each["state"] for kind, each in file["derivatives"].items()}


def test_entries_have_the_state_of_each_kind(world, files):
    session = world.saved(files=files)
    program = Program.of(world.alice, AccessToken.Scope.READ)
    assert list_files(program, session)["talk.mp4"]["derivatives"] is None

    read_session_media(session_id=session.pk, clock=world.clock)
    found = list_files(program, session)
    queued = dict.fromkeys(Kind, "queued")
    unneeded = dict.fromkeys(Kind, "not_needed")
    assert get_states(found["talk.mp4"]) == queued | {"proxy": "not_needed"}
    assert get_states(found["audio/hi.wav"]) == unneeded | {"peaks": "queued", "loudness": "queued"}
    assert found["transcriptions/en.srt"]["derivatives"] is None

    make_session_derivatives(session_id=session.pk, clock=world.clock)
    Derivative.objects.filter(kind=Kind.STRIP).update(reason="Its length is unknown.", extension="")
    talk = list_files(program, session)["talk.mp4"]
    ready = dict.fromkeys(Kind, "ready")
    assert get_states(talk) == ready | {"strip": "failed", "proxy": "not_needed"}
    assert talk["derivatives"]["strip"]["reason"] == "Its length is unknown."
    assert talk["derivatives"]["strip"]["url"] is None
    assert talk["derivatives"]["loudness"]["url"] is None
    assert -30 < talk["derivatives"]["loudness"]["details"]["integrated"] < -10
    assert talk["derivatives"]["poster"]["details"] == {"width": 320, "height": 180}


def test_addresses_work_with_a_token_and_are_kept_for_good(world, files):
    session = world.saved(files=files)
    make(world, session)
    program = Program.of(world.alice, AccessToken.Scope.READ)
    made = list_files(program, session)["talk.mp4"]["derivatives"]

    for kind in ("poster", "peaks", "audio"):
        each = made[kind]
        path = each["url"].removeprefix(ROOT)
        response = program.get(path)
        assert response["Content-Type"] == each["media_type"]
        assert response["ETag"] == f'"{each["sha256"]}"'
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"
        assert len(bytes_of(response)) == each["size"]
        assert program.get(path, if_none_match=response["ETag"]).status_code == 304
        assert bytes_of(program.get(path, range="bytes=1-2")) == bytes_of(program.get(path))[1:3]
    poster = program.get(f"/sessions/{session.code}").json()["poster"]
    assert poster == {"url": made["poster"]["url"], "width": 320, "height": 180}
    assert program.get("/sessions").json()["items"][0]["poster"] == poster
    # That of an earlier release leads to the present one.
    old = made["audio"]["url"].removeprefix(ROOT).rpartition("-")[0] + "-0123456789abcdef.m4a"
    assert program.get(old)["Location"] == made["audio"]["url"]
    trash_sessions(sessions=[session], now=world.clock())
    assert program.get(poster["url"].removeprefix(ROOT)).status_code == 200


def test_addresses_show_nothing_of_other_sessions_and_users(world, files):
    session, other = world.saved(files=files), world.saved("other", {"notes.txt": b"none"})
    make(world, session)
    url = Program.of(world.alice).get(f"/sessions/{session.code}").json()["poster"]["url"]
    path = url.removeprefix(ROOT)

    problem_of(Program.of(world.bob).get(path), 404, "not_found")
    for code in (other.code, UNKNOWN_CODE):
        problem_of(Program.of(world.alice).get(path.replace(str(session.code), str(code))), 404, "not_found")
    folder = path.rpartition("/")[0]
    for address in (
        *(f"{folder}/{name}" for name in ("loudness-0", "%00", "poster-%00", "nothing")),
        f"/sessions/{session.code}/media/%00/poster-0",
    ):
        problem_of(Program.of(world.alice).get(address), 404, "not_found")


@pytest.mark.one_stack
def test_a_page_of_entries_takes_one_query_for_all_of_them(world, files):
    program = Program.of(world.alice)
    counts = []
    for number in (1, 5):
        names = {f"{each} {name}": data for each in range(number) for name, data in files.items()}
        session = world.saved(f"session {number}", names)
        make(world, session)
        program.get("/me")
        with CaptureQueriesContext(connection) as queries:
            assert len(list_files(program, session)) == 3 * number
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 4


def test_a_light_copy_is_queued_until_it_was_made(world, film):
    session = world.saved(files=film)
    make(world, session)
    program = Program.of(world.alice)
    assert get_states(list_files(program, session)["film.mp4"])["proxy"] == "queued"

    make_session_derivatives(session_id=session.pk, clock=world.clock, workload=Workload.PROXIES)

    copy = list_files(program, session)["film.mp4"]["derivatives"]["proxy"]
    assert (copy["state"], copy["media_type"]) == ("ready", "video/mp4")
    assert copy["details"] == {"width": 64, "height": 36}
    assert b"moov" in bytes_of(program.get(copy["url"].removeprefix(ROOT)))
