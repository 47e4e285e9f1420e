"""The form of an export: what is ticked becomes a selection, or is refused with a sentence."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sessions_app.models import DubbingSession, Job
from tests.integration.sketches import bytes_of, signed_in, sketch_job, sketch_session
from tests.world import PROJECT

pytestmark = pytest.mark.one_stack

FILES = {**PROJECT, "final_videos/hi_final.mp4": b"hi video", "final_videos/es_final.mp4": b"es video"}


@pytest.fixture
def session(db: None) -> DubbingSession:
    return sketch_session(User.objects.create_user("alice"), files=FILES)


@pytest.fixture
def alice(session: DubbingSession) -> Client:
    return signed_in(session.owner)


def url(session: DubbingSession, rest: str) -> str:
    return f"/sessions/{session.code}/versions/1/{rest}"


def test_the_form_selects_categories_and_languages(alice: Client, session: DubbingSession):
    page = bytes_of(alice.get(url(session, "export/new/"))).decode()
    assert re.search(r'name="category"\s+value="audio"\s+checked', page)
    assert re.search(r'name="language"\s+value="hi"\s+checked', page)

    response = alice.post(
        url(session, "export/"),
        {"ticked": "1", "scope": "version", "category": ["audio"], "language": ["hi", "es"]},
    )

    job = Job.objects.get(kind=Job.Kind.EXPORT)
    assert response["Location"] == url(session, f"export/new/?job={job.code}")
    assert job.params == {"version": 1, "selection": {"categories": ["audio"]}}


@pytest.mark.parametrize(
    ("form", "params"),
    [
        ({}, {"version": 1}),
        (
            {"scope": "history", "ticked": "1", "category": ["audio"]},
            {"version": 1, "selection": {"history": True}},
        ),
        (
            {
                "ticked": "1",
                "category": [
                    "original_video",
                    "transcriptions",
                    "translations",
                    "voices",
                    "audio",
                    "final_videos",
                ],
                "language": ["es", "hi"],
            },
            {"version": 1},
        ),
        (
            {
                "ticked": "1",
                "category": ["transcriptions", "translations", "voices", "audio", "final_videos"],
                "language": ["es", "hi"],
            },
            {"version": 1, "selection": {"without_source": True}},
        ),
    ],
)
def test_the_form_is_translated_into_a_selection(alice: Client, session: DubbingSession, form, params):
    alice.post(url(session, "export/"), form)

    assert Job.objects.get(kind=Job.Kind.EXPORT).params == params


@pytest.mark.parametrize(
    ("selection", "ticked", "total"),
    [
        (
            {"categories": ["audio"], "languages": ["hi"], "layout": "saved"},
            {"audio", "hi", "version", "saved"},
            "1 file",
        ),
        ({"cells": ["es:final_videos"]}, {"final_videos", "es", "version", "session"}, "1 file"),
        (
            {"without_source": True, "languages": ["es"]},
            {
                *("transcriptions", "translations", "voices", "audio", "final_videos"),
                *("es", "version", "session"),
            },
            "5 files",
        ),
    ],
)
def test_the_page_of_an_export_keeps_what_was_chosen(
    alice: Client, session: DubbingSession, selection: dict[str, object], ticked: set[str], total: str
):
    job = sketch_job(session, params={"version": 1, "selection": selection})

    page = bytes_of(alice.get(url(session, f"export/new/?job={job.code}"))).decode()

    inputs = [each for each in re.findall(r"<input[^>]+>", page) if re.search(r"\schecked", each)]
    assert {re.findall(r'value="([^"]+)"', each)[0] for each in inputs} == ticked
    assert total in re.findall(r'data-ref="files">\s*([^<]+?)\s*<', page)


@pytest.mark.parametrize(
    "form",
    [
        {"ticked": "1"},
        {"ticked": "1", "category": ["audio"]},
        {"ticked": "1", "category": ["audio"], "language": ["fr"]},
        {"category": ["pictures"]},
        {"scope": "everything"},
        {"category": ["original_video"], "without_source": "1"},
        {"category": ["mixed_videos"]},
        {"category": ["\0"]},
    ],
)
def test_invalid_selections_are_refused_with_a_sentence(alice: Client, session: DubbingSession, form):
    for response in (
        alice.post(url(session, "export/"), form, follow=True),
        alice.get(url(session, "archive.zip"), form, follow=True),
    ):
        assert response.status_code == 200
        assert 'class="message' in bytes_of(response).decode()
    assert not Job.objects.filter(kind=Job.Kind.EXPORT).exists()
