"""Tags, stars and saved filters of sessions."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sessions_app.models import DubbingSession, SessionTag, Star, Tag
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.marks.tags import MAX_TAGS, change_tags
from sessions_app.queries import found_sessions
from sessions_app.queries.marks import Marks, marks_of
from tests.integration.sketches import now, signed_in, sketch_session
from tests.integration.worlds import world_of_rows
from tests.world import World

PARTIAL = {"HX-Request": "true"}

world = world_of_rows


@pytest.fixture
def session(world: World) -> DubbingSession:
    return sketch_session(world.alice)


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


def names_on(response: Any) -> list[str]:
    assert response.status_code == 200
    return [session.name for session in response.context["page"]]


def test_tags_are_put_on_sessions_and_taken_off(world: World, session: DubbingSession):
    other = sketch_session(world.alice, "other")
    change_tags(
        user=world.alice, now=now(), sessions=[session, other], add=["Launch", " client:   Acme ", "launch"]
    )
    change_tags(user=world.alice, now=now(), sessions=[session], add=["LAUNCH"], remove=["Client: acme"])

    assert marks_of(world.alice, session).tags == ("launch",)
    assert marks_of(world.alice, other).tags == ("client: Acme", "launch")
    assert marks_of(world.bob, session) == Marks()

    change_tags(user=world.alice, now=now(), sessions=[other], remove=["client: Acme", "never used"])
    assert list(Tag.objects.values_list("name", flat=True)) == ["launch"]


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["x" * 51], "name_too_long"),
        ([" "], "name_empty"),
        (["a,b"], "name_comma"),
        (["a\u202eb"], "name_control"),
        ([str(number) for number in range(MAX_TAGS + 1)], "too_many_tags"),
    ],
)
def test_unusable_tags_are_refused(world: World, session: DubbingSession, names: list[str], code: str):
    with pytest.raises(BadInputError) as refusal:
        change_tags(user=world.alice, now=now(), sessions=[session], add=["fine", *names])

    assert refusal.value.code == code
    assert not SessionTag.objects.exists()


def test_forms_change_tags_and_stars(world: World, session: DubbingSession, alice: Client):
    url = f"/sessions/{session.code}/"
    back = {"Referer": "http://testserver/sessions/?page=2"}

    assert alice.post(f"{url}tags/", {"add": "a, b ,c"})["Location"] == url
    assert alice.post(f"{url}tags/", {"remove": ["b"]}, headers=back)["Location"].endswith(
        "/sessions/?page=2"
    )
    assert alice.post(f"{url}star/", {"starred": "1"})["Location"] == url
    assert marks_of(world.alice, session) == Marks(tags=("a", "c"), is_starred=True)
    assert (
        alice.post(f"{url}star/", {"starred": ""}, headers={"Referer": "https://evil.example/"})["Location"]
        == url
    )
    assert not Star.objects.exists()


@pytest.mark.one_stack
def test_a_script_gets_the_changed_part(session: DubbingSession, alice: Client):
    url = f"/sessions/{session.code}/"

    star = alice.post(f"{url}star/", {"starred": "1"}, headers=PARTIAL).content.decode()
    tags = alice.post(f"{url}tags/", {"add": "<b>"}, headers=PARTIAL).content.decode()
    refused = alice.post(f"{url}tags/", {"add": "x" * 60}, headers=PARTIAL)

    assert 'aria-pressed="true"' in star
    assert 'href="/sessions/?tag=%3Cb%3E"' in tags
    assert "<b>" not in tags
    assert (refused.status_code, "has at most 50 characters" in refused.content.decode()) == (400, True)
    assert f'value="{"x" * 60}"' in refused.content.decode()


@pytest.mark.parametrize("most", [found_sessions.MAX_KEYS, 1, 0])
def test_sessions_are_filtered_by_marks(
    world: World, alice: Client, most: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(found_sessions, "MAX_KEYS", most)  # of more sessions the database compares each
    sessions = {name: sketch_session(world.alice, name) for name in ("one", "two", "three")}
    bobs = sketch_session(world.bob, "bobs")
    change_tags(
        user=world.alice, now=now(), sessions=[sessions["one"], sessions["two"], bobs], add=["Straße"]
    )
    alice.post(f"/sessions/{sessions['two'].code}/star/", {"starred": "1"})
    DubbingSession.objects.filter(name="three").update(has_stale=True)

    found = {
        query: set(names_on(alice.get(f"/sessions/?{query}")))
        for query in (
            "tag=STRASSE",
            "tag=none",
            "starred=1",
            "stale=1",
            "owner=alice",
            "owner=bob",
            "tag=straße&starred=1",
        )
    }

    assert found == {
        "tag=STRASSE": {"one", "two"},
        "tag=none": set(),
        "starred=1": {"two"},
        "stale=1": {"three"},
        "owner=alice": {"one", "two", "three"},
        "owner=bob": set(),
        "tag=straße&starred=1": {"two"},
    }
    page = " ".join(alice.get("/sessions/?starred=1").content.decode().split())
    assert "1 of 3 sessions" in page
    assert 'aria-pressed="true" aria-label="Star two"' in page


def test_tags_stay_on_a_session_in_the_trash(world: World, session: DubbingSession, alice: Client):
    change_tags(user=world.alice, now=now(), sessions=[session], add=["kept"])
    alice.post(f"/sessions/{session.code}/trash/")
    assert names_on(alice.get("/sessions/?tag=kept")) == []
    alice.post(f"/sessions/{session.code}/untrash/")

    assert names_on(alice.get("/sessions/?tag=kept")) == ["talk"]
