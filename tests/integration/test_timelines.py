"""Texts of versions are read once per blob, after the save, and never affect it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dubbing_core.input_history import InputHistory
from dubbing_core.labels import Role
from dubbing_core.progress_matrix import CellState, ProgressMatrix
from dubbing_core.steps import Step
from dubbing_core.timeline.text_digests import digest_track
from dubbing_core.timeline.tracks import Segment, Timeline, Track, TrackKind
from sessions_app import queue, tasks
from sessions_app.exports.metadata_file import render_metadata_file
from sessions_app.models import Blob, BlobTimeline, DubbingSession, Entry, Job, Version
from sessions_app.models.timeline import pack_tracks, unpack_tracks
from sessions_app.operations import timelines
from sessions_app.operations.blobs import delete_unreferenced_blobs
from sessions_app.operations.timelines import (
    MAX_POSTPONED,
    can_have_lines,
    mark_all_unread,
    read_pending_texts,
    read_session_texts,
)
from sessions_app.operations.versions.fill_texts import fill_versions
from sessions_app.queries.player import get_player_lines
from sessions_app.queries.timelines import get_version_texts
from sessions_app.queries.transcripts import TranscriptFilter, get_transcript
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreUnavailableError
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import now, signed_in, sketch_session, store_blobs
from tests.world import World

pytestmark = pytest.mark.either_stack

SRT = b"1\n00:00:01,000 --> 00:00:02,500\nHello.\n\n2\n00:00:04,000 --> 00:00:03,000\nBye.\n"
BROKEN = b"<!DOCTYPE html>\n<html></html>"
FILES = {
    "talk.mp4": b"source",
    "transcriptions/en.srt": SRT,
    "translations/hi.srt": BROKEN,
    "translations/translated.json": '{"hi": "नमस्ते", "es": "Hola"}'.encode(),
    "audio/hi_audio.wav": b"sound",
}


def run(world: World, session: DubbingSession) -> tuple[int, int, int]:
    report = read_session_texts(session_id=session.pk, clock=world.clock)
    session.refresh_from_db()
    return report.files, report.unreadable, report.left


def timeline_of(path: str) -> BlobTimeline:
    return BlobTimeline.objects.get(blob__entries__path=path)


def test_a_save_marks_the_session_and_reading_stores_tracks_problems_and_reasons(world):
    session = world.saved(files=FILES)
    assert session.has_unread_texts
    assert not BlobTimeline.objects.exists()

    assert run(world, session) == (3, 1, 0)

    assert not session.has_unread_texts
    stored = timeline_of("transcriptions/en.srt")
    assert (stored.format, stored.encoding, stored.reason) == ("SubRip", "utf-8", "")
    assert stored.problems == [[6, "end before start"]]
    (track,) = stored.get_tracks()
    assert stored.summary == [
        {
            "kind": "text",
            "language": "",
            "lines": 2,
            "speakers": 0,
            "end_ms": 6000,
            "digest": digest_track(track),
            "script": "",
        }
    ]
    assert stored.text_digest
    assert track.segments[0] == Segment(1000, 2500, "", "Hello.")
    assert timeline_of("translations/hi.srt").reason == "is a web page. Download the file itself"
    languages = [track.language for track in timeline_of("translations/translated.json").get_tracks()]
    assert languages == ["hi", "es"]


def test_a_blob_is_read_once(world, monkeypatch):
    first = world.saved(files=FILES)
    run(world, first)
    world.save(first, {"translations/es.srt": SRT + b"\n"})
    second = world.saved("again", FILES)
    monkeypatch.setattr(timelines, "_read_blob", lambda _, path, *__: pytest.fail(path))

    assert run(world, second) == (0, 0, 0)
    monkeypatch.undo()
    assert run(world, first) == (1, 0, 0)


def test_a_version_that_comes_while_texts_are_read_leaves_the_mark(world, monkeypatch):
    session = world.saved(files=FILES)
    write = timelines._write

    def save_another(*args, **options):
        monkeypatch.setattr(timelines, "_write", write)
        world.save(session, {"translations/es.srt": SRT + b"\n"})
        return write(*args, **options)

    monkeypatch.setattr(timelines, "_write", save_another)
    run(world, session)
    assert session.has_unread_texts

    assert run(world, session) == (1, 0, 0)
    assert not session.has_unread_texts


def test_an_unavailable_storage_leaves_the_session_for_later(world, monkeypatch):
    session = world.saved(files=FILES)
    store = get_store()
    original = store.read
    calls: list[str] = []

    def fail_second(key, start, end):
        calls.append(key)
        if len(calls) == 2:
            raise StoreUnavailableError(key)
        return original(key, start, end)

    monkeypatch.setattr(store, "read", fail_second)

    assert run(world, session) == (1, 0, 1)
    assert session.has_unread_texts
    assert run(world, session) == (2, 1, 0)


def test_an_error_of_a_reader_is_a_reason_and_not_the_end(world, monkeypatch):
    session = world.saved(files=FILES)

    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(timelines, "read_timeline", fail)

    assert run(world, session) == (3, 3, 0)
    assert timeline_of("transcriptions/en.srt").reason == timelines.INTERNAL_ERROR


@pytest.mark.parametrize(
    ("first", "shown"), [("Hello.", "utterance_metadata_cat.json"), ("Hello!", "eng.srt")]
)
def test_speakers_and_voices_of_a_document_are_known_beside_its_subtitles(world, first, shown):
    utterances = [
        {
            "start": at,
            "end": at + 0.9,
            "speaker_id": f"SPEAKER_0{at}",
            "text": text,
            "translated_text": translated,
            "assigned_voice": voice,
        }
        for at, (text, translated, voice) in enumerate([("Hello.", "Hola.", "Pau"), ("Bye.", "Adéu.", "")])
    ]
    document = {"utterances": utterances, "metadata": {"source_language": "eng"}}
    cues = "1\n00:00:00,000 --> 00:00:00,900\n{0}\n\n2\n00:00:01,000 --> 00:00:01,900\n{1}\n"
    session = world.saved(
        files={
            "eng.srt": cues.format(first, "Bye.").encode(),
            "cat.srt": cues.format("Hola.", "Adéu.").encode(),
            "utterance_metadata_cat.json": json.dumps(document).encode(),
        }
    )
    version = fill(world, session)
    tracks = get_version_texts(version).tracks

    assert (tracks[0].key, tracks[0].path) == ("source", shown)
    assert {track.key: track.speakers for track in tracks}["ca"] == 2
    assert version.complete_metadata["voices"] == {"SPEAKER_00": "Pau"}
    assert version.complete_metadata["session_metadata"]["speakers"] == ["SPEAKER_00", "SPEAKER_01"]
    assert matrix_of(version).cell("ca", Step.VOICED).gaps == ["no voice for SPEAKER_01"]


def test_the_table_of_a_translation_is_not_the_transcript_beside_a_real_one(world):
    table = "speaker,start_time,end_time,transcription,translation\nAna,0:00:01,0:00:02,Welcome.,Hej.\n"
    files = {"transcriptions/en.srt": SRT, "translations/sv.csv": table.encode()}
    session = world.saved(files=files)
    version = fill(world, session)

    assert [(track.key, track.path) for track in get_version_texts(version).tracks] == [
        ("source", "transcriptions/en.srt"),
        ("source.2", "translations/sv.csv"),
        ("sv", "translations/sv.csv"),
    ]
    document = version.complete_metadata
    assert document["transcription_text"] == "Hello. Bye."
    assert document["session_metadata"]["speakers"] == ["Ana"]


def test_texts_downloads_and_pages_agree_on_an_end_before_its_start(world):
    session = world.saved(files={"talk.mp4": b"source", "transcriptions/en.srt": SRT})
    run(world, session)
    client = signed_in(world.alice)
    version = session.current
    assert version is not None
    (track,) = get_version_texts(version).tracks

    def get(name: str) -> str:
        response: Any = client.get(f"/sessions/{session.code}/versions/1/transcript/{name}")
        return b"".join(response.streaming_content).decode()

    assert track.end_ms == 6000
    assert "00:00:04,000 --> 00:00:06,000" in get("source.srt")
    assert "00:00:04.000 --> 00:00:06.000" in get("source.vtt")
    assert "00:00:04.000,00:00:06.000" in get("source.csv")
    assert json.loads(get("source.json"))["segments"][-1]["end"] == 6.0
    row = get_transcript(get_version_texts(version), TranscriptFilter(), line_audio={}).page.items[-1]
    assert (row.start_ms, row.end_ms) == (4000, 6000)
    assert get_player_lines(version, tag="").rows[-1].end_ms == 6000


def test_the_session_page_shows_why_a_text_was_not_read(world):
    session = world.saved(files=FILES)
    run(world, session)

    page = signed_in(world.alice).get(f"/sessions/{session.code}/").content.decode()

    assert page.count("Text not readable") == 1
    assert "is a web page. Download the file itself" in page


WORKING_FILES = {
    "talk.mp4": b"source",
    "translations/translation_results.xlsx": b"\xd0\x01" * 8,
    "translations/summary.json": b'{"settings": {"a": [1, 2]}}',
}


def save_working_files(world: World) -> DubbingSession:
    """Save files that tools read and write, as recognizers label them, and read their texts."""
    session = world.saved(files=WORKING_FILES)
    Entry.objects.filter(session=session, path__startswith="translations/").update(
        role=Role.INTERMEDIATE, language="hi"
    )
    run(world, session)
    return session


def test_the_session_page_shows_why_a_working_file_was_not_read(world):
    session = save_working_files(world)

    page = signed_in(world.alice).get(f"/sessions/{session.code}/").content.decode()

    assert page.count("Text not readable") == 1
    assert "is not a spreadsheet, although its name ends in .xlsx" in page
    assert "contains no lines of dialog" not in page
    assert "No lines could be read." in page
    assert "No lines could be read yet." not in page


def test_working_files_that_cannot_be_read_are_no_parts_of_a_step(world):
    session = save_working_files(world)
    Entry.objects.filter(path="translations/summary.json").update(role=Role.IGNORED)
    Version.objects.update(texts_digest="")

    fill_versions(session, up_to=1)

    matrix = Version.objects.get(session=session).progress_matrix
    assert matrix is not None
    assert matrix.cell("hi", Step.TRANSLATED).state is CellState.EMPTY


def test_the_api_gives_no_reason_for_a_working_file_without_lines(world):
    session = save_working_files(world)
    program = Program.of(world.alice)

    texts = program.get(f"/sessions/{session.code}/versions/1/texts").json()

    assert {file["path"]: file["reason"] for file in texts["files"]} == {
        "translations/summary.json": "",
        "translations/translation_results.xlsx": "is not a spreadsheet, although its name ends in .xlsx",
    }


def test_a_timeline_is_deleted_with_its_blob(world):
    session = world.saved(files=FILES)
    run(world, session)
    blob = Blob.objects.get(entries__path="transcriptions/en.srt")
    Entry.objects.filter(blob=blob).delete()

    assert delete_unreferenced_blobs([blob.pk]).count == 1
    assert not BlobTimeline.objects.filter(blob_id=blob.pk).exists()


@pytest.mark.one_stack
def test_the_command_reads_what_is_left_and_all_on_request(world):
    session = world.saved(files=FILES)

    def call(*options: str) -> dict[str, int]:
        output = StringIO()
        call_command("parse_texts", "--json", *options, stdout=output)
        result: dict[str, int] = json.loads(output.getvalue())
        return result

    assert call() == {"sessions": 1, "files": 3, "unreadable": 1, "left": 0}
    assert call() == {"sessions": 0, "files": 0, "unreadable": 0, "left": 0}
    assert call("--all") == {"sessions": 1, "files": 0, "unreadable": 0, "left": 0}
    BlobTimeline.objects.update(reader_version=0)
    assert call("--all")["files"] == 3
    session.refresh_from_db()
    assert not session.has_unread_texts


@pytest.mark.one_stack
def test_the_scheduled_task_begins_no_session_after_its_time(world, monkeypatch):
    for name in ("a", "b"):
        sketch_session(world.alice, name, {"transcriptions/en.txt": name.encode()})
    monkeypatch.setattr(timelines, "_read_blob", lambda *_: Timeline(format="Plain text"))

    report = read_pending_texts(
        clock=world.clock, limit=timedelta(minutes=1), on_session=lambda _: world.clock.forward(minutes=2)
    )

    assert report.sessions == 1
    assert DubbingSession.objects.filter(has_unread_texts=True).count() == 1
    tasks.read_texts()
    assert not DubbingSession.objects.filter(has_unread_texts=True).exists()


@pytest.mark.one_stack
def test_a_commit_sends_a_message_and_reads_nothing_itself(world, monkeypatch):
    sent: list[tuple[str, dict[str, int]]] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, kwargs, **_: sent.append((name, kwargs)))
    session = sketch_session(world.alice, "talk", FILES)

    assert sent[0] == (queue.READ_TEXTS, {"session_id": session.pk})
    assert not BlobTimeline.objects.exists()


@pytest.mark.one_stack
def test_reading_is_postponed_while_a_job_waits_but_not_forever(world, monkeypatch):
    session = world.saved(files=FILES)
    Job.objects.create(kind=Job.Kind.EXPORT, owner=world.alice, created_at=world.clock())
    sent: list[dict[str, int]] = []
    monkeypatch.setattr(current_app, "send_task", lambda _, kwargs, **__: sent.append(kwargs))

    tasks.read_texts(session_id=session.pk)
    tasks.read_texts(**sent[0])

    assert [message["postponed"] for message in sent] == [1, 2]
    assert not BlobTimeline.objects.exists()
    tasks.read_texts(session_id=session.pk, postponed=MAX_POSTPONED)
    assert BlobTimeline.objects.exists()
    tasks.read_texts(**sent[1])  # nothing is left for it
    assert len(sent) == 2


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("path", "category", "role", "expected"),
    [
        ("a.srt", "transcriptions", "", True),
        ("a.srt", "other", "", True),
        ("a.json", "translations", "project", True),
        ("a.json", "other", "project", True),
        ("a.json", "other", "", False),
        ("a.json", "transcriptions", "ignored", False),
        ("audio/tts_tasks.xlsx", "voices", "voice_assignments", True),
        ("voices.json", "voices", "voice_assignments", False),
        ("a.wav", "transcriptions", "", False),
    ],
)
def test_files_that_are_expected_to_have_lines(path, category, role, expected):
    assert can_have_lines(path, category, role) is expected


@pytest.mark.one_stack
def test_tracks_are_stored_as_they_were_read():
    tracks = [
        Track(
            kind=TrackKind.TRANSCRIPT,
            language="en",
            segments=[Segment(0, None, "A", "Hi\nyou"), Segment(None, 5, "", "हि")],
        ),
        Track(kind=TrackKind.TRANSLATION, language="", segments=[Segment(1, 2, "B", "x")]),
    ]

    assert unpack_tracks(pack_tracks(tracks)) == tracks
    assert unpack_tracks(pack_tracks([])) == []


SPOKEN = b"1\n00:00:01,000 --> 00:00:02,500\nAna: Hello.\n\n2\n00:00:04,000 --> 00:00:05,000\nAna: Bye.\n"
RETIMED = b"1\n00:00:01,100 --> 00:00:02,600\nAna:  Hello.\n\n2\n00:00:04,100 --> 00:00:05,500\nAna: Bye.\n"
REWORDED = SPOKEN.replace(b"Bye", b"See you")
TTML = b'<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">Hola.</p></div></body></tt>'


def fill(world: World, session: DubbingSession) -> Version:
    run(world, session)
    session.refresh_from_db()
    assert session.current is not None
    return session.current


def matrix_of(version: Version | None) -> ProgressMatrix:
    assert version is not None
    matrix = version.progress_matrix
    assert matrix is not None
    return matrix


def test_texts_of_files_complete_the_metadata_and_the_document_stays_as_saved(world):
    session = world.saved(
        files={"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/es.ttml": TTML}
    )
    before = Version.objects.get(session=session)
    version = fill(world, session)

    assert version.document == before.document
    assert version.fingerprint == before.fingerprint
    complete = version.complete_metadata
    assert complete["translations"] == {"es": "Hola."}
    assert complete["languages"] == ["es"]
    assert complete["session_metadata"]["duration"] == 5.0
    client = signed_in(world.alice)
    shown = client.get(f"/sessions/{session.code}/versions/1/metadata.json").json()
    assert shown["translations"] == {"es": "Hola."}
    assert "Hola." in client.get(f"/sessions/{session.code}/").content.decode()


@pytest.mark.one_stack
def test_filling_again_changes_nothing(world):
    session = world.saved(files=FILES)
    before = Version.objects.filter(pk=fill(world, session).pk).values().get()
    mark_all_unread()
    fill(world, session)
    assert Version.objects.filter(pk=before["id"]).values().get() == before


@pytest.mark.one_stack
def test_texts_follow_their_files_and_leave_what_a_person_wrote(world):
    session = world.saved(files={"talk.mp4": b"source", "translations/es.ttml": TTML})
    fill(world, session)
    world.save(session, {"translations/es.ttml": TTML.replace(b"Hola", b"Buenas")})
    assert fill(world, session).complete_metadata["translations"] == {"es": "Buenas."}

    document = {"session_name": "talk", "translations": {"es": "Escrito por Ana."}, "languages": ["es"]}
    world.save(session, {"metadata.json": json.dumps(document).encode()})
    assert fill(world, session).complete_metadata["translations"] == {"es": "Escrito por Ana."}


@pytest.mark.one_stack
def test_saving_a_loaded_version_again_changes_nothing(world):
    session = world.saved(files={"talk.mp4": b"source", "translations/es.ttml": TTML})
    version = fill(world, session)
    loaded = render_metadata_file(version.complete_metadata, session_name=session.name)
    assert b"Hola." in loaded

    job = world.save(session, {"metadata.json": loaded, "translations/es.ttml": TTML})

    assert job.error_code == "unchanged"


@pytest.mark.one_stack
def test_a_file_whose_text_stays_the_same_makes_nothing_stale(world):
    files = {"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/es.ttml": TTML}
    session = world.saved(files=files)
    fill(world, session)
    world.save(session, {"transcriptions/en.srt": RETIMED})
    retimed = matrix_of(fill(world, session))
    assert not retimed.has_stale

    world.save(session, {"audio/es_audio.wav": b"sound"})
    session.refresh_from_db()
    assert not matrix_of(session.current).has_stale

    world.save(session, {"transcriptions/en.srt": REWORDED})
    reworded = matrix_of(fill(world, session))
    stale = reworded.cell("es", Step.TRANSLATED).stale
    assert stale is not None
    assert stale.reason == "line 2 of the transcript changed in v4, this is from v1"


@pytest.mark.one_stack
def test_a_translation_that_is_saved_again_keeps_the_age_of_its_other_lines(world):
    files = {"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/es.srt": SPOKEN}
    session = world.saved(files=files)
    world.save(session, {"transcriptions/en.srt": RETIMED})
    world.save(session, {"transcriptions/en.srt": REWORDED})
    world.save(session, {"translations/es.srt": SPOKEN.replace(b"Hello", b"Hola")})

    stale = matrix_of(fill(world, session)).cell("es", Step.TRANSLATED).stale

    assert stale is not None
    assert stale.reason == "line 2 of the transcript changed in v3, this is from v1"
    world.save(session, {"translations/es.srt": REWORDED.replace(b"Hello", b"Hola")})
    assert not matrix_of(fill(world, session)).has_stale


@pytest.mark.one_stack
def test_a_stale_translation_is_marked_as_checked(world):
    files = {"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/es.srt": SPOKEN}
    session = world.saved(files=files)
    world.save(session, {"transcriptions/en.srt": REWORDED})
    fill(world, session)
    alice = signed_in(world.alice)
    home = f"/sessions/{session.code}/"
    assert "Mark as checked: Spanish Translation" in alice.get(home).content.decode()

    marked = alice.post(f"{home}checks/", {"cell": "es:translations", "checked": "on"}, follow=True)

    page = marked.content.decode()
    assert "Marked translations in es as checked: saved as version 3." in page
    assert f'action="{home}versions/2/restore/?parent=3"' in page
    for version in (session.versions.get(number=3), fill(world, session)):
        assert not matrix_of(version).has_stale
    page = alice.get(home).content.decode()
    assert f"checked by alice on {now():%Y-%m-%d} (v3)" in page
    assert "Withdraw check: Spanish Translation" in page
    program = Program.of(world.alice)
    found = program.get(f"/sessions/{session.code}/versions/3").json()["progress_by_language"]
    (cell,) = [cell for cell in found["cells"] if cell["step"] == "translated"]
    assert (cell["stale"], cell["checked"]["version"], cell["checked"]["by"]) == (None, 3, "alice")

    world.save(session, {"translations/es.srt": SPOKEN.replace(b"Hello", b"Hola")})
    assert not matrix_of(fill(world, session)).has_stale
    world.save(session, {"transcriptions/en.srt": REWORDED.replace(b"Hello", b"Hi")})
    stale = matrix_of(fill(world, session)).cell("es", Step.TRANSLATED).stale
    assert stale is not None
    assert stale.reason == "line 1 of the transcript changed in v5, this is from v4"
    url = f"/sessions/{session.code}/corrections"
    assert program.post(url, {"checks": {"es:translations": False}}).status_code == 201
    problem_of(program.post(url, {"checks": {"es:translations": False}}), 400, "not_checked")
    problem_of(program.post(url, {"checks": {"es:audio": True}}), 400, "not_stale")


@pytest.mark.one_stack
def test_versions_of_before_are_filled_in_their_order(world):
    session = world.saved(
        files={"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/es.ttml": TTML}
    )
    world.save(session, {"transcriptions/en.srt": RETIMED})
    world.save(session, {"transcriptions/en.srt": SPOKEN})
    assert not matrix_of(fill(world, session)).has_stale
    assert not Version.objects.filter(session=session, texts_digest="").exists()
    assert InputHistory.from_dict(Version.objects.get(session=session, number=2).input_history).same_texts


@pytest.mark.one_stack
def test_lines_with_audio_are_counted_on_the_page_and_in_the_api(world):
    files = {
        "talk.mp4": b"source",
        "transcriptions/en.srt": SPOKEN,
        "translations/es.srt": SPOKEN,
        "audio/es/seg_0002.wav": b"sound",
    }
    session = sketch_session(world.alice, "talk", files)
    store_blobs(files.values())
    session.entries.filter(path__startswith="audio/").update(role="segment", language="es")
    matrix = matrix_of(fill(world, session))
    assert matrix.cell("es", Step.VOICED).state is CellState.PARTIAL

    page = signed_in(world.alice).get(f"/sessions/{session.code}/").content.decode()
    assert "1 of 2 lines voiced, without 1" in page


@pytest.mark.one_stack
def test_lines_that_changed_after_their_audio_are_named(world):
    files = {"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/es.srt": SPOKEN}
    files |= {f"audio/es/{number:04}.wav": b"sound %d" % number for number in (1, 2)}
    session = world.saved(files=files)
    fill(world, session)
    reason = "line 2 of 2 changed in v2, its audio is from v1"

    world.save(session, {**files, "translations/es.srt": REWORDED})
    assert stale_audio(session.versions.get(number=2)) == "translation changed in v2, this is from v1"
    assert stale_audio(fill(world, session)) == reason

    world.save(session, {**files, "translations/es.srt": REWORDED, "notes.txt": b"to do"})
    assert stale_audio(session.versions.get(number=3)) == reason
    world.save(session, {**files, "translations/es.srt": REWORDED, "audio/es/0002.wav": b"again"})
    assert not matrix_of(fill(world, session)).has_stale


@pytest.mark.one_stack
def test_the_preview_of_a_restored_part_names_lines(world):
    files = {"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/es.srt": SPOKEN}
    audio = {f"audio/es/{number:04}.wav": b"sound %d" % number for number in (1, 2)}
    session = world.saved(files={**files, **audio})
    reworded = {**files, "translations/es.srt": REWORDED}
    world.save(session, {**reworded, **{path: b"new %s" % data for path, data in audio.items()}})
    fill(world, session)
    part = {"cells": ["es:audio"]}
    program = Program.of(world.alice)
    url = f"/sessions/{session.code}/versions/1/restore"

    preview = program.post(f"{url}/preview", part).json()

    (cell,) = preview["progress"]["cells"]
    reason = "line 2 of 2 changed in v2, its audio is from v1"
    assert (cell["step"], cell["after"]["stale"]) == ("voiced", reason)
    assert program.post(url, part).status_code == 201
    assert stale_audio(fill(world, session)) == reason


def stale_audio(version: Version) -> str:
    stale = matrix_of(version).cell("es", Step.VOICED).stale
    assert stale is not None
    return stale.reason


ORIGINAL = {"segments": [{"start": 0, "end": 2, "text": "Hello."}, {"start": 2, "end": 4, "text": "Bye."}]}
LINES = {"hi": ["नमस्ते", "अलविदा"], "ar": ["مرحبا", "وداعا"]}
SHARED = "translations/translated.json"


def encode_lines(lines: dict[str, list[str]]) -> bytes:
    """Return a file with the lines of several languages."""
    timed = {
        language: [{"start": 2 * at, "end": 2 * at + 2, "text": text} for at, text in enumerate(texts)]
        for language, texts in lines.items()
    }
    return json.dumps(timed, ensure_ascii=False).encode()


@pytest.fixture
def shared(world: World) -> DubbingSession:
    """Version 2 has the audio of version 1's translations, which are in one file."""
    session = world.saved(
        files={
            "talk.mp4": b"source",
            "transcriptions/original_asr.json": json.dumps(ORIGINAL).encode(),
            SHARED: encode_lines(LINES),
        }
    )
    world.save(session, {f"audio/{language}_audio.wav": language.encode() for language in LINES})
    assert not matrix_of(fill(world, session)).has_stale
    return session


