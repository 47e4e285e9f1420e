"""Sessions: names, search, lists, query counts, trash, the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.models import DubbingSession, Job, Version
from sessions_app.operations.sessions.create import create_session
from sessions_app.queries import found_sessions, session_words
from sessions_app.queries.sessions import SessionOrder
from tests.integration.programs import ROOT
from tests.integration.sketches import (
    current_of,
    now,
    post_json,
    signed_in,
    sketch_export,
    sketch_job,
    sketch_session,
    sketch_share,
    sketch_version,
)
from tests.integration.worlds import world_of_rows
from tests.query_plans import record_plans
from tests.world import PROJECT, World

world = world_of_rows


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


def names_on(response: Any) -> list[str]:
    assert response.status_code == 200
    return [session.name for session in response.context["page"]]


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# -- Names -------------------------------------------------------------------------------------------------------------


@pytest.mark.either_stack
@pytest.mark.parametrize(
    ("video", "stem"),
    [
        ("my_presentation.mp4", "my_presentation"),
        ("Tutorial Video.avi", "Tutorial_Video"),
        ("conference-talk.mov", "conference-talk"),
        ("", "dubbing_project"),
        ("प्रस्तुति.mp4", "परसतत"),  # the original session manager drops vowel signs, too
        ("Größe (final).mp4", "Größe_final"),
    ],
)
def test_the_suggested_name_equals_that_of_the_original(alice: Client, video: str, stem: str):
    before = datetime.now(UTC).replace(microsecond=0)

    name = alice.get(f"{ROOT}/sessions/suggested-name", {"video_filename": video}).json()["name"]

    matched = re.fullmatch(rf"{stem}_(\d{{8}}_\d{{6}})", name)
    assert matched, name
    assert before <= datetime.strptime(matched[1], "%Y%m%d_%H%M%S").replace(tzinfo=UTC) <= datetime.now(UTC)
    made = post_json(alice, f"{ROOT}/sessions", {"name": name})
    assert (made.status_code, made.json()["name"]) == (201, name)


def test_a_taken_name_gets_a_number(world: World, alice: Client):
    first = post_json(alice, f"{ROOT}/sessions", {"name": "talk"}).json()
    second = post_json(alice, f"{ROOT}/sessions", {"name": "  TALK "}).json()
    third = post_json(alice, f"{ROOT}/sessions", {"name": "talk"}).json()
    bobs = post_json(signed_in(world.bob), f"{ROOT}/sessions", {"name": "talk"}).json()

    assert [first["name"], second["name"], third["name"]] == ["talk", "TALK_2", "talk_3"]
    assert bobs["name"] == "talk"


@pytest.mark.either_stack
def test_a_list_without_sessions_leads_to_those_in_the_trash(world: World, alice: Client):
    assert "Save your first dubbing project" in alice.get("/sessions/").content.decode()

    sketch_session(world.alice, "talk", {}).trash(now=world.clock())

    empty = alice.get("/sessions/").content.decode()
    assert "All sessions are in the trash" in empty
    assert 'href="/sessions/trash/"' in empty


def test_the_first_free_number_is_taken(world: World):
    names = ["talk", *(f"talk_{number}" for number in range(2, 40) if number != 23)]
    for name in names:
        sketch_session(world.alice, name=name)

    assert create_session(owner=world.alice, name="Talk", now=now()).name == "Talk_23"
    assert create_session(owner=world.alice, name="talk", now=now()).name == "talk_40"


@pytest.mark.either_stack
def test_the_page_of_a_new_session_links_to_saving(alice: Client):
    code = post_json(alice, f"{ROOT}/sessions", {"name": "talk"}).json()["code"]

    response = alice.get(f"/sessions/{code}/")

    assert response.status_code == 200
    assert f"/sessions/{code}/save/" in response.content.decode()


@pytest.mark.either_stack
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a\u202eb", "name_control"),
        ("x" * 121, "name_too_long"),
    ],
)
def test_an_invalid_name_is_refused_with_a_message(alice: Client, name: str, code: str):
    response = post_json(alice, f"{ROOT}/sessions", {"name": name})

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["detail"].endswith(".")
    assert not DubbingSession.objects.exists()


# -- Search, filters, order, pages ----------------------------------------------------------------------------------------


@pytest.fixture
def shelf(world: World) -> World:
    """Alice's sessions: different in name, video, languages, stage and size."""
    sketch_session(
        world.alice, "Größe_Zürich", {"audio/hi_audio.wav": b"x" * 10}, document={"video_name": "a.mp4"}
    )
    sketch_session(
        world.alice, "talk", PROJECT, document={"video_name": "Élan_2025.MOV", "languages": ["pt-BR"]}
    )
    sketch_session(
        world.alice, "100%_done", {"transcriptions/t.json": b"{}"}, document={"video_name": "b.mp4"}
    )
    sketch_session(world.alice, "100_done", {"final_videos/es_final.mp4": b"x" * 99_999})
    sketch_session(world.bob, "Größe_of_Bob")
    return world


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("größe", {"Größe_Zürich"}),
        ("GRÖSSE", {"Größe_Zürich"}),
        ("GRO\u0308SSE", {"Größe_Zürich"}),
        ("zÜr", {"Größe_Zürich"}),
        ("ÉLAN", {"talk"}),
        ("élan_2025.mov", {"talk"}),
        ("pt-br", {"talk"}),
        ("PT-BR", {"talk"}),
        ("pt", set()),
        (
            "es",
            {"100_done", "talk"},
        ),  # found by their files: one has no metadata, the other lists Portuguese only
        ("%", {"100%_done"}),
        ("0_d", {"100_done"}),
        ("0%_", {"100%_done"}),
        ("\\", set()),
        ("nothing like it", set()),
        (" talk ", {"talk"}),
        ("Spanish", {"100_done", "talk"}),
        ("Spanisch", {"100_done", "talk"}),
        ("español", {"100_done", "talk"}),
        ("portugiesisch talk", {"talk"}),
        ("brasilien", {"talk"}),
        ("done 100", {"100%_done", "100_done"}),
        ("done spanish", {"100_done"}),
        ("done % spanish", set()),
    ],
)
def test_a_search_finds_names_videos_and_whole_languages(
    shelf: World, query: str, found: set[str], monkeypatch: pytest.MonkeyPatch
):
    alice = signed_in(shelf.alice)

    # The keys of few sessions are read; the database compares those of many. In between are words of both kinds.
    for most in (found_sessions.MAX_KEYS, 1, 0):
        for module in (found_sessions, session_words):
            monkeypatch.setattr(module, "MAX_KEYS", most)
        page = alice.get("/sessions/", {"q": query}).context["page"]
        assert ({session.name for session in page}, page.total) == (found, len(found)), most


