"""The form of an export: what is ticked becomes a selection, or is refused with a sentence."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sessions_app.models import DubbingSession, Job
from tests.integration.sketches import bytes_of, signed_in, sketch_session
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
    assert 'name="category" value="audio"' in page
    assert 'name="language" value="hi"' in page

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
