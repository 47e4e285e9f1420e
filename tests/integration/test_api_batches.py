"""Several sessions at once through the API: what the list of the pages does."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from sessions_app.models import AccessToken, DubbingSession, Star
from sessions_app.operations.marks.filters import save_filter
from sessions_app.queries.marks import marks_of
from tests.integration.programs import ROOT, Program, problem_of
from tests.integration.sketches import UNKNOWN_CODE, bytes_of, sketch_session, store_blobs
from tests.world import PROJECT, World


@pytest.fixture
def world(db: None) -> World:
    return World.create()


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


@pytest.fixture
def sessions(world: World) -> list[DubbingSession]:
    return [sketch_session(world.alice, name) for name in ("talk one", "talk two", "other")]


def codes_of(*sessions: DubbingSession) -> dict[str, list[str]]:
    return {"sessions": [str(session.code) for session in sessions]}


def test_several_sessions_are_tagged_starred_and_moved_to_the_trash(world, alice, sessions):
    one, two, other = sessions
    body = {**codes_of(two, one), "add": ["Launch", "b"]}

    tagged = alice.post("/sessions/tags", body).json()["sessions"]
    alice.post("/sessions/tags", {**codes_of(one), "remove": ["B"]})
    alice.post("/sessions/stars", codes_of(one, other))

    assert [(each["name"], each["tags"]) for each in tagged] == [
        ("talk two", ["b", "Launch"]),
        ("talk one", ["b", "Launch"]),
    ]
    assert marks_of(world.alice, one).tags == ("Launch",)
    assert set(Star.objects.values_list("session__name", flat=True)) == {"talk one", "other"}
    assert alice.post("/trash", codes_of(one, two)).json() == {"count": 2}
    assert [each["name"] for each in alice.get("/sessions").json()["items"]] == ["other"]
    problem_of(alice.post("/trash", codes_of(one)), 404, "not_found")
    restored = alice.post("/trash/restore", codes_of(one, two)).json()["sessions"]
    assert [each["name"] for each in restored] == ["talk one", "talk two"]


def test_one_session_of_another_user_changes_none(world, alice, sessions):
    bobs = sketch_session(world.bob, "bobs")

    for path, more in (("/sessions/tags", {"add": ["a"]}), ("/sessions/stars", {}), ("/trash", {})):
        for body in (codes_of(sessions[0], bobs), {"sessions": [str(sessions[0].code), UNKNOWN_CODE]}):
            problem_of(alice.post(path, {**body, **more}), 404, "not_found")
    problem_of(alice.post("/sessions/archive", codes_of(sessions[0], bobs)), 404, "not_found")

    assert marks_of(world.alice, sessions[0]).tags == ()
    assert not Star.objects.exists()
    assert DubbingSession.objects.live().count() == 4


def test_several_sessions_are_one_zip(world, sessions, module_store):
    store_blobs(PROJECT.values())
    reader = Program.of(world.alice, AccessToken.Scope.READ)

    created = reader.post("/sessions/archive", codes_of(*sessions[:2]))

    assert (created.status_code, created.json()["session_count"]) == (201, 2)
    path = created.json()["url"].removeprefix(ROOT)
    response = reader.get(path)
    data = bytes_of(response)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {"talk one", "talk two"}
        assert archive.testzip() is None
    part = reader.get(path, range="bytes=10-19", if_range=response["ETag"])
    assert (part.status_code, bytes_of(part)) == (206, data[10:20])
    # The same versions are the same ZIP: a broken download continues with another one.
    again = reader.post("/sessions/archive", codes_of(*sessions[:2])).json()
    assert reader.get(again["url"].removeprefix(ROOT))["ETag"] == response["ETag"]
    problem_of(Program.of(world.bob).get(path), 404, "not_found")
    Program.of(world.alice).post("/trash", codes_of(sessions[0]))
    problem_of(reader.get(path), 409, "deleted")


@pytest.mark.one_stack
def test_too_many_or_no_sessions_are_refused(alice, sessions):
    code = str(sessions[0].code)

    for codes in ([], [code] * 501):
        problem_of(alice.post("/trash", {"sessions": codes}), 422, "bad_request")
    empty = alice.post("/sessions", {"name": "empty"}).json()["code"]
    problem_of(alice.post("/sessions/archive", {"sessions": [empty]}), 400, "nothing_selected")


def test_a_saved_filter_finds_what_it_finds_on_the_pages(world, alice, sessions):
    alice.post("/sessions/tags", {**codes_of(*sessions[:2]), "add": ["launch"]})
    body = {"name": "Launch", "query": "tag=launch&sort=name&reverse=1"}
    code = alice.post("/filters", body).json()["code"]

    first = alice.get(f"/sessions?filter={code}&limit=1").json()
    second = alice.get(f"/sessions?filter={code}&limit=1&cursor={first['next']}").json()
    names = [each["name"] for page in (first, second) for each in page["items"]]
    assert (names, second["next"]) == (["talk two", "talk one"], None)
    assert [each["name"] for each in alice.get("/sessions?order=name&reverse=true").json()["items"]] == [
        "talk two",
        "talk one",
        "other",
    ]
    bobs = save_filter(owner=world.bob, name="bobs", query="q=talk")
    for other in (bobs.code, UNKNOWN_CODE):
        problem_of(alice.get(f"/sessions?filter={other}"), 404, "not_found")
