"""Facts of media are read once per blob, after the save, by a worker of their own."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from celery import current_app
from django.core.management import call_command

from dubbing_core.media_facts import MediaFacts, StreamKind
from dubbing_core.progress_matrix import CellState, ProgressMatrix
from dubbing_core.steps import Step
from sessions_app import queue, tasks
from sessions_app.media.client import MediaReaderUnavailableError
from sessions_app.media.reader import MediaReader
from sessions_app.models import Blob, BlobMedia, DubbingSession, Entry, Version
from sessions_app.operations.blobs import delete_unreferenced_blobs
from sessions_app.operations.media import MediaReport, read_pending_media, read_session_media
from sessions_app.operations.timelines import read_session_texts
from sessions_app.operations.versions import fill_texts
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreUnavailableError
from tests.integration.programs import Program
from tests.integration.sketches import signed_in, sketch_session
from tests.services.media import Media
from tests.world import World

pytestmark = pytest.mark.either_stack

SOUND = MediaFacts(
    container="wav", duration_ms=2_000, audio_codec="pcm_s16le", sample_rate=16_000, channels=1
)


@pytest.fixture
def files(media: Media) -> dict[str, bytes]:
    video = media.video.read_bytes()
    return {
        "talk.mp4": video,
        "audio/hi_audio.wav": media.voices[0].read_bytes(),
        "audio/es_audio.wav": b"no sound",
        "final_videos/es.mp4": video[: len(video) // 2],
        "transcriptions/en.srt": b"1\n00:00:01,000 --> 00:00:02,500\nHello.\n",
    }


@pytest.fixture
def fake_reader(monkeypatch) -> list[str]:
    """Return the keys of what is read; nothing of it is looked into."""
    keys: list[str] = []

    def read(_: MediaReader, store: object, key: str, size: int) -> MediaFacts:
        keys.append(key)
        return SOUND

    monkeypatch.setattr(MediaReader, "read", read)
    return keys


def run(world: World, session: DubbingSession) -> MediaReport:
    report = read_session_media(session_id=session.pk, clock=world.clock)
    session.refresh_from_db()
    return report


def test_a_save_marks_the_session_and_reading_stores_facts_and_reasons(world, files):
    session = world.saved(files=files)
    assert session.has_unread_media
    assert not BlobMedia.objects.exists()

    assert run(world, session) == MediaReport(sessions=1, files=4, unreadable=1)

    assert not session.has_unread_media
    facts = {entry.path: entry.blob.media.facts for entry in Entry.objects.filter(blob__media__isnull=False)}
    assert facts["talk.mp4"].summary == "2.0 s, H.264 320x180, AAC"
    assert [stream.kind for stream in facts["talk.mp4"].streams] == [StreamKind.VIDEO, StreamKind.AUDIO]
    assert facts["audio/hi_audio.wav"].summary == "2.0 s, PCM"
    assert facts["audio/hi_audio.wav"].sample_rate == 16_000
    assert facts["audio/es_audio.wav"].reason == "is damaged, or is not an audio or video file"
    assert "of 2.0 s" in facts["final_videos/es.mp4"].problem


def test_page_and_api_show_the_facts(world, files):
    session = world.saved(files=files)
    entries = f"/sessions/{session.code}/versions/1/entries"
    client = Program.of(world.alice)
    assert {entry["media"] for entry in client.get(entries).json()["items"]} == {None}

    run(world, session)

    page = signed_in(world.alice).get(f"/sessions/{session.code}/").content.decode()
    assert "2.0 s, H.264 320x180, AAC" in page
    assert page.count("Media not readable") == 1
    assert page.count('badge warn">Problem<') == 1
    listed = {entry["path"]: entry["media"] for entry in client.get(entries).json()["items"]}
    assert listed["transcriptions/en.srt"] is None
    assert listed["audio/es_audio.wav"]["reason"].startswith("is damaged")
    source = listed["talk.mp4"]
    assert (source["width"], source["height"], source["video_codec"]) == (320, 180, "h264")
    assert [stream["kind"] for stream in source["streams"]] == ["video", "audio"]


def test_a_blob_is_read_once(world, files, fake_reader):
    first = world.saved(files=files)
    assert run(world, first).files == 4
    world.save(first, {"audio/fr.wav": b"new"})
    second = world.saved("again", files)

    assert run(world, second).files == 0
    assert run(world, first).files == 1
    assert len(fake_reader) == len(set(fake_reader)) == 5


def test_a_version_that_comes_while_media_are_read_leaves_the_mark(world, files, monkeypatch):
    session = world.saved(files=files)

    def save_another(*_: object) -> MediaFacts:
        monkeypatch.setattr(MediaReader, "read", lambda *_: SOUND)
        world.save(session, {"audio/fr.wav": b"new"})
        return SOUND

    monkeypatch.setattr(MediaReader, "read", save_another)
    run(world, session)
    assert session.has_unread_media

    assert run(world, session).files == 1
    assert not session.has_unread_media


def test_an_unavailable_storage_leaves_the_session_for_later(world, files, monkeypatch):
    session = world.saved(files=files)

    def fail(key: str, start: int, end: int) -> None:
        raise StoreUnavailableError(key)

    monkeypatch.setattr(get_store(), "read", fail)
    assert run(world, session) == MediaReport(left=1)
    assert session.has_unread_media
    monkeypatch.undo()

    assert run(world, session).files == 4


def test_facts_are_deleted_with_their_blob(world, files, fake_reader):
    session = world.saved(files=files)
    run(world, session)
    blob = Blob.objects.get(entries__path="talk.mp4")
    Entry.objects.filter(blob=blob).delete()

    assert delete_unreferenced_blobs([blob.pk]).count == 1
    assert BlobMedia.objects.count() == 3


LINES = b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n\n2\n00:00:01,000 --> 00:00:05,000\nBye.\n"


@pytest.fixture
def dubbed(media: Media) -> dict[str, bytes]:
    """A project whose second line of audio is damaged, and whose first one is a second longer than its line."""
    return {
        "talk.mp4": media.video.read_bytes(),
        "translations/hi.srt": LINES,
        "audio/hi/segment_1.wav": media.voices[0].read_bytes(),
        "audio/hi/segment_2.wav": b"no sound",
        "final_videos/hi_dubbed.mp4": media.dubbed_video.read_bytes(),
    }


def progress_of(session: DubbingSession) -> ProgressMatrix:
    matrix = Version.objects.get(session=session, number=1).progress_matrix
    assert matrix is not None
    return matrix


def fill(world: World, session: DubbingSession) -> None:
    read_session_texts(session_id=session.pk, clock=world.clock)
    session.refresh_from_db()


def test_progress_is_completed_when_facts_arrive(world, dubbed):
    session = world.saved(files=dubbed)
    fill(world, session)
    assert progress_of(session).cell("hi", Step.VOICED).empty_files == 0

    run(world, session)
    assert session.has_unread_texts
    fill(world, session)

    cell = progress_of(session).cell("hi", Step.VOICED)
    assert cell.empty_files == 1
    assert cell.lines is not None
    assert (cell.lines.voiced, cell.lines.gaps, cell.lines.too_long) == (1, (2,), (1,))
    cells = (
        Program.of(world.alice)
        .get(f"/sessions/{session.code}/versions/1")
        .json()["progress_by_language"]["cells"]
    )
    (voiced,) = [each for each in cells if each["step"] == "voiced"]
    assert voiced["gaps"] == ["1 of 2 lines voiced, without 2; audio longer than line 1"]
    page = signed_in(world.alice).get(f"/sessions/{session.code}/").content.decode()
    assert "audio longer than line 1" in page
    # Nothing is computed again without new facts.
    assert not session.has_unread_texts
    DubbingSession.objects.update(has_unread_media=True)
    run(world, session)
    assert not session.has_unread_texts


def test_facts_that_arrive_while_progress_is_computed_are_used(world, dubbed, monkeypatch):
    session = world.saved(files=dubbed)
    compute = fill_texts._compute

    def read_media_first(*args):
        values = compute(*args)
        monkeypatch.setattr(fill_texts, "_compute", compute)
        run(world, session)
        return values

    monkeypatch.setattr(fill_texts, "_compute", read_media_first)
    fill(world, session)

    assert progress_of(session).cell("hi", Step.VOICED).empty_files == 1
    assert Version.objects.get(session=session).has_media_facts


def test_a_video_that_is_shorter_than_its_source_is_named(world, dubbed):
    session = world.saved(files=dubbed)
    run(world, session)
    BlobMedia.objects.filter(blob__entries__path="talk.mp4").update(duration_ms=130_000)
    fill(world, session)

    cell = progress_of(session).cell("hi", Step.DUBBED)
    assert cell.gaps == ["2:08 shorter than the source (2.0 s of 2:10)"]


def test_a_dubbed_video_without_sound_is_no_result(world, dubbed):
    session = world.saved(files=dubbed)
    run(world, session)
    before = progress_of(session).cell("hi", Step.DUBBED)
    assert (before.state, before.gaps) == (CellState.DONE, [])
    BlobMedia.objects.filter(blob__entries__path__in=["talk.mp4", "final_videos/hi_dubbed.mp4"]).update(
        audio_codec=""
    )
    fill(world, session)

    cell = progress_of(session).cell("hi", Step.DUBBED)
    assert (cell.state, cell.gaps) == (CellState.PARTIAL, ["has no sound"])


def test_a_comparison_has_the_facts_by_one_more_query(world, dubbed, media):
    session = world.saved(files=dubbed)
    world.save(session, {"final_videos/hi_dubbed.mp4": media.voices[1].read_bytes()})
    run(world, session)

    body = Program.of(world.alice).get(f"/sessions/{session.code}/versions/2/diff?from=1").json()

    (change,) = body["files"]["items"]
    assert change["previous_media"]["video_codec"] == "h264"
    assert change["media"]["container"] == "wav"
    assert [each["name"] for each in change["media_changes"]] == ["video", "frame rate", "audio"]
    page = signed_in(world.alice).get(f"/sessions/{session.code}/compare/?from=1&to=2").content.decode()
    assert "video: H.264 320x180 → none" in page


@pytest.mark.one_stack
def test_the_command_reads_what_is_left_and_all_on_request(world, files, fake_reader):
    world.saved(files=files)

    def call(*options: str) -> dict[str, int]:
        output = StringIO()
        call_command("read_media", "--json", *options, stdout=output)
        result: dict[str, int] = json.loads(output.getvalue())
        assert isinstance(result.pop("derivatives"), dict)
        assert isinstance(result.pop("proxies"), dict)
        return result

    def numbers(sessions: int, files: int) -> dict[str, int]:
        return {"sessions": sessions, "files": files, "unreadable": 0, "left": 0}

    assert call() == numbers(1, 4)
    assert call() == numbers(0, 0)
    assert call("--all") == numbers(1, 0)
    BlobMedia.objects.update(reader_version=0)
    assert call("--all")["files"] == 4


@pytest.mark.one_stack
def test_a_long_session_makes_room_for_others_after_its_time(world, files, monkeypatch):
    session = world.saved(files=files)
    world.start_media_worker()
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))

    def read(*_: object) -> MediaFacts:
        world.clock.forward(minutes=2)
        return SOUND

    monkeypatch.setattr(MediaReader, "read", read)

    report = read_session_media(session_id=session.pk, clock=world.clock, limit=timedelta(minutes=1))

    assert report == MediaReport(files=1, left=1)
    assert sent == [queue.READ_MEDIA]
    assert read_pending_media(clock=world.clock).files == 3


@pytest.mark.one_stack
def test_a_commit_sends_one_message_to_the_queue_for_media(world, monkeypatch):
    sent: list[tuple[str, dict[str, int]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs, **_: sent.append((name, kwargs)))
    world.start_media_worker()
    session = sketch_session(world.alice, "talk", {"talk.mp4": b"source"})

    assert sent.count((queue.READ_MEDIA, {"session_id": session.pk})) == 1
    assert current_app.amqp.router.route({}, queue.READ_MEDIA)["queue"].name == "media"
    assert (
        current_app.amqp.router.route({}, queue.READ_TEXTS)["queue"].name
        == current_app.conf.task_default_queue
    )


@pytest.mark.one_stack
def test_without_pyav_the_task_warns_and_the_mark_stays(world, files, monkeypatch, caplog):
    session = world.saved(files=files)

    def fail(*_: object) -> None:
        raise MediaReaderUnavailableError("Media files cannot be read.")

    monkeypatch.setattr(MediaReader, "read", fail)

    tasks.read_media()
    tasks.read_media(session_id=session.pk)

    session.refresh_from_db()
    assert session.has_unread_media
    assert [record.message for record in caplog.records if record.name == "sessions_app.tasks"] == [
        "Media files cannot be read."
    ] * 2