def list_stale(version: Version) -> dict[tuple[str, str], str]:
    """Return the reasons by language and step."""
    matrix = matrix_of(version)
    cells = {place: matrix.cell(*place).stale for place in matrix.places}
    return {(language, step.value): stale.reason for (language, step), stale in cells.items() if stale}


def test_a_language_that_is_added_to_a_shared_file_makes_no_other_one_stale(world, shared):
    world.save(shared, {SHARED: encode_lines({**LINES, "es": ["Hola", "Adiós"]})})
    added = fill(world, shared)
    assert list_stale(added) == {}
    assert matrix_of(added).cell("es", Step.TRANSLATED).is_done

    world.save(shared, {"audio/es_audio.wav": b"es"})
    shared.refresh_from_db()
    assert list_stale(shared.current) == {}  # before its texts are read, too
    assert list_stale(fill(world, shared)) == {}


def test_a_second_language_in_a_file_with_one_leaves_the_first_as_it_was(world):
    session = world.saved(files={"talk.mp4": b"source", SHARED: encode_lines({"hi": LINES["hi"]})})
    world.save(session, {"audio/hi_audio.wav": b"hi"})
    assert list_stale(fill(world, session)) == {}

    for languages in ("hi", "ar"), ("ar", "hi"), ("hi",):
        world.save(session, {SHARED: encode_lines({language: LINES[language] for language in languages})})
        assert list_stale(fill(world, session)) == {}
    world.save(session, {SHARED: encode_lines({**LINES, "hi": ["नमस्ते", "फिर मिलेंगे"]})})
    assert list_stale(fill(world, session)) == {
        ("hi", "voiced"): "translation changed in v6, this is from v2"
    }


