"""The header's link to the section of a page."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from django.urls import resolve

from sessions_app.templatetags.navigation import SECTIONS, aria_current

SESSION = f"/sessions/{uuid.UUID(int=1)}/"
CODE = uuid.UUID(int=2)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/sessions/", "session-list"),
        ("/sessions/new/", "session-list"),
        (SESSION, "session-list"),
        (f"{SESSION}name/", "session-list"),
        (f"{SESSION}rename/", "session-list"),
        (f"{SESSION}save/", "session-list"),
        (f"{SESSION}versions/", "session-list"),
        (f"{SESSION}versions/3/", "session-list"),
        (f"{SESSION}versions/3/changes/", "session-list"),
        (f"{SESSION}versions/3/export/new/", "session-list"),
        (f"/exports/{CODE}/", "session-list"),
        ("/imports/", "import-new"),
        ("/jobs/", "job-list"),
        (f"/jobs/{CODE}/", "job-list"),
        ("/sessions/trash/", "session-trash-list"),
        ("/account/tokens/", ""),
    ],
)
def test_a_page_marks_the_link_to_its_section_alone(path: str, name: str):
    match = resolve(path)
    attributes = {
        each: aria_current({"request": SimpleNamespace(resolver_match=match)}, each)
        for each in set(SECTIONS.values())
    }
    kind = "page" if match.url_name == name else "true"
    assert {each: text for each, text in attributes.items() if text} == (
        {name: f'aria-current="{kind}"'} if name else {}
    )


def test_a_page_that_was_not_found_is_in_no_section():
    assert aria_current({"request": SimpleNamespace(resolver_match=None)}, "session-list") == ""
    assert aria_current({}, "session-list") == ""
