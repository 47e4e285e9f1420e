"""Names of sessions: checked while typed, changed on pages, in the API and on the admin site."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from sessions_app.models import DubbingSession
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.sessions.rename import rename_session
from tests.integration.programs import ROOT
from tests.integration.sketches import now, post_json, signed_in, sketch_session
from tests.integration.worlds import world_of_rows
from tests.world import World

TITLE = "Talk: part 1/2 “é” <?> 🎬"

world = world_of_rows


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


@pytest.fixture
def session(world: World) -> DubbingSession:
    return sketch_session(world.alice, "talk")


def patch(client: Client, session: DubbingSession, **body: Any) -> Any:
    address = f"{ROOT}/sessions/{session.code}"
    return client.patch(address, body, content_type="application/json")


def found(client: Client, text: str) -> list[str]:
    return [item["name"] for item in client.get(f"{ROOT}/sessions", {"q": text}).json()["items"]]


def test_a_session_is_renamed_and_found_by_its_new_name(alice: Client, session: DubbingSession):
    for _ in range(2):  # a repetition changes nothing
        response = patch(alice, session, name=f" {TITLE} ", previous_name="talk")
        assert (response.status_code, response.json()["name"]) == (200, TITLE)
    assert found(alice, "part 1/2") == [TITLE]
    assert found(alice, "talk_") == []
    assert post_json(alice, f"{ROOT}/sessions", {"name": "talk"}).json()["name"] == "talk"


def test_only_the_case_of_a_name_is_changed(alice: Client, session: DubbingSession):
    assert patch(alice, session, name="Talk").json()["name"] == "Talk"


@pytest.mark.either_stack
@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"name": " "}, (400, "name_empty", "Give the session a name.")),
        (
            {"name": "a\u202eb"},
            (400, "name_control", "The name contains an invisible character, ⟦U+202E⟧. Remove it."),
        ),
        ({"name": "OTHER"}, (409, "name_taken", "There is already a session “OTHER”. “OTHER_2” is free.")),
        (
            {"name": "new", "previous_name": "old"},
            (
                409,
                "renamed",
                "The session was renamed to “talk” in the meantime. Rename it again if that is not what you want.",
            ),
        ),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(
    alice: Client, session: DubbingSession, body: dict[str, str], refusal: tuple[int, str, str]
):
    sketch_session(session.owner, "other")
    response = patch(alice, session, **body)
    problem = response.json()
    assert (response.status_code, problem["code"], problem["detail"]) == refusal
    session.refresh_from_db()
    assert session.name == "talk"


def test_another_request_that_renames_first_wins(session: DubbingSession):
    stale = DubbingSession.objects.get(pk=session.pk)
    rename_session(session=session, name="first", user=session.owner, now=now())
    with pytest.raises(NotAllowedError) as caught:
        rename_session(session=stale, name="second", user=session.owner, now=now())
    assert caught.value.code == "renamed"
    assert rename_session(session=stale, name="first", user=session.owner, now=now()).name == "first"


def test_a_session_in_the_trash_is_not_renamed(alice: Client, session: DubbingSession):
    stale = DubbingSession.objects.get(pk=session.pk)
    session.trash(now=now())
    assert patch(alice, session, name="new").status_code == 404
    with pytest.raises(NotAllowedError, match="was moved to the trash"):
        rename_session(session=stale, name="new", user=session.owner, now=now())


@pytest.mark.either_stack
@pytest.mark.parametrize(
    ("name", "code", "free_name"),
    [
        ("new", "", ""),
        (TITLE, "", ""),
        ("Talk", "name_taken", "Talk_2"),
        ("", "name_empty", ""),
        ("x" * 121, "name_too_long", ""),
    ],
)
def test_a_name_is_checked(alice: Client, session: DubbingSession, name: str, code: str, free_name: str):
    checked = alice.get(f"{ROOT}/sessions/checked-name", {"name": name}).json()
    assert (checked["code"], checked["free_name"], checked["is_usable"]) == (code, free_name, not code)
    assert bool(checked["message"]) == bool(code)
    own = alice.get(f"{ROOT}/sessions/checked-name", {"name": "TALK", "session": str(session.code)}).json()
    assert own["is_usable"]


@pytest.mark.either_stack
def test_the_page_renames_without_a_script(alice: Client, session: DubbingSession):
    form = alice.get(reverse("session-name", args=[session.code])).content.decode()
    assert 'value="talk"' in form
    address = reverse("session-rename", args=[session.code])
    refused = alice.post(address, {"name": "a\u202eb", "previous_name": "talk"})
    assert (refused.status_code, "invisible character" in refused.content.decode()) == (400, True)
    renamed = alice.post(address, {"name": TITLE, "previous_name": "talk"}, follow=True)
    assert [str(message) for message in renamed.context["messages"]] == [f"“talk” was renamed to “{TITLE}”."]
    stale = alice.post(address, {"name": "x", "previous_name": "talk"})
    assert (stale.status_code, "in the meantime" in stale.content.decode()) == (409, True)


@pytest.mark.either_stack
def test_a_session_is_created_without_a_script(alice: Client):
    address = reverse("session-create")
    assert alice.post(address, {"name": "first"}).status_code == 302
    assert alice.post(address, {"name": ""}).status_code == 302
    refused = alice.post(address, {"name": "a\u202eb"})
    assert (refused.status_code, "invisible character" in refused.content.decode()) == (400, True)
    names = set(DubbingSession.objects.values_list("name", flat=True))
    assert len(names) == 2
    assert "first" in names


def test_an_operator_renames_on_the_admin_site(world: World, session: DubbingSession):
    sketch_session(world.alice, "other")
    operator = signed_in(User.objects.create_superuser("operator"))
    address = reverse("admin:sessions_app_dubbingsession_change", args=[session.pk])
    taken = operator.post(address, {"name": "other", "_save": "Save"})
    assert "“other_2” is free." in taken.content.decode()
    assert operator.post(address, {"name": TITLE, "total_size": 5, "_save": "Save"}).status_code == 302
    for action in ("add", "delete"):
        arguments = [session.pk] if action == "delete" else []
        page = reverse(f"admin:sessions_app_dubbingsession_{action}", args=arguments)
        assert operator.post(page, {"post": "yes"}).status_code == 403
    session.refresh_from_db()
    assert (session.name, session.total_size != 5) == (TITLE, True)
    assert found(signed_in(world.alice), TITLE) == [TITLE]
