"""Actions on several sessions of the list."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.test import Client

from sessions_app.models import DubbingSession, OwnerTotals, SessionArchive, SessionLanguage, Star
from sessions_app.models.session_archive import RETENTION
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.queries.marks import marks_of
from tests.integration.sketches import bytes_of, now, signed_in, sketch_session, store_blobs
from tests.integration.worlds import world_of_rows
from tests.world import PROJECT, World

pytestmark = pytest.mark.either_stack

BATCH = "/sessions/batch/"

world = world_of_rows


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


@pytest.fixture
def sessions(world: World) -> list[DubbingSession]:
    return [sketch_session(world.alice, name) for name in ("talk one", "talk two", "other")]


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def names_of(rows: Any) -> set[str]:
    return set(rows.values_list("name", flat=True))


def test_all_results_of_a_filter_are_changed(world: World, alice: Client, sessions: list[DubbingSession]):
    results = {"scope": "results", "query": "q=talk", "expected": "2"}

    tagged = alice.post(BATCH, {**results, "action": "tag", "add": "a, b"}, follow=True)
    alice.post(BATCH, {**results, "action": "star"})
    alice.post(BATCH, {"codes": [sessions[0].code], "action": "tag", "remove": "b"})

    assert messages_of(tagged) == ["Tags added to 2 sessions: a, b."]
    assert [marks_of(world.alice, each).tags for each in sessions] == [("a",), ("a", "b"), ()]
    assert Star.objects.count() == 2

    deleted = alice.post(BATCH, {**results, "action": "trash"}, follow=True)
    assert messages_of(deleted)[-1:] == ["2 sessions were moved to the trash and can be restored there."]
    assert names_of(DubbingSession.objects.live()) == {"other"}
    assert OwnerTotals.objects.get(owner=world.alice).session_count == 1
    assert set(SessionLanguage.objects.values_list("session__name", flat=True)) <= {"other"}


def test_more_results_than_were_shown_change_nothing(alice: Client, sessions: list[DubbingSession]):
    response = alice.post(
        BATCH, {"scope": "results", "query": "q=talk", "expected": "1", "action": "trash"}, follow=True
    )

    assert messages_of(response) == [
        "More sessions match now than before: 2. Look at them, then select them again."
    ]
    assert DubbingSession.objects.live().count() == 3


def test_undo_restores_what_was_deleted_together(world: World, alice: Client, sessions: list[DubbingSession]):
    alice.post(BATCH, {"codes": [sessions[2].code], "action": "trash"})
    page = alice.post(BATCH, {"codes": [each.code for each in sessions[:2]], "action": "trash"}, follow=True)
    (message,) = [each for each in page.context["messages"] if each.message.startswith("2 sessions")]
    moment = message.extra_tags.removeprefix("undo-at:")
    assert (
        f'name="at" value="{moment.replace("+", "&#x2B;")}"' in page.content.decode()
        or moment in page.content.decode()
    )
    sketch_session(world.alice, "talk one")

    undone = alice.post("/sessions/trash/undo/", {"at": moment}, follow=True)

    assert messages_of(undone) == [
        "“talk one” was restored as “talk one_2”, because its name is in use.",
        "2 sessions were restored.",
    ]
    assert names_of(DubbingSession.objects.live()) == {"talk one", "talk one_2", "talk two"}
    assert (
        "restored or deleted already"
        in messages_of(alice.post("/sessions/trash/undo/", {"at": moment}, follow=True))[0]
    )
    assert signed_in(world.bob).post("/sessions/trash/undo/", {"at": "2026-99-01"}).status_code == 302


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"action": "trash"}, "Select at least one session first."),
        ({"action": "burn", "scope": "results"}, "Choose an action for the sessions."),
        ({"action": "tag", "scope": "results", "expected": "3"}, "Type a tag to add or to remove."),
        (
            {"action": "trash", "scope": "results", "query": "q=none"},
            "These sessions were deleted or are already in the trash.",
        ),
    ],
)
@pytest.mark.one_stack
def test_unusable_actions_are_refused(
    alice: Client, sessions: list[DubbingSession], data: dict[str, str], message: str
):
    assert messages_of(alice.post(BATCH, data, follow=True)) == [message]


def test_several_sessions_are_one_zip(world: World, alice: Client, module_store: None):
    store_blobs(PROJECT.values())
    sessions = [sketch_session(world.alice, name, PROJECT) for name in ("talk: one?", "Ünï 二")]
    empty = DubbingSession.objects.create(
        owner=world.alice,
        name="empty",
        folded_name="empty",
        created_at=now(),
        last_updated=now(),
        last_accessed=now(),
    )
    codes = [each.code for each in (*sessions, empty)]

    reported = alice.post(BATCH, {"codes": codes, "action": "export"}, follow=True)
    assert messages_of(reported) == ["1 session has no version yet, so it is not in the ZIP."]
    assert f'href="/sessions/archives/{SessionArchive.objects.get().code}' in reported.content.decode()
    first = alice.post(BATCH, {"codes": codes[:2], "action": "export"})
    response = alice.get(first["Location"])
    data = bytes_of(response)

    assert response["Content-Type"] == "application/zip"
    assert "2_sessions_" in response["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        for folder, session in zip(("talk_ one_", "Ünï 二"), sessions, strict=True):
            own = bytes_of(alice.get(f"/sessions/{session.code}/versions/1/archive.zip"))
            with zipfile.ZipFile(io.BytesIO(own)) as single:
                inside = {name: single.read(name) for name in single.namelist()}
            assert ".dubbing/verify.py" in inside
            assert {name: archive.read(f"{folder}/{name}") for name in inside} == inside
            names -= {f"{folder}/{name}" for name in inside}
    assert not names
    part = alice.get(first["Location"], headers={"Range": "bytes=100-199", "If-Range": response["ETag"]})
    assert (part.status_code, bytes_of(part)) == (206, data[100:200])
    assert signed_in(world.bob).get(first["Location"]).status_code == 404

    alice.post(BATCH, {"codes": [sessions[0].code], "action": "trash"})
    refused = alice.get(first["Location"], follow=True)
    assert "was deleted in the meantime" in messages_of(refused)[-1]


@pytest.mark.one_stack
def test_one_session_is_its_own_zip_and_none_is_refused(
    world: World, alice: Client, sessions: list[DubbingSession]
):
    one = alice.post(BATCH, {"codes": [sessions[0].code], "action": "export"})
    DubbingSession.objects.update(current=None)
    none = alice.post(BATCH, {"codes": [sessions[0].code], "action": "export"}, follow=True)

    assert one["Location"] == f"/sessions/{sessions[0].code}/versions/1/archive.zip"
    assert messages_of(none) == ["None of these sessions has a version yet, so there is nothing to download."]


def test_old_selections_for_downloads_are_deleted(world: World, module_store: None):
    rows = [
        SessionArchive.objects.create(owner=world.alice, created_at=at, versions=[[1, 1]])
        for at in (now() - RETENTION, now())
    ]

    collect_garbage(now=now(), dry_run=False)

    assert list(SessionArchive.objects.all()) == rows[1:]


def test_filters_are_saved_used_and_deleted(world: World, alice: Client, sessions: list[DubbingSession]):
    saved = alice.post(
        "/sessions/filters/",
        {"name": " My  talks ", "query": "q=talk&sort=name&page=3&nonsense=1"},
        follow=True,
    )

    assert saved.redirect_chain == [("/sessions/?q=talk&sort=name", 302)]
    assert messages_of(saved) == ["The filter “My talks” was saved."]
    page = " ".join(saved.content.decode().split())
    assert 'href="?q=talk&amp;sort=name" dir="auto" aria-current="true">My talks</a>' in page
    assert saved.context["saved_filter"].name == "My talks"
    alice.post("/sessions/filters/", {"name": "my TALKS", "query": "q=other"})
    (row,) = alice.get("/sessions/").context["saved_filters"]
    assert (row.name, row.query) == ("my TALKS", "q=other")
    for data, message in (
        ({"name": "", "query": "q=x"}, "Give the filter a name."),
        ({"name": "x", "query": ""}, "Choose what to filter by first, then save it."),
    ):
        assert messages_of(alice.post("/sessions/filters/", data, follow=True)) == [message]
    assert signed_in(world.bob).post(f"/sessions/filters/{row.code}/delete/").status_code == 404
    alice.post(f"/sessions/filters/{row.code}/delete/")
    assert alice.get("/sessions/").context["saved_filters"] == []


def test_tags_are_renamed_and_deleted(world: World, alice: Client, sessions: list[DubbingSession]):
    alice.post(BATCH, {"codes": [each.code for each in sessions], "action": "tag", "add": "a, b"})
    by_name = {tag.name: tag for tag in alice.get("/sessions/tags/").context["tags"]}
    url = {name: f"/sessions/tags/{tag.code}/" for name, tag in by_name.items()}

    renamed = alice.post(url["a"], {"name": "Final"}, follow=True)
    taken = alice.post(url["b"], {"name": "FINAL"}, follow=True)

    assert messages_of(renamed) == ["The tag “a” was renamed."]
    assert messages_of(taken) == ["There is a tag “FINAL” already. Choose another name."]
    assert signed_in(world.bob).post(url["b"], {"name": "x"}).status_code == 404
    assert marks_of(world.alice, sessions[0]).tags == ("b", "Final")
    alice.post(url["b"], {"action": "delete"})
    assert marks_of(world.alice, sessions[0]).tags == ("Final",)
