"""Migrations keep existing rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps

from sessions_app.models import BlobTimeline, DubbingSession, Entry, Version
from sessions_app.operations.cleanup.consistency.check import check_consistency
from sessions_app.operations.cleanup.consistency.version_changes import find_version_changes
from sessions_app.queries.quotas import get_usage
from sessions_app.queries.sessions import (
    SessionSearch,
    count_sessions,
    filter_sessions,
    get_session_languages,
)

APP = "sessions_app"
MOMENT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def migrate(name: str) -> StateApps:
    """Migrate by the command, whose signals rename content types and create permissions."""
    call_command("migrate", APP, name, verbosity=0)
    return MigrationExecutor(connection).loader.project_state([(APP, name)]).apps


@pytest.fixture
def _latest_afterwards(transactional_db: None) -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


def create_rows(apps: StateApps) -> dict[str, Any]:
    """Create one row of each table that migration 0005 changes, as 0004 defines it."""
    owner = apps.get_model("auth", "User").objects.create(username="alice")
    blob = apps.get_model(APP, "Blob").objects.create(
        sha256="0" * 64, size=1, crc32=2, state="stored", created_at=MOMENT, condemned_at=MOMENT
    )
    job = apps.get_model(APP, "Job").objects.create(
        owner=owner, kind="check", state="queued", created_at=MOMENT
    )
    session = apps.get_model(APP, "DubbingSession").objects.create(
        owner=owner,
        name="talk",
        folded_name="talk",
        created_at=MOMENT,
        last_updated=MOMENT,
        last_accessed=MOMENT,
    )
    version = apps.get_model(APP, "Version").objects.create(
        session=session,
        number=1,
        created_at=MOMENT,
        created_elsewhere_by="bob",
        document="{}",
        fingerprint="1" * 64,
        file_count=0,
        total_size=0,
        stored_size=0,
        stage="empty",
        has_transcription=False,
        has_translations=False,
        has_audio=False,
        has_videos=False,
    )
    upload = apps.get_model(APP, "Upload").objects.create(
        owner=owner, path="a.wav", size=1, content="2" * 64, created_at=MOMENT, expires_at=MOMENT
    )
    hold = apps.get_model(APP, "Hold").objects.create(job=job, blob=blob)
    record = apps.get_model(APP, "KeptAnswer").objects.create(
        owner=owner, key="k-1", fingerprint="3" * 64, status=201, body="{}", created_at=MOMENT
    )
    rows = {"blob": blob, "job": job, "version": version, "upload": upload, "hold": hold, "record": record}
    return {name: row.pk for name, row in rows.items()}


def create_jobs(apps: StateApps) -> dict[str, int]:
    """Create jobs whose results have keys that migration 0005 renames, as 0004 defines them."""
    owner = apps.get_model("auth", "User").objects.create(username="bob")
    imported = {"name": "talk (2)", "wanted_name": "talk", "files": 1}
    jobs: dict[str, dict[str, Any]] = {
        "save": {"state": "succeeded", "result": {"version": 2, "files": 3, "stored_bytes": 4}},
        "import": {"state": "succeeded", "result": {**imported, "sessions": [imported]}},
        "check": {"state": "succeeded", "result": {"sessions": [imported], "files": 1}},
        "export": {"state": "failed", "error_code": "uploads_gone"},
    }
    create = apps.get_model(APP, "Job").objects.create
    return {
        kind: create(owner=owner, kind=kind, created_at=MOMENT, finished_at=MOMENT, **fields).pk
        for kind, fields in jobs.items()
    }


def check_rows(apps: StateApps, pk: dict[str, Any]) -> None:
    pin = apps.get_model(APP, "Pin").objects.get(pk=pk["hold"])
    assert (pin.job_id, pin.blob_id) == (pk["job"], pk["blob"])
    record = apps.get_model(APP, "IdempotencyRecord").objects.get(pk=pk["record"])
    assert (record.key, record.status, record.created_at) == ("k-1", 201, MOMENT)
    assert apps.get_model(APP, "Job").objects.get(pk=pk["job"]).kind == "preview"
    assert apps.get_model(APP, "Blob").objects.get(pk=pk["blob"]).unreferenced_since == MOMENT
    assert apps.get_model(APP, "Upload").objects.get(pk=pk["upload"]).identity == "2" * 64
    assert apps.get_model(APP, "Version").objects.get(pk=pk["version"]).original_author == "bob"


def check_permissions(apps: StateApps) -> None:
    permissions = apps.get_model("auth", "Permission").objects.filter(codename__startswith="view_")
    names = dict(permissions.values_list("codename", "name"))
    assert names["view_pin"] == "Can view pin"
    assert names["view_idempotencyrecord"] == "Can view idempotency record"
    assert not {"view_hold", "view_keptanswer"} & set(names)


def check_jobs(apps: StateApps, pk: dict[str, int]) -> None:
    jobs = apps.get_model(APP, "Job").objects
    results = dict(jobs.values_list("pk", "result"))
    renamed = {"name": "talk (2)", "requested_name": "talk", "files": 1}
    assert results[pk["save"]] == {"version": 2, "files": 3, "stored_size": 4}
    assert results[pk["import"]] == {**renamed, "sessions": [renamed]}
    assert results[pk["check"]] == {"sessions": [renamed], "files": 1}
    assert jobs.get(pk=pk["export"]).error_code == "uploads_deleted"


def delete_all(apps: StateApps) -> None:
    for name in ("Upload", "Version", "DubbingSession", "Job", "Blob"):
        apps.get_model(APP, name).objects.all().delete()
    apps.get_model("auth", "User").objects.all().delete()


def create_candidates(apps: StateApps) -> list[int]:
    """Create a blob of an upload, one of nothing and one in deletion, as 0006 defines them; return their keys."""
    owner = apps.get_model("auth", "User").objects.create(username="alice")
    blobs = [
        apps.get_model(APP, "Blob").objects.create(
            sha256=str(number) * 64, size=1, crc32=2, state=state, created_at=MOMENT
        )
        for number, state in enumerate(("stored", "stored", "deleting"))
    ]
    apps.get_model(APP, "Upload").objects.create(
        owner=owner, path="a.wav", size=1, blob=blobs[0], created_at=MOMENT, expires_at=MOMENT
    )
    return [blob.pk for blob in blobs]


def create_history(apps: StateApps) -> None:
    """Create a session of two versions and an empty one in the trash, as 0007 defines them."""
    owner = apps.get_model("auth", "User").objects.create(username="alice")
    sessions, versions = apps.get_model(APP, "DubbingSession").objects, apps.get_model(APP, "Version").objects
    times = {"created_at": MOMENT, "last_updated": MOMENT, "last_accessed": MOMENT}
    sessions.create(owner=owner, name="old", folded_name="old", trashed_at=MOMENT, **times)
    session = sessions.create(owner=owner, name="talk", folded_name="talk", **times)
    blobs = [
        apps.get_model(APP, "Blob").objects.create(
            sha256=str(number) * 64, size=10 * number + 10, crc32=1, state="stored", created_at=MOMENT
        )
        for number in range(4)
    ]
    entry = apps.get_model(APP, "Entry").objects.create
    text = {"path": "transcriptions/a.json", "category": "transcriptions"}
    audio = {"path": "audio/hi_audio.wav", "category": "audio", "language": "hi"}
    entry(session=session, blob=blobs[0], added_in=1, **text)
    entry(session=session, blob=blobs[0], added_in=1, removed_in=2, **audio)
    entry(session=session, blob=blobs[3], added_in=2, **audio)
    entry(session=session, blob=blobs[1], added_in=1, removed_in=2, path="audio/x.wav", category="audio")
    facts = {"created_at": MOMENT, "document": "{}", "fingerprint": "1" * 64, "has_transcription": True}
    facts |= {"has_translations": False, "has_audio": True, "has_videos": False, "stage": "voiced"}
    versions.create(session=session, number=1, file_count=3, total_size=40, stored_size=20, **facts)
    session.current = versions.create(
        session=session,
        number=2,
        file_count=2,
        total_size=50,
        stored_size=40,
        folded_video_name="original_video.mp4",
        language_tags=" hi es ",
        **facts,
    )
    session.save()


def create_origins(apps: StateApps) -> None:
    """Create entries as 0014 defines them, and damaged ones."""
    owner = apps.get_model("auth", "User").objects.create(username="bob")
    times = {"created_at": MOMENT, "last_updated": MOMENT, "last_accessed": MOMENT}
    session = apps.get_model(APP, "DubbingSession").objects.create(
        owner=owner, name="saved paths", folded_name="saved paths", **times
    )
    blob = apps.get_model(APP, "Blob").objects.create(
        sha256="a" * 64, size=1, crc32=2, state="stored", created_at=MOMENT
    )

    def entry(path: str, origin: str = "", added_in: int = 1, removed_in: int | None = None) -> None:
        category = "original_video" if path.startswith("original_video") else path.partition("/")[0]
        apps.get_model(APP, "Entry").objects.create(
            session=session,
            blob=blob,
            path=path,
            origin=origin,
            category=category,
            added_in=added_in,
            removed_in=removed_in,
        )

    entry("original_video.mp4", "Talk.mp4", removed_in=2)
    entry("original_video.mp4", "Talk.mp4", added_in=2)
    entry("audio/seg/1.wav", "seg/1.wav")
    entry("audio/hi.wav")
    # Two entries that exchange their paths, and one whose place in the tree has changed.
    entry("audio/a.wav", "audio/b.wav")
    entry("audio/b.wav", "audio/a.wav")
    entry("audio/notes.wav", "notes.wav", removed_in=2)
    entry("voices/notes.wav", "notes.wav", added_in=2)
    # Damaged: one origin twice in a version, and one that is another entry's path.
    entry("other/x.txt", "x.txt")
    entry("voices/x.txt", "x.txt")
    entry("other/y.wav", "audio/hi.wav")


def create_changed_bits(apps: StateApps) -> None:
    """Create files of which a version changed the executable bit, as 0024 defines them."""
    session = apps.get_model(APP, "DubbingSession").objects.get(name="saved paths")
    blob = apps.get_model(APP, "Blob").objects.get(sha256="a" * 64)
    for path, bits, category in (
        ("b.sh", (0, 1), "other"),
        ("c.sh", (1, 0), "other"),
        ("d.sh", (0, 1), "voices"),
    ):
        versions = ((bits[0], "other", 8, 9), (bits[1], category, 9, 10))
        for bit, label, added_in, removed_in in versions:
            apps.get_model(APP, "Entry").objects.create(
                session=session,
                blob=blob,
                path=path,
                category=label,
                is_executable=bool(bit),
                added_in=added_in,
                removed_in=removed_in,
            )
    facts = {"has_transcription": False, "has_translations": False, "has_audio": False, "has_videos": False}
    changes = {"relabeled": {"count": 3, "size": 3, "paths": ["b.sh", "c.sh", "d.sh"]}}
    sizes = {"file_count": 3, "total_size": 3, "stored_size": 0}
    texts = {"document": "{}", "fingerprint": "1" * 64, "stage": "empty"}
    apps.get_model(APP, "Version").objects.create(
        session=session, number=9, created_at=MOMENT, changes=changes, **facts, **sizes, **texts
    )


def check_changed_bits() -> None:
    version = Version.objects.get(number=9)
    assert version.change_summary.words == (
        "1 relabeled: d.sh; 1 made executable: b.sh; 1 no longer executable: c.sh"
    )
    assert find_version_changes([version.session_id])[version.session_id][9] == version.change_summary
    version.delete()
    Entry.objects.filter(added_in__gte=8).delete()


def create_lines(apps: StateApps) -> None:
    """Create an indexed line of a text, as 0024 defines it."""
    blob = apps.get_model(APP, "Blob").objects.get(sha256="a" * 64)
    apps.get_model(APP, "BlobTimeline").objects.create(
        blob=blob, reader_version=1, tracks=b"", read_at=MOMENT, search_version=1
    )
    apps.get_model(APP, "TextLine").objects.create(
        id=blob.pk << 20, blob=blob, track=0, number=0, text="One line", tokens=" one line "
    )


def check_lines() -> None:
    """The worker will write the lines again, as chunks."""
    assert BlobTimeline.objects.get().search_version == 0
    sessions = DubbingSession.objects.filter(current__isnull=False)
    assert set(sessions.values_list("has_unread_texts", flat=True)) == {True}
    BlobTimeline.objects.all().delete()


def create_chunk(apps: StateApps) -> str:
    """Create a chunk of 40 lines, as 0028 defines it; return its lines."""
    blob = apps.get_model(APP, "Blob").objects.get(sha256="a" * 64)
    lines = "\n".join(f'[{number}, "Line {number}"]' for number in range(40))
    apps.get_model(APP, "TextChunk").objects.create(
        id=blob.pk << 20, blob=blob, track=0, number=0, kind="text", folded="", lines=lines, tokens=" line "
    )
    return lines


def create_shared_text(apps: StateApps) -> int:
    """Create a text of two languages in one session, as 0041 defines it; return the session's key."""
    apps.get_model(APP, "Version").objects.update(texts_digest="filled")
    apps.get_model(APP, "DubbingSession").objects.update(has_unread_texts=False)
    entry = apps.get_model(APP, "Entry").objects.filter(session__current__isnull=False)[0]
    blob = apps.get_model(APP, "Blob").objects.create(
        sha256="d" * 64, size=1, crc32=2, state="stored", created_at=MOMENT
    )
    apps.get_model(APP, "Entry").objects.filter(pk=entry.pk).update(blob=blob)
    track = {"kind": "translation", "digest": "1"}
    apps.get_model(APP, "BlobTimeline").objects.create(
        blob=blob,
        reader_version=1,
        tracks=b"",
        summary=[{**track, "language": "hi"}, {**track, "language": "ar"}],
        read_at=MOMENT,
    )
    return int(entry.session_id)


