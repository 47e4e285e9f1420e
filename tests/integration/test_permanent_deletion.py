"""Permanent deletion from the trash: access, quota, jobs, shared blobs, pages, API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from sessions_app.models import Blob, DubbingSession, Entry, Export, Job, Version
from sessions_app.operations.cleanup.expired import purge_deleted_sessions
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.sessions.permanent_deletion import delete_permanently
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.queries.quotas import get_usage
from sessions_app.queries.sessions import PAGE_SIZE
from sessions_app.views.session_batch import MAX_RENAMED
from tests.integration.programs import ROOT
from tests.integration.sketches import post_json, signed_in, sketch_session
from tests.world import PROJECT, World, stored_keys

TALK = {"talk.mp4": b"a film" * 1000}


def trashed(world: World, name: str = "talk", files: dict[str, bytes] = TALK) -> DubbingSession:
    session = world.saved(name, files)
    trash_sessions(sessions=[session], now=world.clock())
    return session


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def delete(world: World) -> int:
    return delete_permanently(
        sessions=DubbingSession.objects.filter(owner=world.alice), now=world.clock()
    ).size


def test_it_frees_the_quota_at_once_and_only_trashed_sessions_are_deleted(world: World):
    trashed(world)
    other = world.saved("other", PROJECT)
    used = get_usage(world.alice.pk)

    freed = delete(world)

    assert freed == sum(map(len, TALK.values()))
    assert get_usage(world.alice.pk) == used - freed
    assert list(signed_in(world.alice).get("/sessions/trash/").context["page"]) == []
    assert signed_in(world.alice).get(f"/sessions/{other.code}/").status_code == 200


def test_rows_and_exports_are_deleted_at_once_and_blobs_after_the_grace_period(
    world: World, settings: LazySettings
):
    session = world.saved("talk", TALK)
    assert session.current is not None
    export = world.exported(session.current)
    trash_sessions(sessions=[session], now=world.clock())
    delete(world)

    purge_deleted_sessions(now=world.clock())

    assert not DubbingSession.objects.exists()
    assert not Version.objects.exists()
    assert not Entry.objects.exists()
    assert not Export.objects.exists()
    assert export.key not in stored_keys()
    collect_garbage(now=world.clock(), dry_run=False)
    assert len(stored_keys("blobs/")) == len(TALK)
    collect_garbage(
        now=world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() + 1), dry_run=False
    )
    assert stored_keys() == []
    assert not Blob.objects.exists()


def test_blobs_of_other_sessions_stay(world: World, settings: LazySettings):
    trashed(world)
    other = world.saved("same files", TALK, owner=world.bob)
    delete(world)

    purge_deleted_sessions(now=world.clock())
    for _ in range(2):
        now = world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() + 1)
        collect_garbage(now=now, dry_run=False)

    assert other.current is not None
    assert list(world.files(other.current).values()) == list(TALK.values())


def test_a_session_with_an_unfinished_job_is_purged_after_the_job_has_ended(world: World):
    session = world.saved("talk", TALK)
    assert session.current is not None
    job = request_export(version=session.current, owner=world.alice, now=world.clock())
    trash_sessions(sessions=[session], now=world.clock())
    delete(world)

    purge_deleted_sessions(now=world.clock())
    assert DubbingSession.objects.filter(pk=session.pk).exists()
    world.run(job)
    assert (job.state, job.error_code) == (Job.State.FAILED, "forbidden")
    purge_deleted_sessions(now=world.clock())

    assert not DubbingSession.objects.exists()
    assert not stored_keys("exports/")


def test_a_deleted_session_does_not_exist_for_its_owner(world: World):
    session = trashed(world)
    delete(world)
    alice = signed_in(world.alice)

    assert alice.get(f"{ROOT}/sessions/{session.code}").status_code == 404
    assert alice.get(f"{ROOT}/sessions", {"trashed": "true"}).json()["items"] == []
    assert alice.post(f"/sessions/{session.code}/untrash/").status_code == 404
    assert post_json(alice, f"{ROOT}/trash/restore", {"sessions": [str(session.code)]}).status_code == 404
    missing = post_json(
        alice, f"{ROOT}/blobs/missing", {"blobs": [{"sha256": Blob.objects.get().sha256, "size": 6000}]}
    )
    assert len(missing.json()["missing"]) == 1


def test_other_users_sessions_are_not_deleted(world: World):
    session = trashed(world)
    bob = signed_in(world.bob)

    assert post_json(bob, f"{ROOT}/trash/delete", {"sessions": [str(session.code)]}).status_code == 404
    assert bob.delete(f"{ROOT}/trash").json() == {"count": 0, "size": 0}
    assert post_json(bob, f"{ROOT}/trash/restore", {"sessions": [str(session.code)]}).status_code == 404
    bob.post("/sessions/trash/empty/", {"confirmation": "delete"})
    bob.post(
        "/sessions/trash/batch/", {"codes": [session.code], "action": "delete", "confirmation": "delete"}
    )

    session.refresh_from_db()
    assert session.deleted_at is None


def test_the_page_offers_to_empty_the_trash_and_names_the_number(world: World):
    alice = signed_in(world.alice)
    assert "Empty trash" not in alice.get("/sessions/trash/").content.decode()

    trashed(world, "first")
    assert "the session in the trash permanently?" in headings(alice)

    trashed(world, "second")
    assert "all 2 sessions in the trash permanently?" in headings(alice)


@pytest.mark.parametrize(("grace", "limit"), [(24, 26), (0, 2)])
def test_the_page_states_when_the_space_becomes_free(world: World, settings: LazySettings, grace, limit):
    settings.GARBAGE_GRACE = timedelta(hours=grace)
    trashed(world, "first")

    assert f"in the server's storage it becomes free within {limit} hours." in headings(
        signed_in(world.alice)
    )


def headings(client: Client) -> str:
    page = client.get("/sessions/trash/").content.decode()
    assert "Empty trash" in page
    return " ".join(page.split())


def test_the_page_deletes_only_after_the_typed_confirmation(world: World):
    sessions = [trashed(world, name) for name in ("first", "second", "third")]
    alice = signed_in(world.alice)
    form = {"codes": [session.code for session in sessions[:2]], "action": "delete"}

    refused = alice.post("/sessions/trash/batch/", {**form, "confirmation": "yes"}, follow=True)
    assert messages_of(refused) == ["Nothing was deleted. Type “delete” to delete permanently."]
    assert len(refused.context["page"]) == 3

    deleted = alice.post("/sessions/trash/batch/", {**form, "confirmation": " Delete "}, follow=True)
    assert messages_of(deleted)[0].startswith("2 sessions were deleted permanently, ")
    assert [session.name for session in deleted.context["page"]] == ["third"]

    assert "Nothing was deleted" in messages_of(alice.post("/sessions/trash/empty/", follow=True))[0]
    emptied = alice.post("/sessions/trash/empty/", {"confirmation": "delete"}, follow=True)
    assert messages_of(emptied)[0].startswith("1 session was deleted permanently, ")
    assert list(emptied.context["page"]) == []


def test_the_page_restores_several_sessions(world: World):
    sessions = [trashed(world, name) for name in ("first", "second")]
    world.saved("first", TALK)
    alice = signed_in(world.alice)

    response = alice.post(
        "/sessions/trash/batch/",
        {"codes": [session.code for session in sessions], "action": "restore"},
        follow=True,
    )

    assert messages_of(response) == [
        "“first” was restored as “first_2”, because its name is in use.",
        "2 sessions were restored.",
    ]
    assert not DubbingSession.objects.trashed().exists()


@pytest.mark.one_stack
def test_the_page_changes_all_results_of_a_search(world: World):
    sessions = [sketch_session(world.alice, f"talk {number}") for number in range(PAGE_SIZE + 1)]
    other = sketch_session(world.alice, "other")
    trash_sessions(sessions=[*sessions, other], now=world.clock())
    alice = signed_in(world.alice)
    page = alice.get("/sessions/trash/", {"q": "talk", "page": "2"}).context["page"]
    assert (len(page), page.total, page.number) == (1, PAGE_SIZE + 1, 2)
    results = {"scope": "results", "query": "q=talk", "expected": str(PAGE_SIZE + 1)}

    changed = alice.post(
        "/sessions/trash/batch/", {**results, "expected": "3", "action": "restore"}, follow=True
    )
    assert messages_of(changed)[0].startswith(f"More sessions match now than before: {PAGE_SIZE + 1}.")

    restored = alice.post("/sessions/trash/batch/", {**results, "action": "restore"}, follow=True)
    assert messages_of(restored) == [f"{PAGE_SIZE + 1} sessions were restored."]
    assert list(DubbingSession.objects.trashed()) == [other]


@pytest.mark.one_stack
def test_many_new_names_of_restored_sessions_are_counted(world: World):
    sessions = [sketch_session(world.alice, f"talk {number}") for number in range(MAX_RENAMED + 1)]
    trash_sessions(sessions=sessions, now=world.clock())
    for session in sessions:
        sketch_session(world.alice, session.name)

    response = signed_in(world.alice).post(
        "/sessions/trash/batch/",
        {"codes": [session.code for session in sessions], "action": "restore"},
        follow=True,
    )

    assert messages_of(response) == [
        f"{MAX_RENAMED + 1} sessions have new names, because other sessions have the old ones.",
        f"{MAX_RENAMED + 1} sessions were restored.",
    ]


def test_the_api_restores_and_deletes_several_sessions(world: World):
    first, second, third = (trashed(world, name) for name in ("first", "second", "third"))
    alice = signed_in(world.alice)

    body = {"sessions": [str(first.code)]}
    restored = post_json(alice, f"{ROOT}/trash/restore", body).json()["sessions"]
    assert [(session["name"], session["trashed_at"]) for session in restored] == [("first", None)]
    assert post_json(alice, f"{ROOT}/trash/delete", body).status_code == 404

    size = sum(map(len, TALK.values()))
    body = {"sessions": [str(second.code)]}
    assert post_json(alice, f"{ROOT}/trash/delete", body).json() == {"count": 1, "size": size}
    assert alice.delete(f"{ROOT}/trash").json() == {"count": 1, "size": size}
    assert list(DubbingSession.objects.filter(deleted_at=None)) == [first]
    assert third.code not in {session.code for session in DubbingSession.objects.trashed()}