def test_a_changed_line_in_a_shared_file_makes_only_its_own_language_stale(world, shared):
    hindi = {("hi", "voiced"): "translation changed in v3, this is from v2"}
    world.save(shared, {SHARED: encode_lines({**LINES, "hi": ["नमस्ते", "फिर मिलेंगे"]})})
    assert list_stale(fill(world, shared)) == hindi

    world.save(shared, {"notes.txt": b"to do"})
    shared.refresh_from_db()
    assert list_stale(shared.current) == hindi
    world.save(shared, {"audio/hi_audio.wav": b"again"})
    assert list_stale(fill(world, shared)) == {}
    world.save(shared, {SHARED: encode_lines(LINES)})
    assert list_stale(fill(world, shared)) == {("hi", "voiced"): "translation changed in v6, this is from v5"}


@pytest.mark.one_stack
def test_a_translation_in_a_shared_file_keeps_its_age_when_another_one_changes(world, shared):
    reworded = {"segments": [*ORIGINAL["segments"][:1], {"start": 3, "end": 4, "text": "See you."}]}
    world.save(shared, {"transcriptions/original_asr.json": json.dumps(reworded).encode()})
    world.save(shared, {SHARED: encode_lines({**LINES, "hi": ["नमस्ते", "फिर मिलेंगे"]})})

    assert list_stale(fill(world, shared)) == {
        ("ar", "translated"): "line 2 of the transcript changed in v3, this is from v1",
        ("ar", "voiced"): "translation is stale",
        ("hi", "voiced"): "translation changed in v4, this is from v2",
    }


