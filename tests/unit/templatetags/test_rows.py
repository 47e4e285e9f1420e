from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from typing import Any
from uuid import UUID

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse

from sessions_app.models import DubbingSession, Version
from sessions_app.queries.light_copies import LightCopy
from sessions_app.queries.versions import FileRow

CODE = UUID("0b3f6a0e-7d4f-4b0a-9b55-1c2d3e4f5a6b")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = "<b>\"a\" & 'b'</b>"
PATHS = ["audio/hi.wav", f"x/{HOSTILE}.mp4", "ü +#?%25;=,@!$~.png", "notes.txt"]


def render(tag: str, **values: object) -> str:
    context = Context({"now": NOW, **values})
    context.request = RequestFactory().get("/")  # type: ignore[attr-defined]  # set by RequestContext
    return re.sub(r"\s+", " ", Template(f"{{% load rows %}}{{% {tag} %}}").render(context))


def file_row(path: str, language: str = "hi") -> FileRow:
    return FileRow(
        pk=1, path=path, category="audio", language=language, added_in=2, sha256="ab" * 32, size=2048
    )


def file_rows(path: str, *, language: str = "hi", copy: LightCopy | None = None, **values: Any) -> str:
    session = DubbingSession(code=CODE, name="talk")
    return render(
        "file_rows files",
        files=[file_row(path, language)._replace(**values)],
        light_copies={1: copy} if copy else {},
        version=Version(number=3),
        session=session,
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_file_links_to_its_download(path):
    url = escape(reverse("version-file", args=[CODE, 3, path]))

    row = file_rows(path)

    assert f'href="{url}" download' in row
    assert (f'href="{url}?play"' in row) is not path.endswith(".txt")


def test_text_of_files_is_escaped():
    row = file_rows(f"{HOSTILE}/{HOSTILE}\u202e.wav", language=HOSTILE)

    assert "<b>" not in row
    assert '"a"' not in row
    assert "\u202e" not in row
    assert f'data-language="{escape(HOSTILE)}">{escape(HOSTILE)}</span>' in row


def test_files_of_a_link_are_shown_but_not_downloaded_one_by_one():
    rows = {
        path: render("file_rows files", files=[file_row(path)], light_copies={}, token="t0ken")
        for path in PATHS
    }

    for path, row in rows.items():
        url = escape(reverse("share-file", args=["t0ken", path]))
        assert f'href="{url}?{"preview" if path.endswith(".txt") else "play"}"' in row
        assert "download" not in row
        assert "Since" not in row


@pytest.mark.parametrize("path", ["talk.mkv", "talk.mp4"])
def test_a_light_copy_is_played_in_place_of_its_file(path):
    row = file_rows(path, copy=LightCopy(player="video", url=f"/media/{HOSTILE}?a&b"))

    assert f'href="/media/{escape(HOSTILE)}?a&amp;b"' in row
    assert f'data-player="video" data-size="2048" aria-label="Play {path}"' in row
    assert "?play" not in row


def test_what_is_no_medium_is_not_played():
    assert "data-player" not in file_rows("talk.mp4", media_reason="not an audio or video file")


@pytest.mark.parametrize(
    ("category", "codecs", "is_named"),
    [
        ("final_videos", ("h264", ""), True),
        ("mixed_videos", ("h264", ""), True),
        ("final_videos", ("h264", "aac"), False),
        ("final_videos", ("", "aac"), False),
        ("original_video", ("h264", ""), False),
    ],
)
def test_a_dubbed_video_without_sound_is_marked(category, codecs, is_named):
    row = file_rows("talk.mp4", category=category, video_codec=codecs[0], audio_codec=codecs[1])

    assert ("has no sound" in row) is is_named
