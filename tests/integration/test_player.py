"""The player of a version: files by language, lines, pieces of media."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dubbing_core.selection import Selection
from sessions_app.http.downloads import MEDIA_PIECE
from sessions_app.media.types import PLAYABLE
from sessions_app.models import BlobMedia, DubbingSession
from sessions_app.operations.timelines import read_session_texts
from sessions_app.queries.derivatives import AudioCopy, MediaFile, PlayerMedia, Proxy
from sessions_app.queries.player import get_player_contents
from sessions_app.views.player import build_player, get_played_url
from tests.integration.sketches import (
    bytes_of,
    current_of,
    now,
    signed_in,
    sketch_export,
    sketch_session,
    sketch_share,
    store_blobs,
)
from tests.world import World

pytestmark = pytest.mark.one_stack


def srt(*lines: str) -> bytes:
    cues = (
        f"{at + 1}\n00:00:{at * 2:02},000 --> 00:00:{at * 2:02},900\n{line}\n\n"
        for at, line in enumerate(lines)
    )
    return "".join(cues).encode()


FILES = {
    "original_video.mp4": b"source" * (MEDIA_PIECE // 2),
    "transcriptions/en.srt": srt("Welcome", "Rivers", "Thanks"),
    "translations/ar.srt": srt("أهلا", "أنهار", "شكرا"),
    "translations/es.srt": srt("Hola", "Ríos"),
    "final_videos/es_final.mp4": b"dubbed",
    "final_videos/hi_final.mp4": b"dubbed hi",
    "final_videos/de_final.mkv": b"no browser plays it",
    "final_videos/damaged_fr.mp4": b"unreadable",
    "mixed_videos/es_mixed.mp4": b"mixed",
    "audio/ar_audio.wav": b"audio",
    "audio/es/0001.wav": b"line 1",
    "audio/es/0002.wav": b"line 2",
}


PROXY = Proxy(url="/proxy", type="video/mp4", width=854, height=480)
AUDIO = AudioCopy(url="/audio", type="audio/mp4")


@pytest.fixture(scope="module")
def _rows(module_transaction: None, module_store: None) -> tuple[World, DubbingSession]:
    """The rows of all tests, which change none of them."""
    world = World.create()
    session = sketch_session(world.alice, "talk", FILES)
    store_blobs(FILES.values())
    session.entries.filter(path__startswith="audio/es/").update(role="segment", language="es")
    session.entries.filter(path__contains="damaged").update(language="fr")
    damaged = session.entries.get(path__contains="damaged").blob
    BlobMedia.objects.create(blob=damaged, reader_version=1, reason="is no media file", read_at=now())
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
def client(world: World) -> Client:
    return signed_in(world.alice)


def test_each_language_plays_its_mix_then_its_dub_then_its_audio(session: DubbingSession):
    contents = get_player_contents(current_of(session), playable=PLAYABLE)

    found = {
        language.tag: [(file.stage.value, file.path) for file in language.files]
        for language in contents.languages
    }
    assert found == {
        "": [("source", "original_video.mp4")],
        "ar": [("audio", "audio/ar_audio.wav")],
        "de": [("dubbed", "final_videos/de_final.mkv")],
        "es": [("mixed", "mixed_videos/es_mixed.mp4"), ("dubbed", "final_videos/es_final.mp4")],
        "hi": [("dubbed", "final_videos/hi_final.mp4")],
    }
    assert [(file.path, file.reason) for file in contents.unreadable] == [
        (path, "is no media file") for path in FILES if "damaged" in path
    ]
    assert contents.languages[0].is_source
    assert [track.key for track in contents.subtitles] == ["source", "ar", "es"]


def test_what_browsers_do_not_play_waits_for_its_light_copy(session: DubbingSession):
    player = build_player(current_of(session))

    assert player is not None
    files = {file["path"]: file for language in player.data["languages"] for file in language["files"]}
    converted = files["final_videos/de_final.mkv"]
    assert (converted["original"], converted["download"]) == (
        "",
        reverse("version-file", args=[session.code, 1, converted["path"]]) + "?play=1",
    )
    assert player.first_url == files["original_video.mp4"]["original"] != ""


def test_the_player_states_why_a_file_is_not_offered(client: Client, session: DubbingSession):
    page = client.get(f"/sessions/{session.code}/").content.decode()

    (note,) = re.findall(r'<p class="player-note">\s*(.*?)\s*</p>', page)
    assert re.fullmatch("<bdi>.*damaged.*</bdi> is no media file.", note)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"is_playable": True, "proxy": PROXY}, "/original"),
        ({"proxy": PROXY}, "/proxy"),
        ({"pending": ["proxy"]}, ""),
        ({}, "/original"),
        ({"kind": "audio", "audio": AUDIO}, "/audio"),
        ({"kind": "audio", "pending": ["audio", "peaks"]}, ""),
    ],
)
def test_a_light_copy_is_played_where_there_is_one(values: dict[str, Any], expected: str):
    facts: dict[str, Any] = {
        "sha256": "0" * 64,
        "kind": "video",
        "url": None,
        "type": None,
        "is_playable": False,
        "duration": 60,
        "width": 1280,
        "height": 720,
        "frame_rate": 25,
        "problem": "",
    }
    files = {"a.mkv": MediaFile(**facts | values)}
    media = PlayerMedia(files=files, is_pending=False, has_worker=False)

    assert get_played_url(media, "a.mkv", "/original") == expected
    assert get_played_url(media, "b.mkv", "/original") == "/original"


def test_a_version_without_playable_files_has_no_player(world: World):
    session = sketch_session(world.alice, "texts", {"transcriptions/en.srt": srt("Welcome")})

    assert build_player(current_of(session)) is None


def test_lines_stand_beside_those_of_the_source_with_their_audio(client: Client, session: DubbingSession):
    table = get_lines(client, session, "es")

    assert [(row["source"], row["text"]) for row in table["rows"]] == [
        ("Welcome", "Hola"),
        ("Rivers", "Ríos"),
        ("Thanks", ""),
    ]
    assert [row["audio"].rpartition("/")[2] for row in table["rows"]] == [
        "0001.wav?play=1",
        "0002.wav?play=1",
        "",
    ]
    assert [(row["start"], row["end"]) for row in table["rows"]] == [(0, 900), (2000, 2900), (4000, 4900)]
    assert [column["isRightToLeft"] for column in get_lines(client, session, "ar")["columns"]] == [
        False,
        True,
    ]
    assert [row["text"] for row in get_lines(client, session, "")["rows"]] == ["", "", ""]
    assert [track["key"] for track in table["subtitles"]] == ["source", "ar", "es"]
    assert get_lines(client, session, "xx")["rows"] == get_lines(client, session, "")["rows"]


def test_the_page_reserves_the_space_of_the_lines(client: Client, session: DubbingSession):
    page = client.get(reverse("session-detail", args=[session.code])).content.decode()

    assert page.count('class="player-lines-space"') == 3


def test_a_language_without_lines_names_those_that_have_some(client: Client, world: World):
    files = {
        path: FILES[path] for path in ("original_video.mp4", "translations/ar.srt", "translations/es.srt")
    }
    session = sketch_session(world.alice, "untranscribed", files)
    store_blobs(files.values())
    read_session_texts(session_id=session.pk, clock=now)

    page = client.get(reverse("session-detail", args=[session.code])).content.decode()

    sentence = "There are no lines in the original. Lines exist in: Arabic, Spanish."
    assert f'<li class="player-lines-note">{sentence}</li>' in page
    player = build_player(current_of(session))
    assert player is not None
    assert [language["noLines"] for language in player.data["languages"]] == [sentence]


def get_lines(client: Client, session: DubbingSession, language: str) -> Any:
    url = reverse("version-player-lines", args=[session.code, 1])
    return client.get(url, {"language": language}).json()


def test_the_number_of_queries_depends_on_no_number_of_files(world: World, session: DubbingSession):
    counts = []
    for files in (FILES, {**FILES, **{f"final_videos/{at:03}_final.mp4": b"%d" % at for at in range(90)}}):
        version = current_of(sketch_session(world.alice, f"with {len(files)}", files))
        with CaptureQueriesContext(connection) as queries:
            assert build_player(version) is not None
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Range": "bytes=0-", "Sec-Fetch-Dest": "video"}, (206, MEDIA_PIECE)),
        ({"Range": "bytes=5-", "Sec-Fetch-Dest": "audio"}, (206, MEDIA_PIECE)),
        ({"Range": "bytes=0-1999999", "Sec-Fetch-Dest": "video"}, (206, 2_000_000)),
        ({"Range": f"bytes={3 * MEDIA_PIECE - 10}-", "Sec-Fetch-Dest": "video"}, (206, 10)),
        ({"Range": "bytes=0-", "Sec-Fetch-Dest": "document"}, (206, 3 * MEDIA_PIECE)),
        ({"Range": "bytes=0-"}, (206, 3 * MEDIA_PIECE)),
        ({"Sec-Fetch-Dest": "video"}, (200, 3 * MEDIA_PIECE)),
    ],
    ids=["video", "audio", "stated-end", "last-piece", "page", "program", "no-range"],
)
def test_players_get_pieces_and_programs_what_they_ask_for(
    client: Client, session: DubbingSession, headers: dict[str, str], expected: tuple[int, int]
):
    url = reverse("version-file", args=[session.code, 1, "original_video.mp4"]) + "?play=1"

    response = client.get(url, headers=headers)

    assert (response.status_code, len(bytes_of(response))) == expected
    assert int(response["Content-Length"]) == expected[1]


def test_a_link_plays_what_it_shares(session: DubbingSession):
    export = sketch_export(session)
    export.selection = Selection.from_choices(languages=["es"]).as_dict()
    export.save()
    token = sketch_share(export).token

    page = signed_in(None).get(reverse("share-page", args=[token]))
    lines_url = reverse("share-player-lines", args=[token])
    shared, hidden = (signed_in(None).get(lines_url, {"language": tag}).json() for tag in ("es", "ar"))

    player = page.context["player"]
    assert [language["tag"] for language in player.data["languages"]] == ["", "es"]
    for language in player.data["languages"]:
        for file in language["files"]:
            response = signed_in(None).get(file["original"])
            assert bytes_of(response) == FILES[file["path"]]
    assert [row["text"] for row in shared["rows"]] == ["Hola", "Ríos"]
    assert "أهلا" not in json.dumps(hidden, ensure_ascii=False)
    assert "nonce-" in page["Content-Security-Policy"]