@pytest.mark.one_stack
def test_the_origins_of_texts_are_read_once(world, shared):
    reworded = {"segments": [*ORIGINAL["segments"][:1], {"start": 2, "end": 4, "text": "See you."}]}
    world.save(shared, {"transcriptions/original_asr.json": json.dumps(reworded).encode()})

    with CaptureQueriesContext(connection) as queries:
        assert ("ar", "translated") in list_stale(fill(world, shared))

    assert sum('AS "since"' in query["sql"] for query in queries) == 1


@pytest.mark.one_stack
def test_a_check_of_a_translation_in_a_shared_file_holds_when_another_one_changes(world, shared):
    reworded = {"segments": [*ORIGINAL["segments"][:1], {"start": 2, "end": 4, "text": "See you."}]}
    world.save(shared, {"transcriptions/original_asr.json": json.dumps(reworded).encode()})
    assert ("ar", "translated") in list_stale(fill(world, shared))
    url = f"/sessions/{shared.code}/corrections"
    checks = {"ar:translations": True, "hi:translations": True}
    assert Program.of(world.alice).post(url, {"checks": checks}).status_code == 201
    assert list_stale(fill(world, shared)) == {}

    world.save(shared, {SHARED: encode_lines({**LINES, "hi": ["नमस्ते", "फिर मिलेंगे"]})})

    version = fill(world, shared)
    assert list_stale(version) == {("hi", "voiced"): "translation changed in v5, this is from v2"}
    assert matrix_of(version).cell("ar", Step.TRANSLATED).checked is not None


@pytest.mark.one_stack
def test_other_times_in_a_shared_file_make_nothing_stale(world, shared):
    world.save(shared, {SHARED: encode_lines(LINES).replace(b'"start": 2', b'"start": 2.2')})

    assert list_stale(fill(world, shared)) == {}


@pytest.mark.one_stack
def test_a_text_that_cannot_be_read_completes_nothing(world):
    session = world.saved(
        files={"talk.mp4": b"source", "transcriptions/en.srt": SPOKEN, "translations/fr.srt": BROKEN}
    )
    client = signed_in(world.alice)
    assert matrix_of(session.current).cell("fr", Step.TRANSLATED).state is CellState.DONE
    assert "Being read" in client.get(f"/sessions/{session.code}/").content.decode()
    assert matrix_of(fill(world, session)).cell("fr", Step.TRANSLATED).state is CellState.EMPTY
    assert "Being read" not in client.get(f"/sessions/{session.code}/").content.decode()

    world.save(session, {"audio/fr_audio.wav": b"sound"})
    session.refresh_from_db()
    assert matrix_of(session.current).cell("fr", Step.TRANSLATED).state is CellState.EMPTY
    assert not matrix_of(fill(world, session)).has_stale
