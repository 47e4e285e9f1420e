"""Denormalized values follow every change, and are checked and repaired."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from sessions_app.models import DubbingSession, OwnerTotals, SessionLanguage, SessionText, Version
from sessions_app.operations.cleanup.consistency.check import check_consistency
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions, untrash_session
from sessions_app.operations.versions.restore import restore_version
from sessions_app.queries.history import get_history_size
from sessions_app.queries.quotas import get_usage
from sessions_app.queries.sessions import count_sessions, get_session_languages
from tests.integration.sketches import now, sketch_session, sketch_version
from tests.integration.worlds import world_of_rows
from tests.world import World

FILES = {"talk.mp4": b"source" * 10, "audio/hi_audio.wav": b"hindi" * 10}
MORE = {**FILES, "audio/es_audio.wav": b"spanish" * 10}
DOCUMENT = {"languages": ["hi"], "video_name": "Grüße.mp4"}

world = world_of_rows


def is_consistent() -> bool:
    return check_consistency(repairs=False).total == 0


def test_values_follow_the_life_of_a_session(world: World):
    session = sketch_session(world.alice, "talk", FILES, document=DOCUMENT)
    size = sum(map(len, FILES.values()))
    session.refresh_from_db()
    assert (count_sessions(world.alice), get_session_languages(world.alice)) == (1, ["hi"])
    assert (session.total_size, get_usage(world.alice.pk)) == (size, size)
    assert is_consistent()

    sketch_version(session, MORE, document={**DOCUMENT, "languages": ["hi", "es"]})
    session.refresh_from_db()
    added = len(MORE["audio/es_audio.wav"])
    assert get_session_languages(world.alice) == ["es", "hi"]
    assert (session.total_size, get_usage(world.alice.pk)) == (size + added, size + added)
    assert session.current is not None
    history = get_history_size(session.current)
    assert (history.versions, history.blobs, history.size) == (2, 3, size + added)
    assert is_consistent()

    restore_version(session=session, number=1, author=world.alice, now=now())
    assert (get_session_languages(world.alice), get_usage(world.alice.pk)) == (["hi"], size + added)
    assert is_consistent()

    trash_sessions(sessions=[session], now=now())
    assert (count_sessions(world.alice), get_session_languages(world.alice)) == (0, [])
    assert get_usage(world.alice.pk) == size + added
    assert is_consistent()

    create_session(owner=world.alice, name="talk", now=now())
    untrash_session(session=session, user=session.owner, now=now())
    assert (count_sessions(world.alice), get_session_languages(world.alice)) == (2, ["hi"])
    assert is_consistent()

    trash_sessions(sessions=[session], now=now())
    purge_session(session=session, now=world.clock())
    assert (count_sessions(world.alice), get_usage(world.alice.pk)) == (1, 0)
    assert not SessionText.objects.filter(text__contains="grüsse").exists()
    assert is_consistent()


def test_trashing_twice_counts_once(world: World):
    session = sketch_session(world.alice)

    assert trash_sessions(sessions=[session, session], now=now()) == 1
    assert count_sessions(world.alice) == 0


def test_wrong_values_are_found_and_repaired(world: World, capsys: pytest.CaptureFixture[str]):
    session = sketch_session(world.alice, "talk", MORE, document=DOCUMENT)
    OwnerTotals.objects.update(session_count=7, stored_size=8)
    Version.objects.update(
        file_groups=[], empty_file_count=3, history_size=9, history_blob_count=10, changes={}
    )
    DubbingSession.objects.update(total_size=11, stage="empty")
    SessionLanguage.objects.all().delete()
    SessionText.objects.all().delete()

    call_command("check_database")
    assert capsys.readouterr().out.startswith("Wrong values (--repair writes the right ones):\n")
    assert not is_consistent()

    call_command("check_database", "--repair")
    assert capsys.readouterr().out.splitlines() == [
        "Repaired:",
        "  1 sessions with a wrong size or stage",
        "  1 sessions with wrong search texts or languages",
        "  1 versions with wrong numbers of files",
        "  1 users with wrong totals",
    ]
    assert is_consistent()
    session.refresh_from_db()
    assert session.total_size == sum(map(len, MORE.values()))
    assert get_session_languages(world.alice) == ["es", "hi"]