def test_a_word_that_no_session_has_leaves_none_to_compare(
    shelf: World, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
):
    for module in (found_sessions, session_words):
        monkeypatch.setattr(module, "MAX_KEYS", 0)

    with django_assert_num_queries(5):  # names and languages with each word, languages with both
        found = session_words.find_sessions_with_words(shelf.alice, "zebra talk", tags=[])

    assert not DubbingSession.objects.filter(found).exists()


def test_sessions_are_filtered_by_stage(shelf: World):
    alice = signed_in(shelf.alice)
    stages = {
        session.name: session.current.stage
        for session in DubbingSession.objects.filter(owner=shelf.alice)
        if session.current
    }

    for stage in set(stages.values()):
        found = names_on(alice.get("/sessions/", {"stage": stage}))
        assert set(found) == {name for name, each in stages.items() if each == stage}
    assert len(set(stages.values())) >= 3


def test_sessions_are_filtered_by_the_languages_of_the_user(shelf: World):
    sketch_session(shelf.bob, "other", {"audio/fr_audio.wav": b"x"})
    alice = signed_in(shelf.alice)

    offered = alice.get("/sessions/").context["languages"]

    assert {"hi", "pt-BR"} <= set(offered)
    assert "fr" not in offered
    assert set(names_on(alice.get("/sessions/", {"language": "pt-BR"}))) == {"talk"}
    assert names_on(alice.get("/sessions/", {"language": "pt"})) == []
    for name in ("Brazilian Portuguese", "Portugiesisch (Brasilien)", "português (Brasil)"):
        assert names_on(alice.get("/sessions/", {"language": name})) == ["talk"]