def check_shared_texts() -> None:
    shared = create_shared_text(migrate("0041_count_listed_sessions"))

    call_command("migrate", verbosity=0)

    assert set(Version.objects.filter(texts_digest="").values_list("session_id", flat=True)) == {shared}
    unread = DubbingSession.objects.filter(has_unread_texts=True)
    assert set(unread.values_list("pk", flat=True)) == {shared}


def check_saved_paths() -> None:
    rows = Entry.objects.filter(session__name="saved paths").order_by("path", "added_in")
    assert list(rows.values_list("path", "category", "added_in")) == [
        ("Talk.mp4", "original_video", 1),
        ("Talk.mp4", "original_video", 2),
        ("audio/a.wav", "audio", 1),
        ("audio/b.wav", "audio", 1),
        ("audio/hi.wav", "audio", 1),
        ("notes.wav", "audio", 1),
        ("notes.wav", "voices", 2),
        ("other/y.wav", "other", 1),
        ("seg/1.wav", "audio", 1),
        ("voices/x.txt", "voices", 1),
        ("x.txt", "other", 1),
    ]
    assert set(rows.values_list("path", "role", "labeled_by").filter(role="source")) == {
        ("Talk.mp4", "source", "recognizer")
    }


def check_denormalized_values() -> None:
    owner = get_user_model().objects.get(username="alice")
    report = check_consistency(repairs=False)
    assert report.total == report.progress == 1  # which no migration computes
    assert (count_sessions(owner), get_session_languages(owner), get_usage(owner.pk)) == (1, ["es", "hi"], 60)
    newest = Version.objects.get(number=2)
    assert newest.left_out_files.count == 0
    assert newest.file_groups == [["audio", "hi", 1, 40], ["transcriptions", "", 1, 10]]
    assert newest.empty_file_count == 0
    assert (newest.history_size, newest.history_blob_count) == (60, 3)
    assert newest.change_summary.words == "1 changed: audio/hi_audio.wav; 1 removed"
    found = filter_sessions(owner, SessionSearch(text="ORIGINAL_vid"))
    assert [(session.name, session.total_size, session.stage) for session in found] == [
        ("talk", 50, "voiced")
    ]


