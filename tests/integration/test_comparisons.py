"""Comparison of two versions: page and API, with constant statements for any number of files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dubbing_core.comparison.files import Grouping
from sessions_app.models import BlobTimeline, DubbingSession
from sessions_app.operations.timelines import read_session_texts
from sessions_app.queries.comparisons import compare_versions, find_versions, get_difference_page
from tests.integration.programs import ROOT, Program, problem_of
from tests.integration.sketches import (
    current_of,
    now,
    signed_in,
    sketch_session,
    sketch_version,
    store_blobs,
)
from tests.integration.worlds import world_of_rows
from tests.world import PROJECT, World

pytestmark = pytest.mark.either_stack

HINDI, SPANISH = "audio/hi_audio.wav", "audio/es_audio.wav"
CHANGED = {path: data for path, data in PROJECT.items() if path != SPANISH} | {
    HINDI: b"a better take",
    "takes/es_audio.wav": PROJECT[SPANISH],
    "audio/fr_audio.wav": b"French",
}

world = world_of_rows


@pytest.fixture
def session(world: World) -> DubbingSession:
    session = sketch_session(world.alice, document={"voices": {"hi": "deep"}})
    sketch_version(session, CHANGED, document={"voices": {"hi": "warm", "fr": "soft"}})
    sketch_version(session, PROJECT, document={"voices": {"hi": "deep"}})
    return session


def diff(session: DubbingSession, old: int, new: int, **query: Any) -> dict[str, Any]:
    address = f"/sessions/{session.code}/versions/{new}/diff?{urlencode({'from': old, **query})}"
    response = Program.of(session.owner).get(address)
    assert response.status_code == 200, response.content
    result: dict[str, Any] = response.json()
    return result


def kinds(files: list[Mapping[str, Any]]) -> dict[str, str]:
    return {file["path"]: file["kind"] for file in files}


def test_the_api_reports_files_metadata_and_progress(session: DubbingSession):
    result = diff(session, 1, 2)

    assert kinds(result["files"]["items"]) == {
        HINDI: "changed",
        "audio/fr_audio.wav": "new",
        "takes/es_audio.wav": "moved",
    }
    moved = result["files"]["items"][-1]
    assert (moved["previous_path"], moved["size"]) == (SPANISH, len(PROJECT[SPANISH]))
    assert result["counts"]["changed"] == {"count": 1, "size": len(b"a better take"), "paths": [HINDI]}
    voices = {value["key"][-1]: value["after"] for value in result["metadata"] if value["key"][0] == "voices"}
    assert voices == {"hi": "warm", "fr": "soft"}
    assert result["progress"]["added_languages"] == ["fr"]
    assert ("fr", "voiced") in {(cell["language"], cell["step"]) for cell in result["progress"]["cells"]}


def test_a_comparison_with_a_newer_version_is_the_opposite(session: DubbingSession):
    assert kinds(diff(session, 2, 1)["files"]["items"]) == {
        HINDI: "changed",
        "audio/fr_audio.wav": "removed",
        SPANISH: "moved",
    }
    assert diff(session, 2, 1)["files"] == diff(session, 2, 3)["files"]


def test_versions_with_the_same_contents_do_not_differ(session: DubbingSession):
    result = diff(session, 1, 3)

    assert (result["summary"], result["files"]["items"], result["metadata"]) == ("No file changed", [], [])


def test_pages_of_the_api_continue_each_other(session: DubbingSession):
    whole = diff(session, 1, 2)["files"]["items"]
    first = diff(session, 1, 2, limit=2)["files"]
    second = diff(session, 1, 2, limit=2, cursor=first["next"])["files"]

    assert (first["items"] + second["items"], second["next"]) == (whole, None)
    assert kinds(diff(session, 1, 2, kind="moved")["files"]["items"]) == {"takes/es_audio.wav": "moved"}
    assert kinds(diff(session, 1, 2, q="AUDIO es")["files"]["items"]) == {"takes/es_audio.wav": "moved"}


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "bad_request"),
        ("from=0", 422, "bad_request"),
        ("from=9", 404, "not_found"),
        ("from=1&cursor=W10", 400, "bad_cursor"),
        ("from=1&cursor=%7B%7D", 400, "bad_cursor"),
    ],
)
def test_refused_comparisons(session: DubbingSession, query: str, status: int, code: str):
    address = f"/sessions/{session.code}/versions/2/diff?{query}"

    problem_of(Program.of(session.owner).get(address), status, code)


def test_the_page_shows_what_differs(session: DubbingSession):
    client = signed_in(session.owner)
    address = f"/sessions/{session.code}/compare/"

    text = client.get(address, {"from": 1, "to": 2}).content.decode()
    part = client.get(f"{address}?from=1&to=2&part=1&kind=moved&by=folder").content.decode()

    assert "takes/es_audio.wav" in text
    assert f"from {SPANISH}" in text
    assert '<mark class="ins">warm</mark>' in text
    assert "fr" in re.findall(r'tag added" data-language="(\w+)"', text)
    assert "<h1>" not in part
    assert "takes/es_audio.wav" in part
    assert HINDI not in part
    # By default, what the current version changed.
    assert "Version 3, current" in client.get(address).content.decode()
    assert "No difference" in client.get(address, {"from": 1, "to": 3}).content.decode()
    assert "the same version twice" in client.get(address, {"from": 2, "to": 2}).content.decode()


def test_a_session_with_one_version_has_nothing_to_compare(world: World):
    session = sketch_session(world.alice)

    text = signed_in(world.alice).get(f"/sessions/{session.code}/compare/").content.decode()

    assert "There is nothing to compare yet" in text


def test_statements_do_not_grow_with_the_files(world: World):
    counts = []
    for number in (3, 150):
        session = sketch_session(
            world.alice, f"talk {number}", {f"audio/{n}.wav": b"%d" % n for n in range(number)}
        )
        sketch_version(session, {f"other/{n}.wav": b"%d" % n for n in range(number)})
        client = signed_in(world.alice)
        for address in (
            f"/sessions/{session.code}/compare/",
            f"{ROOT}/sessions/{session.code}/versions/2/diff?from=1",
        ):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
        found = find_versions(session, [1, 2])
        page = get_difference_page(compare_versions(found[1], found[2]), grouping=Grouping.FOLDER, size=2)
        assert (page.total, page.counts["other/"], len(page.items)) == (number, number, 2)

    assert counts[:2] == counts[2:]


SRT = "".join(
    f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{text}\n\n"
    for n, text in enumerate(["Welcome.", "Today we talk about the sea.", "It is deep, and it is cold."], 1)
)


def test_the_lines_of_a_text_are_compared(world: World):
    subtitles = "translations/hi.srt"
    edited = SRT.replace("the sea", "the sky").replace(
        "00:00:03,000 --> 00:00:03,900", "00:00:05,000 --> 00:00:05,900"
    )
    session = sketch_session(world.alice, files={subtitles: SRT.encode(), "notes.md": b"a"})
    sketch_version(session, {subtitles: edited.encode(), "notes.md": b"b"})
    store_blobs([SRT.encode(), edited.encode()])
    client = signed_in(world.alice)
    address = f"/sessions/{session.code}/compare/"

    # Before a task has read them, and after it.
    for _ in range(2):
        page = client.get(f"{address}lines/?from=1&to=2&path={subtitles}").content.decode()
        assert "1 line changed, 1 retimed" in page
        assert '<mark class="ins">sky</mark>' in page
        assert "2 s later" in page
        response = Program.of(world.alice).get(
            f"/sessions/{session.code}/versions/2/diff/lines?from=1&path={subtitles}"
        )
        (track,) = response.json()["tracks"]
        assert (track["summary"], track["unchanged"]) == ("1 line changed, 1 retimed", 1)
        assert [(line["kind"], line["number"], line["shift_ms"]) for line in track["lines"]] == [
            ("changed", 2, None),
            ("retimed", 3, 2000),
        ]
        read_session_texts(session_id=session.pk, clock=now)
    assert BlobTimeline.objects.count() == 2
    assert client.get(address).content.decode().count('class="lines-fold"') == 1
    missing = client.get(f"{address}lines/?from=1&to=2&path=notes.md")
    assert missing.status_code == 404


@pytest.mark.one_stack
def test_lines_that_cannot_be_compared_have_a_reason(world: World):
    path = "translations/hi.srt"
    session = sketch_session(world.alice, files={path: b"x" * 300_000})
    sketch_version(session, {path: b"nothing timed"})
    store_blobs([b"x" * 300_000, b"nothing timed"])

    def get_reason() -> str:
        address = f"/sessions/{session.code}/versions/2/diff/lines?from=1&path={path}"
        reason: str = Program.of(world.alice).get(address).json()["reason"]
        return reason

    assert get_reason() == f"“{path}” has not been read yet. Try again in a minute."
    read_session_texts(session_id=session.pk, clock=now)
    assert get_reason() == f"“{path}” contains no line with readable times."


def test_versions_without_stored_progress_are_compared_otherwise(session: DubbingSession):
    version = current_of(session)
    version.matrix = {}
    version.save(update_fields=["matrix"])

    assert diff(session, 2, 3)["progress"] is None
    text = signed_in(session.owner).get(f"/sessions/{session.code}/compare/").content.decode()
    assert "before the portal recorded progress by language" in text
