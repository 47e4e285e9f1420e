"""State that open pages poll: ETag, contents, cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sessions_app.models import Job, Worker
from sessions_app.operations.sessions.trash import trash_sessions
from tests.integration.sketches import now, signed_in, sketch_job, sketch_session, sketch_version
from tests.integration.worlds import world_of_rows
from tests.world import World

pytestmark = pytest.mark.one_stack

world = world_of_rows


def ask(client: Client, session: object = "", etag: str = "") -> tuple[int, dict[str, Any], str]:
    headers = {"If-None-Match": etag} if etag else {}
    response = client.get("/updates/", {"session": str(session)}, headers=headers)
    return response.status_code, response.json() if response.content else {}, response["ETag"]


def test_an_idle_page_gets_304_by_five_queries(world: World, django_assert_num_queries: Any):
    session = sketch_session(world.alice)
    alice = signed_in(world.alice)
    for number in range(30):
        sketch_job(session, state=Job.State.SUCCEEDED, finished_at=now() - timedelta(minutes=number + 1))
    status, state, etag = ask(alice, session.code)
    assert (status, len(state["jobs"]), state["seconds"]) == (200, 10, 3)  # its texts are not read yet
    assert state["session"]["version"] == 1

    with django_assert_num_queries(5):
        assert ask(alice, session.code, etag) == (304, {}, etag)


def test_a_new_version_a_name_and_read_texts_change_the_state(world: World):
    session = sketch_session(world.alice)
    alice = signed_in(world.alice)
    digests = []

    def note() -> None:
        state = ask(alice, session.code)[1]["session"]
        digests.append(state["digest"])

    note()
    sketch_version(session, {"a.wav": b"new"})
    note()
    type(session).objects.filter(pk=session.pk).update(name="renamed")
    note()
    type(session).objects.filter(pk=session.pk).update(has_unread_texts=False)
    note()

    assert len(set(digests)) == 4
    assert ask(alice, session.code)[1]["seconds"] == 10


def test_running_jobs_come_first_and_ended_ones_stay_for_twelve_hours(world: World):
    session = sketch_session(world.alice)
    sketch_job(session, state=Job.State.SUCCEEDED, finished_at=now() - timedelta(hours=12, seconds=1))
    waiting = [sketch_job(session) for _ in range(25)]
    ended = sketch_job(session, state=Job.State.SUCCEEDED, finished_at=now() - timedelta(hours=11))
    running = sketch_job(session)
    running.claim(now=now(), lease_until=now() + timedelta(minutes=1))
    sketch_job(sketch_session(world.bob))

    _, state, _ = ask(signed_in(world.alice))

    codes = [job["code"] for job in state["jobs"]]
    assert codes == [str(job.code) for job in [running, *waiting[:19], ended]]
    assert state["seconds"] == 3


def test_waiting_jobs_without_a_worker_are_reported(world: World):
    session = sketch_session(world.alice)
    alice = signed_in(world.alice)
    job = sketch_job(session)
    assert ask(alice)[1]["has_no_worker"] is True

    Worker.objects.create(name="one@host", processes=2, started_at=now(), seen_at=now())
    assert ask(alice)[1]["has_no_worker"] is False

    Worker.objects.all().delete()
    job.claim(now=now(), lease_until=now() + timedelta(minutes=1))
    assert ask(alice)[1]["has_no_worker"] is False


@pytest.mark.parametrize("code", ["", "no-code", "00000000-0000-0000-0000-000000000000"])
def test_a_session_that_does_not_exist_is_null(world: World, code: str):
    assert ask(signed_in(world.alice), code)[1]["session"] is None


def test_a_session_of_another_user_or_in_the_trash_is_null(world: World):
    session = sketch_session(world.alice)
    assert ask(signed_in(world.bob), session.code)[1]["session"] is None
    trash_sessions(sessions=[session], now=now())
    assert ask(signed_in(world.alice), session.code)[1]["session"] is None
