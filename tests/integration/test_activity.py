"""Activity of a session: changes of its name and tags, beside what its versions and links show."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from sessions_app.models import DubbingSession, SessionChange
from sessions_app.operations.marks.tags import change_tags
from sessions_app.operations.sessions.rename import rename_session
from sessions_app.operations.sessions.trash import trash_sessions
from tests.integration.programs import ROOT
from tests.integration.sketches import now, post_json, signed_in, sketch_session
from tests.world import World

MARKUP = "<b>Talk</b> & more"


@pytest.fixture
def world(db: None) -> World:
    return World.create()


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


@pytest.fixture
def session(world: World) -> DubbingSession:
    return sketch_session(world.alice, "talk")


def shown_activity(client: Client, session: DubbingSession) -> list[str]:
    """Return the sentences of the session's page, newest first, without their times."""
    page = client.get(f"/sessions/{session.code}/").content.decode()
    events = re.findall(r'<li class="event \w+">(.*?)</li>', page, re.DOTALL)
    return [" ".join(strip_tags(event).split()).partition(" · ")[0] for event in events]


def state_digest(client: Client, session: DubbingSession) -> str:
    return str(client.get("/updates/", {"session": str(session.code)}).json()["session"]["digest"])


def test_renaming_is_shown_with_both_names(alice: Client, session: DubbingSession):
    address = reverse("session-rename", args=[session.code])
    assert alice.post(address, {"name": MARKUP, "previous_name": "talk"}).status_code == 302
    alice.post(address, {"name": MARKUP, "previous_name": MARKUP})  # changes nothing

    assert shown_activity(alice, session)[0] == (
        "alice renamed the session from talk to &lt;b&gt;Talk&lt;/b&gt; &amp; more"
    )
    assert SessionChange.objects.count() == 1
    change = SessionChange.objects.get()
    assert abs((now() - change.changed_at).total_seconds()) < 60


def test_an_operator_who_renames_is_named(world: World, alice: Client, session: DubbingSession):
    operator = signed_in(User.objects.create_superuser("operator"))
    address = reverse("admin:sessions_app_dubbingsession_change", args=[session.pk])
    assert operator.post(address, {"name": "keynote", "_save": "Save"}).status_code == 302
    assert shown_activity(alice, session)[0] == "operator renamed the session from talk to keynote"

    User.objects.get(username="operator").delete()
    assert shown_activity(alice, session)[0] == "Unknown user renamed the session from talk to keynote"


def test_restoring_under_another_name_is_shown(world: World, alice: Client, session: DubbingSession):
    trash_sessions(sessions=[session], now=now())
    sketch_session(world.alice, "talk")
    assert alice.post(f"/sessions/{session.code}/untrash/").status_code == 302
    assert shown_activity(alice, session)[0] == "alice renamed the session from talk to talk_2"

    trash_sessions(sessions=[session], now=now())
    assert post_json(alice, f"{ROOT}/sessions/{session.code}/untrash", {}).status_code == 200
    assert SessionChange.objects.count() == 1


def test_changed_tags_are_shown_and_unchanged_ones_are_not(
    world: World, alice: Client, session: DubbingSession
):
    other = sketch_session(world.alice, "other")
    address = reverse("session-tags", args=[session.code])
    alice.post(address, {"add": "launch, client: Acme"})
    alice.post(address, {"add": "LAUNCH", "remove": "unknown"})
    body = {"add": ["spring"], "remove": ["launch"]}
    assert post_json(alice, f"{ROOT}/sessions/{session.code}/tags", body).status_code == 200
    # Of several sessions: each records what changes on it.
    sessions = [session, other]
    change_tags(sessions=sessions, user=world.alice, now=now(), add=["Spring"], remove=["client: acme"])

    assert shown_activity(alice, session)[:3] == [
        "alice removed client: Acme from the tags",
        "alice added spring to the tags and removed launch",
        "alice added client: Acme, launch to the tags",
    ]
    assert shown_activity(alice, other)[0] == "alice added spring to the tags"


def test_characters_of_html_in_tags_are_escaped_once(alice: Client, session: DubbingSession):
    alice.post(reverse("session-tags", args=[session.code]), {"add": "Q&A"})

    assert shown_activity(alice, session)[0] == "alice added Q&amp;A to the tags"


def test_open_pages_notice_changes(world: World, alice: Client, session: DubbingSession):
    page = alice.get(f"/sessions/{session.code}/").context["digest"]
    first = state_digest(alice, session)
    change_tags(sessions=[session], user=world.alice, now=now(), add=["launch"])
    tagged = state_digest(alice, session)

    assert page == first != tagged
    assert alice.get(f"/sessions/{session.code}/").context["digest"] == tagged


def test_only_the_latest_changes_are_read(
    world: World, alice: Client, session: DubbingSession, django_assert_max_num_queries
):
    for number in range(15):
        session = rename_session(session=session, name=f"talk {number}", user=world.alice, now=now())
    alice.get(f"/sessions/{session.code}/")
    with django_assert_max_num_queries(22):
        shown = shown_activity(alice, session)
    assert len(shown) == 12
    assert shown[0] == "alice renamed the session from talk 13 to talk 14"