def test_sessions_are_ordered(world: World, alice: Client):
    start = now() - timedelta(days=9)
    empty = DubbingSession.objects.get(
        code=post_json(alice, f"{ROOT}/sessions", {"name": "Empty"}).json()["code"]
    )
    sessions = {"Empty": empty}
    for name, size in (("beta", 10), ("Alpha", 30), ("gamma", 20)):
        sessions[name] = sketch_session(world.alice, name, {"audio/hi_audio.wav": b"x" * size})
    for day, name in enumerate(("Alpha", "gamma", "Empty", "beta")):
        DubbingSession.objects.filter(pk=sessions[name].pk).update(
            last_updated=start + timedelta(days=day),
            created_at=start - timedelta(days=day),
            last_accessed=start + timedelta(days=(day + 2) % 4),
            duration_ms=[20, 10, 0, 30][day],
        )

    found = {order: names_on(alice.get("/sessions/", {"sort": order.value})) for order in SessionOrder}

    assert found == {
        SessionOrder.UPDATED: ["beta", "Empty", "gamma", "Alpha"],
        SessionOrder.CREATED: ["Alpha", "gamma", "Empty", "beta"],
        SessionOrder.ACCESSED: ["gamma", "Alpha", "beta", "Empty"],
        SessionOrder.NAME: ["Alpha", "beta", "Empty", "gamma"],
        SessionOrder.SIZE: ["Alpha", "gamma", "beta", "Empty"],
        SessionOrder.DURATION: ["beta", "Alpha", "gamma", "Empty"],
    }
    for order, names in found.items():
        assert names_on(alice.get("/sessions/", {"sort": order.value, "reverse": "1"})) == names[::-1]


def fill(world: World, count: int) -> None:
    """Create many sessions, as rows without files."""
    first = sketch_session(world.alice, f"first of {count}")
    version = current_of(first)
    for number in range(count - 1):
        session = DubbingSession(
            owner=world.alice,
            name=f"s{count}-{number}",
            folded_name=f"s{count}-{number}",
            created_at=now(),
            last_updated=now(),
            last_accessed=now(),
        )
        session.insert()
        copy = Version.objects.get(pk=version.pk)
        copy.pk, copy.session = None, session
        copy.save(force_insert=True)
        DubbingSession.objects.filter(pk=session.pk).update(current=copy)


def test_pages_list_every_session_once(world: World, alice: Client):
    fill(world, 60)
    start = alice.get("/sessions/")
    middle = alice.get("/sessions/", {"after": start.context["page"].next})
    end = alice.get("/sessions/", {"after": middle.context["page"].next})
    pages = [names_on(response) for response in (start, middle, end)]

    assert [len(page) for page in pages] == [24, 24, 12]
    assert len({name for page in pages for name in page}) == 60
    assert (start.context["page"].previous, end.context["page"].next) == (None, None)
    assert names_on(alice.get("/sessions/", {"before": end.context["page"].previous})) == pages[1]
    assert names_on(alice.get("/sessions/", {"before": middle.context["page"].previous})) == pages[0]
    assert names_on(alice.get("/sessions/", {"after": "of another list"})) == pages[0]
    for query in ("", "q=s&", "sort=name&", "sort=size&reverse=1&"):
        numbered = [alice.get(f"/sessions/?{query}page={number}") for number in (1, 2, 3)]
        listed = [names_on(page) for page in numbered]
        assert [len(page) for page in listed] == [24, 24, 12]
        assert len({name for page in listed for name in page}) == 60
        assert [page.context["page"].number for page in numbered] == [1, 2, 3]
        for other in ("page=99", "last=1"):
            assert names_on(alice.get(f"/sessions/?{query}{other}")) == listed[2]
    assert names_on(alice.get("/sessions/?page=2")) == pages[1]
    assert "Page 2 of 3" in middle_text(alice.get("/sessions/?page=2"))


