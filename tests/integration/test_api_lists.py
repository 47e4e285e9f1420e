"""Pagination: each row once, with a constant number of queries."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.models import DubbingSession
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import (
    now,
    sketch_export,
    sketch_job,
    sketch_session,
    sketch_share,
    sketch_version,
)
from tests.integration.worlds import world_of_rows
from tests.world import PROJECT, World

world = world_of_rows


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


def all_of(program: Program, path: str, *, limit: int) -> list[Any]:
    """Return the items of all pages."""
    found: list[Any] = []
    sign = "&" if "?" in path else "?"
    cursor: str | None = ""
    while cursor is not None:
        page = program.get(f"{path}{sign}limit={limit}&cursor={cursor}").json()
        assert 0 < len(page["items"]) <= limit
        assert (page["next"] is None) or len(page["items"]) == limit
        found += page["items"]
        cursor = page["next"]
    return found


EITHER = pytest.mark.either_stack
NAMES = ["ärger", "Beta", "alpha", "gamma", "日本", "beta two", "x" * 120]


@pytest.fixture
def talks(world: World) -> list[DubbingSession]:
    made = []
    for number, name in enumerate(NAMES):
        if number % 3 == 2:
            made.append(create_session(owner=world.alice, name=name, now=now()))  # without a version
        else:
            made.append(sketch_session(world.alice, name, {"a.wav": b"x" * (number % 2 + 1)}))
    same = now()
    DubbingSession.objects.update(last_updated=same, last_accessed=same)  # the order among equals
    sketch_session(world.bob, "not hers")
    return made


@pytest.mark.parametrize("order", ["updated", "created", "accessed", "name", "size"])
@pytest.mark.parametrize("limit", [1, pytest.param(2, marks=EITHER), pytest.param(3, marks=EITHER), 7])
def test_pages_show_each_session_once_in_every_order(
    talks: list[DubbingSession], alice: Program, order: str, limit: int
):
    whole = alice.get(f"/sessions?order={order}&limit=200").json()["items"]

    paged = all_of(alice, f"/sessions?order={order}", limit=limit)

    assert [item["code"] for item in paged] == [item["code"] for item in whole]
    assert {item["code"] for item in paged} == {str(talk.code) for talk in talks}
    if order == "size":
        sizes = [item["total_size"] for item in paged]
        assert sizes == sorted(sizes, reverse=True)


def test_rows_created_or_deleted_between_two_pages_shift_nothing(
    world: World, talks: list[DubbingSession], alice: Program
):
    first = alice.get("/sessions?order=created&limit=3").json()
    sketch_session(world.alice, "brand new")
    alice.delete(f"/sessions/{first['items'][0]['code']}")

    rest = alice.get(f"/sessions?order=created&limit=200&cursor={first['next']}").json()

    seen = [item["code"] for item in (*first["items"], *rest["items"])]
    assert sorted(seen) == sorted(str(talk.code) for talk in talks)


def test_sessions_are_searched(world: World, alice: Program):
    sketch_session(world.alice, "Keynote", PROJECT)
    sketch_session(world.alice, "Interview", {"audio/es_audio.wav": b"es"})
    trashed = sketch_session(world.alice, "old talk")
    trash_sessions(sessions=[trashed], now=now())

    def names(query: str) -> set[str]:
        return {item["name"] for item in alice.get(f"/sessions?{query}").json()["items"]}

    assert names("") == {"Keynote", "Interview"}
    assert names("q=key") == {"Keynote"}
    assert names("language=hi") == {"Keynote"}
    assert names("name=KEYNOTE") == {"Keynote"}
    assert names("name=keynot") == set()
    assert names("stage=completed") == set()
    assert names("trashed=true") == {"old talk"}
    assert alice.get("/sessions?trashed=true").json()["items"][0]["trashed_at"]


def make_many(world: World, session: DubbingSession, count: int) -> None:
    for number in range(count):
        sketch_session(world.alice, f"talk {number}")
        sketch_version(session, {**PROJECT, f"audio/{number}.wav": b"take %d" % number})
        sketch_share(sketch_export(session))
        sketch_job(session)
        create_uploads(owner=world.alice, files=[NewFile(path="a.wav", size=1)], now=now())


LISTS: dict[str, Callable[[DubbingSession], str]] = {
    "sessions": lambda _: "/sessions",
    "versions": lambda session: f"/sessions/{session.code}/versions",
    "entries": lambda session: f"/sessions/{session.code}/versions/3/entries",
    "exports": lambda _: "/exports",
    "shares": lambda _: "/shares",
    "jobs": lambda _: "/jobs",
    "uploads": lambda _: "/uploads",
}


@pytest.mark.one_stack
@pytest.mark.parametrize("name", LISTS)
def test_the_number_of_queries_of_a_list_is_constant(world: World, alice: Program, name: str):
    session = sketch_session(world.alice)
    make_many(world, session, 2)
    path = LISTS[name](session)
    alice.get("/me")

    with CaptureQueriesContext(connection) as before:
        few = alice.get(path).json()["items"]
    for number in range(5):
        sketch_session(world.alice, f"more {number}")
        sketch_share(sketch_export(session))
        sketch_job(session)
        create_uploads(owner=world.alice, files=[NewFile(path="b.wav", size=1)], now=now())
        sketch_version(session, {**PROJECT, f"audio/more_{number}.wav": b"more %d" % number})
    with CaptureQueriesContext(connection) as after:
        many = alice.get(path).json()["items"]

    assert len(many) > len(few) or name == "entries"
    assert len(after) == len(before) <= 5
    assert all_of(alice, path, limit=2) == many


def test_jobs_are_filtered_by_state(world: World, alice: Program):
    session = sketch_session(world.alice)
    waiting = sketch_job(session)
    sketch_job(session, state="failed", finished_at=now(), error_code="storage", error_message="No.")

    assert [item["code"] for item in alice.get("/jobs?state=queued").json()["items"]] == [str(waiting.code)]
    (failed,) = alice.get("/jobs?state=failed").json()["items"]
    assert failed["error"] == {"code": "storage", "message": "No."}
    assert (failed["session"], failed["percent"]) == (str(session.code), 0)
    problem_of(alice.get("/jobs?state=sleeping"), 422, "bad_request")


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.one_stack
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%20",
        "====",
        "bm9wZQ",
        cursor_of([]),
        cursor_of({}),
        cursor_of(["number", 1]),
        cursor_of(["path", "a", 1]),
        cursor_of(["number", "1", 1]),
        cursor_of(["number", True, 1]),
        cursor_of(["number", 1, "1"]),
        cursor_of(["number", 1, True]),
        cursor_of(["number", 1.5, 1]),
        cursor_of(["number", None, 1]),
        cursor_of(["number", [1], 1]),
        cursor_of([["number"], 1, 1]),
    ],
)
def test_an_invalid_cursor_is_a_problem(world: World, alice: Program, cursor: str):
    session = sketch_session(world.alice)

    problem_of(alice.get(f"/sessions/{session.code}/versions?cursor={cursor}"), 400, "bad_cursor")


@pytest.mark.one_stack
@pytest.mark.parametrize("moment", ["soon", "2025-01-01T00:00:00", "", "9999-99-99", "2025-01-01"])
def test_an_invalid_time_in_a_cursor_is_a_problem(alice: Program, moment: str):
    problem_of(alice.get(f"/jobs?cursor={cursor_of(['created_at', moment, 1])}"), 400, "bad_cursor")


def test_a_cursor_beyond_all_rows_returns_none(world: World, alice: Program):
    session = sketch_session(world.alice)
    for number in (2**31, 2**63, 10**90):
        response = alice.get(
            f"/sessions/{session.code}/versions?cursor={cursor_of(['number', -number, number])}"
        )
        assert response.json() == {"items": [], "next": None}


@pytest.mark.one_stack
def test_a_cursor_of_another_order_is_a_problem(talks: list[DubbingSession], alice: Program):
    cursor = alice.get("/sessions?order=name&limit=1").json()["next"]

    problem_of(alice.get(f"/sessions?order=size&cursor={cursor}"), 400, "bad_cursor")
