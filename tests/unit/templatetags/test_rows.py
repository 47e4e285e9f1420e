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
    context.request = RequestFactory().get("/")  # type: ignore[attr-defined]  # set by RequestContext
    return re.sub(r"\s+", " ", Template(f"{{% load rows %}}{{% {tag} %}}").render(context))


def file_row(path: str, language: str = "hi") -> FileRow:
    return FileRow(
        pk=1, path=path, category="audio", language=language, added_in=2, sha256="ab" * 32, size=2048
    )


def file_rows(path: str, *, language: str = "hi") -> str:
    session = DubbingSession(code=CODE, name="talk")
    return render(
        "file_rows files",
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


def test_files_of_a_link_are_shown_but_not_downloaded_one_by_one():
    rows = {path: render("file_rows files", files=[file_row(path)], token="t0ken") for path in PATHS}

    for path, row in rows.items():
        url = escape(reverse("share-file", args=["t0ken", path]))
        assert f'href="{url}?{"preview" if path.endswith(".txt") else "play"}"' in row
        assert "download" not in row
        assert "Since" not in row