def middle_text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_chosen_view_is_remembered(world: World, alice: Client):
    sketch_session(world.alice)

    assert '<ul class="cards">' in middle_text(alice.get("/sessions/"))
    assert "<table" in middle_text(alice.get("/sessions/?view=table"))
    assert "<table" in middle_text(alice.get("/sessions/?view=neither"))
    assert '<ul class="cards">' in middle_text(alice.get("/sessions/?view=cards"))
    assert '<ul class="cards">' in middle_text(alice.get("/sessions/"))


def test_heads_of_columns_sort_and_reverse(world: World, alice: Client):
    sketch_session(world.alice)

    by_size = middle_text(alice.get("/sessions/?view=table&sort=size"))
    assert 'aria-sort="descending"> <a class="sort" id="sort-size" href="?sort=size&amp;reverse=1"' in by_size
    reverse = middle_text(alice.get("/sessions/?view=table&sort=size&reverse=1"))
    assert 'aria-sort="ascending"> <a class="sort" id="sort-size" href="?sort=size"' in reverse


def test_rows_have_a_line_of_facts_for_narrow_screens(world: World, alice: Client):
    session = sketch_session(world.alice)
    DubbingSession.objects.filter(pk=session.pk).update(duration_ms=40_000)

    page = middle_text(alice.get("/sessions/?view=table"))

    facts = re.search(r'<span class="row-facts">(.*?)</span>', page)
    assert facts is not None
    assert re.fullmatch(r"0:40 · .*B · alice · ", facts[1].replace("\N{NO-BREAK SPACE}", " "))


@pytest.mark.parametrize(
    ("query", "field", "shown"),
    [
        ("language=nl", "language", "Dutch (nl)"),
        ("language=xx", "language", "xx"),
        ("tag=unused", "tag", "unused"),
        ("owner=bob", "owner", "bob"),
    ],
)
def test_a_filter_without_results_is_shown_as_chosen(
    world: World, alice: Client, query: str, field: str, shown: str
):
    sketch_session(world.alice)

    page = middle_text(alice.get(f"/sessions/?{query}"))

    select = page[page.index(f'<select id="{field}"') :].partition("</select>")[0]
    assert re.findall(r"selected>([^<]*)<", select) == [shown]


def test_unknown_stages_and_orders_are_ignored(world: World, alice: Client):
    sketch_session(world.alice)

    page = middle_text(alice.get("/sessions/?stage=unknown&sort=unknown"))

    assert "1 session" in page
    assert "Clear filters" not in page


# -- Query counts ---------------------------------------------------------------------------------------------------------


def queries_of(client: Client, url: str) -> int:
    client.get(url)  # fills the caches of the process
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.one_stack
def test_a_list_of_30_sessions_takes_as_many_queries_as_one_of_3(world: World, alice: Client):
    fill(world, 3)
    few = queries_of(alice, "/sessions/")
    fill(world, 30)

    assert queries_of(alice, "/sessions/") == few <= 12


@pytest.mark.one_stack
def test_queries_of_the_trash_do_not_depend_on_its_size(world: World, alice: Client):
    fill(world, 30)  # more than a page, whose number of pages takes a query
    DubbingSession.objects.update(trashed_at=now())
    few = queries_of(alice, "/sessions/trash/")
    fill(world, 60)
    DubbingSession.objects.update(trashed_at=now())

    assert queries_of(alice, "/sessions/trash/") == few <= 8


