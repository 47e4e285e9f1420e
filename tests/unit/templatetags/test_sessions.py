from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.test import RequestFactory

from dubbing_core.progress import Stage
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.marks import Marks
from sessions_app.templatetags.sessions import TAGS_IN_CARD, TAGS_IN_ROW, duration, session_initials

CODE = UUID("0b3f6a0e-7d4f-4b0a-9b55-1c2d3e4f5a6b")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = "<b>\"a\" & 'b'</b>"
DONE, PART = {"state": "done", "files": 1, "empty": 0}, {"state": "partial", "files": 1, "empty": 0}
STALE = {**DONE, "stale": {"cause": "translated", "changed_in": 3, "made_in": 2, "files": 1}}
MATRIX = {
    "languages": ["hi", "es", "fr", "ja"],
    "cells": {
        "": {"transcribed": DONE},
        "hi": {"translated": DONE, "dubbed": DONE},
        "es": {"translated": DONE, "dubbed": STALE},
        "fr": {"voiced": PART},
    },
}
VIEWS = ["cards", "rows"]


def render(
    view: str, version: Version | None = None, *, name: str = "talk", tags: tuple[str, ...] = ()
) -> str:
    session = DubbingSession(
        pk=1,
        code=CODE,
        name=name,
        last_updated=NOW,
        current=version,
        duration_ms=130_400,
        owner=User(username="alice"),
    )
    context = Context({"now": NOW, "sessions": [session], "marks": {1: Marks(tags=tags, is_starred=True)}})
    context.request = RequestFactory().get("/")  # type: ignore[attr-defined]  # set by RequestContext
    text = Template(f"{{% load sessions %}}{{% session_{view} sessions %}}").render(context)
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("view", VIEWS)
def test_texts_are_escaped(view):
    version = Version(number=2, video_name=HOSTILE, stage="completed", language_tags=f" {HOSTILE[:3]} ")

    shown = render(view, version, name=HOSTILE, tags=(HOSTILE,))

    assert "<b>" not in shown
    assert f'href="/sessions/{CODE}/"' in shown
    assert shown.count(escape(HOSTILE)) >= 4
    assert 'href="/sessions/?tag=%3Cb%3E' in shown


@pytest.mark.parametrize("view", VIEWS)
def test_the_bar_shows_the_state_of_each_language_with_a_description(view):
    shown = render(view, Version(number=3, stage="dubbed", matrix=MATRIX))

    assert '<i class="done"></i><i class="stale"></i><i class="part"></i><i class="none"></i>' in shown
    text = (
        "1 of 4 languages complete, 1 stale, 1 in progress: Hindi complete, Spanish stale,"
        " French in progress, Japanese not started"
    )
    assert f'role="img" aria-label="{text}"' in shown
    assert ">1 of 4<" in shown


def test_a_bar_of_many_languages_counts_them():
    languages = [f"x-{number}" for number in range(40)]
    version = Version(
        number=1, stage="dubbed", matrix={"languages": languages, "cells": {"x-1": {"dubbed": DONE}}}
    )

    assert 'aria-label="1 of 40 languages complete"' in render("cards", version)


@pytest.mark.parametrize("view", VIEWS)
def test_a_session_without_progress_shows_its_stage(view):
    shown = render(view, Version(number=1, stage="voiced"))

    assert "language-bar" not in shown
    assert f">{Stage.VOICED.label}<" in shown


@pytest.mark.parametrize(
    ("tags", "shown", "others"), [("de en fr hi", 4, ""), ("de en fr hi ja pt", 4, "+2")]
)
def test_a_row_shows_the_first_languages(tags, shown, others):
    row = render("rows", Version(number=1, stage="completed", language_tags=f" {tags} "))

    assert row.count("data-language") == shown
    assert (f'title="{", ".join(tags.split())}">{others}</span>' in row) is bool(others)


def test_a_row_without_a_version_has_the_same_cells():
    columns = render("rows", Version(number=1, stage="completed")).count("<td")

    row = render("rows")

    assert row.count("<td") == columns == 9
    assert row.count("No version yet") == 1


@pytest.mark.parametrize(("view", "tags"), [("cards", TAGS_IN_CARD), ("rows", TAGS_IN_ROW)])
def test_marks_are_shown(view, tags):
    shown = render(view, tags=("a", "b", "c", "d", "e"))

    assert shown.count("/sessions/?tag=") == tags
    assert f'title="a, b, c, d, e">+{5 - tags}</li>' in shown
    assert (
        'value="" formaction="/sessions/0b3f6a0e-7d4f-4b0a-9b55-1c2d3e4f5a6b/star/" aria-pressed="true"'
        in shown
    )
    assert "2:10" in shown


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, ""), (None, ""), (1, "0:01"), (59_600, "1:00"), (3_599_000, "59:59"), (3_723_000, "1:02:03")],
)
def test_durations(milliseconds, text):
    assert duration(milliseconds) == text


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Product launch, keynote", "PL"),
        ("talk_final", "TF"),
        ("podcast 024", "P"),
        ("製品紹介", "製"),
        ("हिन्दी संगीत", "हिसं"),
        ("e\u0301clair", "E\u0301"),
        ("2026 — ???", "2"),
        ("???", "?"),
    ],
)
def test_initials(name, initials):
    assert session_initials(name) == initials
