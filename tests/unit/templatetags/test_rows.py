from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from uuid import UUID

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse

from sessions_app.models import DubbingSession, Version
from sessions_app.queries.versions import FileRow

CODE = UUID("0b3f6a0e-7d4f-4b0a-9b55-1c2d3e4f5a6b")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = "<b>\"a\" & 'b'</b>"
PATHS = ["audio/hi.wav", f"x/{HOSTILE}.mp4", "ü +#?%25;=,@!$~.png", "notes.txt"]


def render(tag: str, **values: object) -> str:
    context = Context({"now": NOW, **values})
    context.request = RequestFactory().get("/")  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", Template(f"{{% load rows %}}{{% {tag} %}}").render(context))


def file_row(path: str, language: str = "hi") -> FileRow:
    return FileRow(
        pk=1, path=path, category="audio", language=language, added_in=2, sha256="ab" * 32, size=2048
    )


def file_rows(path: str, *, language: str = "hi") -> str:
    session = DubbingSession(code=CODE, name="talk")
    return render(
        "file_rows files version",
        files=[file_row(path, language)],
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


def test_without_a_version_files_have_no_links():
    row = render("file_rows files", files=[file_row("a.wav")])

    assert "href" not in row.replace('<use href="', "")
    assert row.count("<td") == 3


def session_rows(version: Version | None, *, name: str = "talk") -> str:
    return render(
        "session_rows sessions",
        sessions=[DubbingSession(code=CODE, name=name, last_updated=NOW, current=version)],
    )


def test_text_of_sessions_is_escaped():
    row = session_rows(Version(number=2, video_name=HOSTILE, stage="completed"), name=HOSTILE)

    assert "<b>" not in row
    assert f'<a href="/sessions/{CODE}/">{escape(HOSTILE)}</a>' in row
    assert f'<span class="video">{escape(HOSTILE)}</span>' in row


@pytest.mark.parametrize(
    ("tags", "shown", "others"), [("de en fr hi", 4, ""), ("de en fr hi ja pt", 4, "+2")]
)
def test_a_session_shows_its_first_languages(tags, shown, others):
    row = session_rows(Version(number=1, stage="completed", language_tags=f" {tags} "))

    assert row.count("data-language") == shown
    assert (f'title="{", ".join(tags.split())}">{others}</li>' in row) is bool(others)


def test_a_session_without_a_version_has_the_same_cells():
    columns = session_rows(Version(number=1, stage="completed")).count("<td")

    row = session_rows(None)

    assert row.count("<td") == columns == 7
    assert "No version yet" in row