@pytest.mark.one_stack
def test_a_page_of_300_files_takes_as_many_queries_as_one_of_5(world: World, alice: Client):
    small = sketch_session(world.alice, "small", {f"audio/s{number}.wav": b"x" for number in range(5)})
    large = sketch_session(world.alice, "large", {f"audio/s{number}.wav": b"x" for number in range(300)})
    shares = [sketch_share(sketch_export(session)) for session in (small, large)]
    for number in range(2, 9):
        sketch_version(large, {"audio/s.wav": b"%d" % number})
    sketch_job(small)
    for _ in range(9):
        sketch_job(large)
    exports = [share.share.export for share in shares]
    for _ in range(9):
        sketch_share(exports[1])

    # One query is for workers, because a job waits, and two for workers of media.
    for query in ("?by=list", "?by=folder", "?find=s", "?category=audio"):
        few = queries_of(alice, f"/sessions/{small.code}/{query}")
        assert queries_of(alice, f"/sessions/{large.code}/{query}") == few <= 19
    # More files than a page are loaded when their category is unfolded.
    assert queries_of(alice, f"/sessions/{large.code}/") <= queries_of(alice, f"/sessions/{small.code}/")
    part = "listing/?category=audio&nested=1"
    few = queries_of(alice, f"/sessions/{small.code}/versions/1/{part}")
    assert queries_of(alice, f"/sessions/{large.code}/versions/1/{part}") == few <= 5
    few = queries_of(alice, f"/exports/{exports[0].code}/")
    assert queries_of(alice, f"/exports/{exports[1].code}/") == few <= 10
    assert (
        queries_of(Client(), f"/s/{shares[1].token}/") <= queries_of(Client(), f"/s/{shares[0].token}/") <= 8
    )


@pytest.mark.one_stack
def test_queries_of_the_jobs_page_do_not_depend_on_their_number(world: World, alice: Client):
    session = sketch_session(world.alice)
    sketch_job(session)
    sketch_export(session)
    few = queries_of(alice, "/jobs/")
    for number in range(20):
        sketch_job(session, kind=[Job.Kind.SAVE, Job.Kind.IMPORT][number % 2])
        sketch_export(session)

    assert queries_of(alice, "/jobs/") == few <= 8


# -- Trash ------------------------------------------------------------------------------------------------------------------


def test_a_trashed_session_is_only_in_the_trash(world: World, alice: Client):
    session = sketch_session(world.alice)
    export = sketch_export(session)

    response = alice.post(f"/sessions/{session.code}/trash/", follow=True)

    assert messages_of(response) == ["“talk” was moved to the trash."]
    assert names_on(response) == []
    for url in (f"/sessions/{session.code}/", f"/sessions/{session.code}/save/", f"/exports/{export.code}/"):
        assert alice.get(url).status_code == 404
    assert [each.name for each in alice.get("/sessions/trash/").context["page"]] == ["talk"]
    assert list(signed_in(world.bob).get("/sessions/trash/").context["page"]) == []


def test_the_trash_has_pages_and_reads_only_what_it_shows(world: World, alice: Client):
    fill(world, 30)
    DubbingSession.objects.update(trashed_at=now())

    with record_plans() as plans:
        first = alice.get("/sessions/trash/")
        second = alice.get("/sessions/trash/", {"after": first.context["page"].next})

    assert (len(first.context["page"]), len(second.context["page"])) == (24, 6)
    assert len({row.pk for page in (first, second) for row in page.context["page"]}) == 30
    assert (first.context["page"].previous, second.context["page"].next) == (None, None)
    assert "dubbingsession" not in plans.scanned, plans.describe()
    assert not any(statement.has_sort for statement in plans.statements), plans.describe()


def test_undo_restores_the_session(world: World, alice: Client):
    session = sketch_session(world.alice)
    alice.post(f"/sessions/{session.code}/trash/")

    response = alice.post(f"/sessions/{session.code}/untrash/", follow=True)

    assert response.redirect_chain == [(f"/sessions/{session.code}/", 302)]
    assert response.context["version"].number == 1
    assert alice.post(f"/sessions/{session.code}/untrash/").status_code == 404


