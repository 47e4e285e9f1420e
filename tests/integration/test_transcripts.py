"""Transcripts: texts of a version side by side, filtered, paged, downloaded, also by a link."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from dubbing_core.selection import Selection
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse
from sessions_app.models import DubbingSession
from sessions_app.operations.timelines import read_session_texts
from sessions_app.queries.timelines import TRACKS_OFFERED, choose_offered
from sessions_app.queries.transcripts import ROWS_BEFORE_TARGET
from sessions_app.views import transcript_panel
from tests.integration.sketches import (
    bytes_of,
    now,
    signed_in,
    sketch_export,
    sketch_session,
    sketch_share,
    store_blobs,
)
from tests.world import World

pytestmark = pytest.mark.one_stack

LINES = 250


def srt(words: str, *, speaker: str = "", count: int = LINES) -> bytes:
    cues = (
        f"{at + 1}\n00:{at * 2 // 60:02}:{at * 2 % 60:02},000 --> 00:{at * 2 // 60:02}:{at * 2 % 60:02},900\n"
        f"{f'{speaker} {at % 2}: ' if speaker else ''}{words} {at + 1}\n\n"
        for at in range(count)
    )
    return "".join(cues).encode()


FILES = {
    "talk.mp4": b"source",
    "transcriptions/en.srt": srt("Line <3 & <script>"),
    "translations/ar.srt": srt("سطر"),
    "translations/es.srt": srt("Línea", count=LINES - 1),
    "translations/hi.srt": b"<!DOCTYPE html>\n<html></html>",
    **{
        f"audio/es/segments/{at:04}.wav": f"wave {at}".encode() for at in range(1, LINES) if at not in {7, 12}
    },
}


@pytest.fixture(scope="module")
def _rows(module_transaction: None, module_store: None) -> tuple[World, DubbingSession]:
    """The rows of all tests, which change none of them."""
    world = World.create()
    session = sketch_session(world.alice, "talk", FILES)
    store_blobs(data for path, data in FILES.items() if path.startswith("trans"))
    session.entries.filter(path__startswith="audio/es/").update(role="segment", language="es")
    read_session_texts(session_id=session.pk, clock=now)
    connection.check_constraints()  # else each test checks them for all rows
    return world, session


@pytest.fixture
def world(_rows: tuple[World, DubbingSession], db: None) -> World:
    return deepcopy(_rows[0])


@pytest.fixture
def session(_rows: tuple[World, DubbingSession], db: None) -> DubbingSession:
    return deepcopy(_rows[1])


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


def show(client: Client, session: DubbingSession, **query: Any) -> Any:
    return client.get(f"/sessions/{session.code}/versions/1/transcript/", query)


def numbers(response: Any) -> list[int]:
    return [row.number for row in response.context["page"]]


def test_the_source_and_chosen_languages_are_side_by_side(alice, session):
    page = show(alice, session)
    assert [track.key for track in page.context["transcript"].columns] == ["source", "ar", "es"]
    assert numbers(page) == list(range(1, 101))
    text = page.content.decode()
    assert 'lang="ar"' in text
    assert 'dir="rtl"' in text
    assert "Line &lt;3 &amp;" in text
    assert "&lt;script&gt; 1" in text
    assert "is a web page. Download the file itself" in text

    chosen = show(alice, session, show="es,source,nothing")
    assert [track.key for track in chosen.context["transcript"].columns] == ["es", "source"]


def test_pages_follow_each_other(alice, session):
    first = show(alice, session)
    second = show(alice, session, after=first.context["page"].next)
    last = show(alice, session, last=1)
    assert numbers(second)[0] == 101
    assert numbers(show(alice, session, before=second.context["page"].previous)) == numbers(first)
    assert numbers(last)[-1] == LINES
    assert last.context["page"].next is None
    assert numbers(show(alice, session, after=99999)) == numbers(last)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "سطر 200"}, [200]),
        ({"q": "سَطر 200"}, [200]),
        ({"q": "line <3 & <SCRIPT> 12"}, [12, *range(120, 130)]),
        ({"q": "nothing like it"}, []),
        ({"show": "es", "silent": "es"}, [7, 12]),
        ({"show": "es", "silent": "es", "q": "12"}, [12]),
        ({"speaker": "Zoe"}, []),
    ],
)
def test_rows_are_filtered(alice, session, query, expected):
    page = show(alice, session, **query)
    assert numbers(page) == expected
    assert page.context["transcript"].total == len(expected)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"time": "1:23"}, 42),
        ({"time": "83.5"}, 42),
        ({"time": "later"}, None),
        ({"row": "77"}, 77),
        ({"row": "9999"}, LINES),
        ({"line": "30", "of": "ar"}, 30),
        ({"line": "30", "of": "nothing"}, 30),
    ],
)
def test_readers_jump_to_a_row(alice, session, query, number):
    page = show(alice, session, **query)
    target = next((row for row in page.context["page"] if row.is_target), None)
    assert (target.number if target else None) == number


def test_several_lines_are_marked_and_the_first_one_is_shown(alice, session):
    page = show(alice, session, line="30,33,x,", of="ar")
    assert [row.number for row in page.context["page"] if row.is_target] == [30, 33]
    assert numbers(page)[0] == 30 - ROWS_BEFORE_TARGET
    assert page.content.decode().count('class="is-target"') == 2


def test_queries_do_not_grow_with_lines_and_files(alice, session, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        show(alice, session, show="source,ar,es", after="100")


def test_the_panel_has_the_first_lines_and_downloads(alice, session):
    text = show(alice, session, part="1").content.decode()
    assert text.count('class="line-time"') == 8
    assert "ar.srt" in text
    assert "<html" not in text


def test_the_page_of_a_session_without_media_has_the_first_lines(alice, world, monkeypatch):
    session = sketch_session(world.alice, "texts", {path: FILES[path] for path in FILES if "trans" in path})
    page = reverse("session-detail", args=[session.code])
    assert alice.get(page).content.decode().count('class="line-time"') == 8

    monkeypatch.setattr(transcript_panel, "PREVIEW_LINES", LINES)  # there are three times as many
    text = alice.get(page).content.decode()
    assert "line-time" not in text
    assert f'data-transcript="{reverse("version-transcript", args=[session.code, 1])}?part=1"' in text


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("ar.srt", "1\n00:00:00,000 --> 00:00:00,900\nسطر 1\n"),
        ("source.vtt", "WEBVTT\n\n"),
        ("es.csv", "\ufeffnumber,start,end,speaker,text\r\n1,00:00:00.000"),
        ("es.txt", "Línea 1\n"),
    ],
)
def test_a_track_is_downloaded(alice, session, name, begins):
    response = alice.get(reverse("version-track", args=[session.code, 1, name]))
    assert bytes_of(response).decode().startswith(begins)
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["fr.srt", "ar.exe", "ar", "..srt", "ar.2.srt"])
def test_tracks_and_formats_that_do_not_exist(alice, session, name):
    assert alice.get(reverse("version-track", args=[session.code, 1, name])).status_code == 404


@pytest.mark.parametrize(("show", "is_preloaded"), [("source,ar", True), ("es", False)])
def test_fonts_of_the_shown_scripts_are_preloaded(alice, session, show, is_preloaded):
    page = alice.get(
        reverse("session-transcript", args=[session.code]), {"show": show}, follow=True
    ).content.decode()

    assert ('rel="preload" href="/static/dist/arabic' in page) is is_preloaded
    assert "dist/devanagari" not in page


def test_a_link_shows_only_the_texts_of_its_export(world, session):
    selection = Selection.from_choices(languages=["es"], without_source=True)
    export = sketch_export(session)
    export.selection = selection.as_dict()
    export.save()
    share = sketch_share(export)
    client = signed_in(None)
    page = client.get(reverse("share-transcript", args=[share.token]))
    assert {track.key for track in page.context["tracks"]} == {"es"}
    assert page["X-Robots-Tag"] == "noindex"
    assert f"/sessions/{session.code}" not in page.content.decode()
    assert bytes_of(client.get(reverse("share-track", args=[share.token, "es.srt"])))
    assert client.get(reverse("share-track", args=[share.token, "ar.srt"])).status_code == 404
    assert client.get(reverse("share-transcript", args=["x" * 43])).status_code == 404
    assert "Open transcript" in client.get(reverse("share-page", args=[share.token])).content.decode()


def test_subtitles_that_run_backwards_or_last_a_year_are_shown(alice, world):
    odd = (
        "1\n00:00:09,000 --> 00:00:01,000\nback\n\n2\n00:00:02,000 --> 9999:00:00,000\nyear\n\n"
        "3\n00:00:02,000 --> 00:00:03,000\nover\n"
    )
    speakers = "WEBVTT\n\n" + "".join(
        f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000 --> {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.900\n<v S{at}>x\n\n"
        for at in range(10_000)
    )
    files = {"transcriptions/en.srt": odd.encode(), "translations/fr.vtt": speakers.encode()}
    session = sketch_session(world.alice, "odd", files)
    store_blobs(files.values())
    read_session_texts(session_id=session.pk, clock=now)
    page = show(alice, session, show="source")
    assert numbers(page) == [1, 2, 3]
    assert "end before start" in page.content.decode()
    many = show(alice, session, show="fr")
    assert many.context["transcript"].speaker_count == 10_000
    assert len(many.content) < 300_000


@pytest.mark.parametrize(
    ("page", "shown"), [("session-detail", {}), ("session-transcript", {"show": "hi.65"})]
)
def test_of_very_many_texts_those_shown_and_the_first_of_each_language_are_offered(alice, world, page, shown):
    files = {f"translations/hi/part_{at:02}.srt": srt(f"पंक्ति {at}", count=1) for at in range(70)}
    parts = sketch_session(world.alice, "parts", {"translations/zu.srt": srt("Umugqa", count=1), **files})
    store_blobs([srt("Umugqa", count=1), *files.values()])
    read_session_texts(session_id=parts.pk, clock=now)

    response = alice.get(reverse(page, args=[parts.code]), shown, follow=True)
    html = response.content.decode()
    offered = re.findall(r'href="[^"]+/transcript/([^/"]+)\.srt" download', html)

    assert len(offered) == TRACKS_OFFERED
    assert {"hi", "zu", *shown.values()} <= set(offered)
    assert f"{len(files) + 1 - TRACKS_OFFERED} more texts are among the files." in html


def test_the_first_text_of_each_language_is_always_offered():
    tracks = [
        CatalogTrack(
            key=f"l{at}{suffix}",
            path=f"l{at}{suffix}.srt",
            index=0,
            use=TrackUse.TRANSLATION,
            language=f"l{at}",
            lines=1,
            speakers=0,
            end_ms=1,
            digest="",
        )
        for at in range(TRACKS_OFFERED + 10)
        for suffix in ("", ".2")
    ]

    offered = [track.key for track in choose_offered(tracks, ["l5.2"])]

    assert set(offered) == {f"l{at}" for at in range(TRACKS_OFFERED + 10)} | {"l5.2"}
    assert offered == [track.key for track in tracks if track.key in offered]
    assert choose_offered(tracks[:TRACKS_OFFERED]) == tracks[:TRACKS_OFFERED]