@pytest.mark.variant
@pytest.mark.usefixtures("_latest_afterwards")
def test_migrations_keep_and_convert_rows(subtests: pytest.Subtests):
    """One test: each step through the migrations takes half a second of CPU."""
    before = migrate("0004_packs_and_origins")
    rows, jobs = create_rows(before), create_jobs(before)

    after = migrate("0005_pins_and_idempotency_records")

    with subtests.test("0005 renames tables and keys"):
        check_rows(after, rows)
        check_permissions(after)
        check_jobs(after, jobs)

    before = migrate("0004_packs_and_origins")

    with subtests.test("0005 can be reversed"):
        assert before.get_model(APP, "Hold").objects.count() == 1
        assert before.get_model(APP, "Job").objects.get(pk=rows["job"]).kind == "check"
        assert before.get_model(APP, "KeptAnswer").objects.get().key == "k-1"

    delete_all(before)
    before = migrate("0006_session_trash_list")
    blobs = create_candidates(before)

    after = migrate("0007_garbage_candidates")

    with subtests.test("0007 records unreferenced blobs as candidates"):
        candidates = after.get_model(APP, "GarbageCandidate").objects
        assert list(candidates.values_list("blob_id", flat=True)) == [blobs[1]]
        assert after.get_model(APP, "Blob").objects.get(state="deleting").unreferenced_since == MOMENT

    delete_all(after)
    create_history(after)

    create_origins(after)
    before = migrate("0024_search")
    create_changed_bits(before)
    create_lines(before)

    call_command("migrate", verbosity=0)

    with subtests.test("0025 names changes of the executable bit"):
        check_changed_bits()

    with subtests.test("0028 lets lines be indexed again"):
        check_lines()

    with subtests.test("0013 fills the denormalized values"):
        check_denormalized_values()

    with subtests.test("0016 makes the path as saved the path of an entry"):
        check_saved_paths()

    before = migrate("0039_session_changes")
    lines = create_chunk(before)

    after = migrate("0040_line_blocks")

    with subtests.test("0040 moves lines to rows of their own"):
        rows = after.get_model(APP, "LineBlock").objects.order_by("pk")
        assert [row.pk - row.chunk_id for row in rows] == [0, 32]
        assert "\n".join(row.lines for row in rows) == lines

    before = migrate("0039_session_changes")

    with subtests.test("and back"):
        assert before.get_model(APP, "TextChunk").objects.get().lines == lines
        before.get_model(APP, "TextChunk").objects.all().delete()

    with subtests.test("0042 lets texts of several languages be compared again"):
        check_shared_texts()