def test_undo_appends_a_number_to_a_taken_name(world: World, alice: Client):
    session = sketch_session(world.alice)
    alice.post(f"/sessions/{session.code}/trash/")
    sketch_session(world.alice)

    response = alice.post(f"/sessions/{session.code}/untrash/", follow=True)

    assert messages_of(response)[-1:] == ["“talk” was restored as “talk_2”, because its name is in use."]
    assert set(names_on(alice.get("/sessions/"))) == {"talk", "talk_2"}


def test_a_batch_trashes_only_sessions_of_the_user(world: World, alice: Client):
    mine = [sketch_session(world.alice, name) for name in ("one", "two", "three")]
    bobs = sketch_session(world.bob)
    codes = [str(session.code) for session in (*mine[:2], bobs)]

    response = alice.post("/sessions/batch/", {"codes": codes, "action": "trash"}, follow=True)

    assert names_on(response) == ["three"]
    assert messages_of(response)[0].startswith("2 sessions were moved to the trash")
    bobs.refresh_from_db()
    assert not bobs.is_trashed


# -- Page ------------------------------------------------------------------------------------------------------


@pytest.mark.either_stack
def test_the_page_shows_the_data_of_the_original(world: World, alice: Client):
    document = {
        "video_name": "my_presentation.mp4",
        "languages": ["hi", "es"],
        "transcription_text": "Hello",
        "translations": {"hi": "नमस्ते"},
        "voices": {"hi": "gemini_hi_deep", "es": "edge_es_bright"},
    }
    session = sketch_session(world.alice, files=PROJECT, document=document)

    text = alice.get(f"/sessions/{session.code}/").content.decode()

    for shown in (
        "my_presentation.mp4",
        "hi_audio.wav",
        "gemini_hi_deep",
        "edge_es_bright",
        "original_asr.json",
    ):
        assert shown in text
    version = current_of(session)
    assert f"{version.file_count} files" in text
    for moment in (session.created_at, version.created_at):
        assert moment.astimezone(UTC).isoformat(timespec="microseconds") in text


@pytest.mark.one_stack
@pytest.mark.parametrize(
    "document",
    [
        {"voices": {"hi": {"name": "deep", "speed": 1.5}, "es": ["a", "b"], "": None, "x" * 300: 7}},
        {"voices": {}, "translations": {"hi": {"segments": [1, 2]}}, "languages": []},
        {"languages": [f"x-{number}" for number in range(700)]},
        {"languages": ["x" * 40, "hi_" + "y" * 40], "translations": {"z" * 3000: "a", "k" * 36: "b"}},
        {"languages": ["<script>", "hi", "HI", "नमस्ते", "", "a b"]},
        {"video_name": "<b>" * 100},
        {"video_name": "\ufb03" * 300},
        {"session_metadata": {"pipeline_stage": "<i>", "total_files": "many"}, "unknown": [[[]]]},
        {"transcription_text": "x" * 500_000},
    ],
)
def test_unusual_metadata_is_shown_and_never_executed(world: World, alice: Client, document: dict[str, Any]):
    named = {f"audio/{language}_audio.wav": b"x" for language in ("hi", "x" * 40, "k" * 36, "hi_" + "y" * 40)}
    session = sketch_session(world.alice, files=named, document=document)

    for url in (
        "/sessions/",
        f"/sessions/{session.code}/",
        f"/sessions/{session.code}/versions/1/metadata.json",
    ):
        response = alice.get(url)
        assert response.status_code == 200
        if response["Content-Type"].startswith("text/html"):
            assert "<script>alert" not in response.content.decode()
            assert "<b><b>" not in response.content.decode()
            assert "<i>" not in response.content.decode()


def test_opening_is_recorded_as_access_and_never_moves_it_back(world: World, alice: Client):
    session = sketch_session(world.alice)
    future = now() + timedelta(days=1)
    DubbingSession.objects.update(last_accessed=now() - timedelta(minutes=2))

    alice.get(f"/sessions/{session.code}/")
    session.refresh_from_db()
    assert session.last_accessed > session.last_updated

    DubbingSession.objects.update(last_accessed=future)
    alice.get(f"/sessions/{session.code}/")
    session.refresh_from_db()
    assert session.last_accessed == future
