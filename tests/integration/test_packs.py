"""Packs, resumed uploads, reused blobs, saved paths, quotas and direct uploads."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sessions_app.models import Blob, DubbingSession, Job, Upload
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.errors import BadInputError, NotAllowedError, OverQuotaError
from sessions_app.operations.imports.request import request_file_import, request_import
from sessions_app.operations.ingest import from_archive
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.jobs.retry import retry_job
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.uploads.complete import complete_uploads
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.files import iter_files
from sessions_app.operations.uploads.new_files import NewFile, NewPack
from sessions_app.operations.uploads.receive import put_part
from sessions_app.operations.uploads.sign import PartRequest, sign_parts
from sessions_app.queries.quotas import get_usage
from sessions_app.storage import get_store
from tests.services.swift import running_swift
from tests.world import World, read_object, stored_keys, zip_of_files

SEGMENTS = {f"segments/{number:04}.wav": os.urandom(2_000 + number) for number in range(120)} | {
    "segments/empty.wav": b""
}
PART = 8 * 1024 * 1024


Files = list[NewFile | NewPack]


def new_file(path: str, data: bytes) -> NewFile:
    return NewFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def pack_of(files: Mapping[str, bytes]) -> NewPack:
    return NewPack(files=[new_file(path, data) for path, data in files.items()])


def send(world: World, upload: Upload, data: bytes) -> None:
    for number, start in enumerate(range(0, len(data), PART), 1):
        put_part(upload=upload, number=number, chunks=[data[start : start + PART]], now=world.clock())
    upload.refresh_from_db()
    complete_uploads(uploads=[upload], now=world.clock())


def send_pack(world: World, files: Mapping[str, bytes]) -> Upload:
    (upload,) = create_uploads(owner=world.alice, files=[pack_of(files)], now=world.clock())
    send(world, upload, b"".join(files.values()))
    return upload


def save(world: World, session: DubbingSession, uploads: list[Upload], **request: Any) -> Job:
    session.refresh_from_db()
    parent = session.current.number if session.current else 0
    save_request = SaveRequest(**{"parent": parent, "rooted": True, **request})
    job = request_save(
        session=session, author=world.alice, files=uploads, request=save_request, now=world.clock()
    )
    return world.run(job)


@pytest.fixture
def session(world: World) -> DubbingSession:
    return world.session("talk")


def categories_of(session: DubbingSession) -> dict[str, str]:
    return {entry.path: entry.category for entry in session.entries.filter(removed_in=None)}


# -- Packs ----------------------------------------------------------------------------------------------------------------


def test_a_pack_is_saved_as_its_files(world: World, session: DubbingSession):
    upload = send_pack(world, SEGMENTS)

    job = save(world, session, [upload])

    assert (job.state, job.result["files"]) == ("succeeded", len(SEGMENTS))
    session.refresh_from_db()
    assert session.current
    assert world.files(session.current) == SEGMENTS
    assert set(categories_of(session).values()) == {"audio"}
    assert stored_keys("staging/") == []


def test_packs_single_files_and_metadata_are_saved_together(world: World, session: DubbingSession):
    metadata = b'{"session_name": "talk", "video_name": "talk.mp4", "languages": ["hi"]}'
    packs = [
        send_pack(world, {"a.wav": b"a", "metadata.json": metadata}),
        send_pack(world, {"hi_audio.wav": b"hi", "empty.txt": b""}),
    ]
    single = world.upload({"talk.mp4": b"video" * 1000})

    assert save(world, session, [*packs, *single]).state == "succeeded"

    session.refresh_from_db()
    assert session.current
    assert world.tree(session.current) == {
        "audio/a.wav": b"a",
        "audio/hi_audio.wav": b"hi",
        "original_video.mp4": b"video" * 1000,
        "empty.txt": b"",
    }
    assert world.files(session.current)["metadata.json"] == metadata
    assert (session.current.file_count, session.current.metadata["languages"]) == (4, ["hi"])


def test_a_save_of_a_pack_with_a_wrong_digest_fails_and_leaves_nothing(world: World, session: DubbingSession):
    (upload,) = create_uploads(
        owner=world.alice, files=[pack_of({"a.wav": b"one", "b.wav": b"two"})], now=world.clock()
    )
    send(world, upload, b"oneTWO")

    job = save(world, session, [upload])

    assert (job.state, job.error_code) == ("failed", "digest_differs")
    assert "“b.wav”" in job.error_message
    assert stored_keys("blobs/") == []
    (again,) = create_uploads(
        owner=world.alice, files=[pack_of({"a.wav": b"one", "b.wav": b"two"})], now=world.clock()
    )
    assert again.pk != upload.pk  # a damaged upload is not resumed
    send(world, again, b"onetwo")
    assert save(world, session, [again]).state == "succeeded"


def test_a_cancelled_save_of_packs_can_be_retried(world: World, session: DubbingSession):
    upload = send_pack(world, {"a.wav": b"a", "b.wav": b"b"})
    job = request_save(
        session=session,
        author=world.alice,
        files=[upload],
        request=SaveRequest(parent=0, rooted=True),
        now=world.clock(),
    )
    cancel_job(job=job, now=world.clock())
    retry_job(job=job, now=world.clock())

    assert world.run(job).state == "succeeded"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([NewPack(files=[])], "bad_file_count"),
        ([NewPack(files=[NewFile(path="a", size=1)] * 2001)], "bad_file_count"),
        ([NewPack(files=[NewFile(path="a", size=1)] * 2000)] * 3, "bad_file_count"),
        ([NewPack(files=[NewFile(path="a", size=1024**2 + 1)])], "too_large"),
        ([NewPack(files=[NewFile(path="../a", size=1)])], "path_parent"),
        ([NewFile(path="a", size=1, sha256="0" * 63)], "bad_sha256"),
        ([NewFile(path="a", size=1, sha256="A" * 64)], "bad_sha256"),
    ],
)
def test_invalid_packs_and_files_are_refused(world: World, files: Files, code: str):
    with pytest.raises(BadInputError) as refused:
        create_uploads(owner=world.alice, files=files, now=world.clock())

    assert refused.value.code == code
    assert not Upload.objects.exists()


def test_a_pack_cannot_be_imported(world: World):
    with pytest.raises(BadInputError, match="not a ZIP"):
        request_import(
            upload=send_pack(world, {"a.zip": b"PK"}), owner=world.alice, name="", now=world.clock()
        )


def test_a_pack_of_one_file_is_not_the_upload_of_that_file(world: World):
    """A small ZIP that was uploaded in a pack before can be uploaded on its own, and imported."""
    data = zip_of_files({"a.wav": b"a"})
    pack, single = pack_of({"talk.zip": data}), new_file("talk.zip", data)
    (packed,) = create_uploads(owner=world.alice, files=[pack], now=world.clock())
    send(world, packed, data)

    (upload,) = create_uploads(owner=world.alice, files=[single], now=world.clock())

    assert (upload.pk != packed.pk, upload.members) == (True, None)
    send(world, upload, data)
    job = request_import(upload=upload, owner=world.alice, name="", now=world.clock())
    assert world.run(job).state == "succeeded"
    again = create_uploads(owner=world.alice, files=[pack, single], now=world.clock())
    assert (again[0].pk == packed.pk, again[1].pk not in {packed.pk, upload.pk}) == (True, True)


# -- Resuming --------------------------------------------------------------------------------------------------------


def test_creating_the_same_uploads_again_resumes_them(world: World, session: DubbingSession):
    data = os.urandom(PART + 5)
    video, pack = new_file("talk.mp4", data), pack_of({"a.wav": b"a", "b.wav": b"b"})
    files: Files = [video, pack]
    first = create_uploads(owner=world.alice, files=files, now=world.clock())
    put_part(upload=first[0], number=1, chunks=[data[:PART]], now=world.clock())

    again = create_uploads(owner=world.alice, files=files, now=world.clock())

    assert [upload.pk for upload in again] == [upload.pk for upload in first]
    assert [part["number"] for part in again[0].parts] == [1]
    put_part(upload=again[0], number=2, chunks=[data[PART:]], now=world.clock())
    send(world, again[1], b"ab")
    again[0].refresh_from_db()
    complete_uploads(uploads=again, now=world.clock())
    # Executable bit and modification time are no part of the bytes: the last ones that were sent count.
    touched: Files = [
        replace(video, mtime_ns=7),
        NewPack(files=[replace(file, is_executable=True) for file in pack.files]),
    ]
    complete = create_uploads(owner=world.alice, files=touched, now=world.clock())
    assert [(upload.pk, upload.state) for upload in complete] == [(upload.pk, "received") for upload in first]
    sent = [file for upload in Upload.objects.order_by("pk") for file in iter_files(upload)]
    assert [(file.path, file.is_executable, file.mtime_ns) for file in sent] == [
        ("talk.mp4", None, 7),
        ("a.wav", True, None),
        ("b.wav", True, None),
    ]
    assert save(world, session, complete).state == "succeeded"


def test_uploads_of_other_users_expired_ones_and_those_of_jobs_are_not_resumed(
    world: World, session: DubbingSession
):
    file = new_file("a.wav", b"a")
    (first,) = create_uploads(owner=world.alice, files=[file], now=world.clock())

    (bobs,) = create_uploads(owner=world.bob, files=[file], now=world.clock())
    assert bobs.pk != first.pk
    two = create_uploads(owner=world.alice, files=[file, file], now=world.clock())
    assert two[0].pk == first.pk != two[1].pk
    send(world, first, b"a")
    request_save(
        session=session,
        author=world.alice,
        files=[first],
        request=SaveRequest(parent=0),
        now=world.clock(),
    )
    (free,) = create_uploads(owner=world.alice, files=[file], now=world.clock())
    assert free.pk == two[1].pk
    world.clock.forward(days=3)
    (late,) = create_uploads(owner=world.alice, files=[file], now=world.clock())
    assert late.pk not in {first.pk, free.pk}


def test_uploads_without_hashes_are_not_resumed(world: World):
    file = NewFile(path="a.wav", size=1)
    (first,) = create_uploads(owner=world.alice, files=[file], now=world.clock())
    (again,) = create_uploads(owner=world.alice, files=[file], now=world.clock())

    assert again.pk != first.pk


def test_an_upload_that_the_store_has_lost_is_not_resumed(world: World):
    file = new_file("a.wav", b"aa")
    (first,) = create_uploads(owner=world.alice, files=[file], now=world.clock())
    put_part(upload=first, number=1, chunks=[b"aa"], now=world.clock())
    for opened in list(get_store().open_uploads("staging/")):
        get_store().abort(opened.key, opened.upload_id)
    first.refresh_from_db()

    with pytest.raises(NotAllowedError, match="deleted"):
        complete_uploads(uploads=[first], now=world.clock())

    (again,) = create_uploads(owner=world.alice, files=[file], now=world.clock())
    assert again.pk != first.pk


# -- Reused blobs -----------------------------------------------------------------------------------------------------------


def test_files_with_stored_blobs_are_saved_without_upload(world: World, session: DubbingSession):
    world.saved("other", {"x.wav": b"the same" * 10})
    known = new_file("hi.wav", b"the same" * 10)

    job = save(world, session, [], known=[known])

    assert job.state == "succeeded"
    session.refresh_from_db()
    assert session.current
    assert world.files(session.current) == {"hi.wav": b"the same" * 10}
    assert not Upload.objects.exists()


def test_a_hash_gives_no_access_to_a_blob(world: World, session: DubbingSession):
    world.saved("secret", {"x.wav": b"private to bob"}, owner=world.bob)

    for known in (new_file("x.wav", b"private to bob"), new_file("x.wav", b"not stored")):
        with pytest.raises(NotAllowedError) as refused:
            save(world, session, [], known=[known])
        assert refused.value.code == "blob_missing"
    assert not Upload.objects.filter(owner=world.alice).exists()


def test_reused_blobs_are_not_deleted_while_the_save_waits(world: World, session: DubbingSession):
    other = world.saved("other", {"x.wav": b"wanted"})
    job = request_save(
        session=session,
        author=world.alice,
        files=[],
        request=SaveRequest(parent=0, known=[new_file("x.wav", b"wanted")]),
        now=world.clock(),
    )
    other.trash(now=world.clock())
    other.refresh_from_db()
    purge_session(session=other, now=world.clock())
    for _ in range(2):
        collect_garbage(now=world.clock.forward(days=2), dry_run=False)

    assert world.run(job).state == "succeeded"


# -- Saved paths -------------------------------------------------------------------------------------------------------


def test_a_file_saved_again_keeps_its_label(world: World, session: DubbingSession):
    save(world, session, [send_pack(world, {"talk.mp4": b"v", "seg/1.wav": b"1", "seg/2.wav": b"2"})])
    assert categories_of(session) == {
        "seg/1.wav": "audio",
        "seg/2.wav": "audio",
        "talk.mp4": "original_video",
    }

    # The only file of its folder, and a second video.
    save(world, session, [send_pack(world, {"seg/1.wav": b"one", "talk.mp4": b"V", "b.mp4": b"b"})])

    assert categories_of(session) == {
        "b.mp4": "final_videos",
        "seg/1.wav": "audio",
        "seg/2.wav": "audio",
        "talk.mp4": "original_video",
    }


def test_files_of_different_paths_never_replace_each_other(world: World, session: DubbingSession):
    save(world, session, [send_pack(world, {"hi.wav": b"at the root"})])
    save(world, session, [send_pack(world, {"audio/hi.wav": b"in a folder"})])

    session.refresh_from_db()
    assert session.current
    assert world.files(session.current) == {"hi.wav": b"at the root", "audio/hi.wav": b"in a folder"}
    assert world.tree(session.current) == {"audio/hi_2.wav": b"at the root", "audio/hi.wav": b"in a folder"}


def test_a_loose_file_replaces_the_one_at_its_place_in_the_tree(world: World, session: DubbingSession):
    save(world, session, [send_pack(world, {"talk.mp4": b"v", "out/hi.wav": b"1", "audio/es.wav": b"2"})])

    save(world, session, [send_pack(world, {"es.wav": b"two", "new.wav": b"3"})], rooted=False)

    session.refresh_from_db()
    assert session.current
    assert world.files(session.current) == {
        "talk.mp4": b"v",
        "out/hi.wav": b"1",
        "audio/es.wav": b"two",
        "new.wav": b"3",
    }


def test_a_label_that_a_person_set_stays_with_its_path(world: World, session: DubbingSession):
    save(world, session, [send_pack(world, {"a.wav": b"1", "b.wav": b"2"})])
    session.entries.filter(path="a.wav").update(
        category="custom_voices", language="hi", role="ignored", labeled_by="person"
    )

    save(world, session, [send_pack(world, {"a.wav": b"one"})])

    entry = session.entries.get(path="a.wav", removed_in=None)
    label = (entry.category, entry.language, entry.role, entry.labeled_by)
    assert (entry.added_in, *label) == (2, "custom_voices", "hi", "ignored", "person")


def test_metadata_of_another_tool_is_saved_as_a_file(world: World, session: DubbingSession):
    foreign = b'{"video_id": "x", "speakers": [], "utterances": [{"voices": 5}]}'

    save(world, session, [send_pack(world, {"a.wav": b"1", "metadata.json": foreign})])

    session.refresh_from_db()
    assert session.current
    assert world.tree(session.current) == {"audio/a.wav": b"1", "translations/metadata.json": foreign}
    assert (session.current.file_count, "video_id" in session.current.metadata) == (2, False)


def test_an_imported_copy_has_the_same_paths_and_labels(world: World, session: DubbingSession):
    save(world, session, [send_pack(world, {"talk.mp4": b"v", "seg/1.wav": b"1"})])
    session.refresh_from_db()
    assert session.current
    for selection in ({}, {"layout": "saved"}, {"history": True}, {"history": True, "layout": "saved"}):
        export = world.exported(session.current, **selection)
        copy = world.imported(read_object(export.key), export.filename).session
        assert copy is not None
        copy.refresh_from_db()
        assert categories_of(copy) == categories_of(session)
        assert copy.name.rstrip("_2345") == "talk"
        assert copy.current
        assert copy.current.fingerprint == session.current.fingerprint


# -- Quota --------------------------------------------------------------------------------------------------------------------


def test_uploads_over_quota_are_refused_when_they_are_created(world: World, settings):
    world.saved("talk", {"a.wav": b"x" * 600})
    settings.USER_QUOTA = 1000

    create_uploads(owner=world.alice, files=[NewFile(path="b.wav", size=400)], now=world.clock())
    with pytest.raises(OverQuotaError, match=r"1000 B of your 1000 B .* 1 B more"):
        create_uploads(owner=world.alice, files=[NewFile(path="c.wav", size=1)], now=world.clock())
    create_uploads(owner=world.bob, files=[NewFile(path="c.wav", size=1000)], now=world.clock())


def test_a_reduced_quota_refuses_the_next_part(world: World, settings):
    (upload,) = create_uploads(owner=world.alice, files=[NewFile(path="a.wav", size=4)], now=world.clock())
    settings.USER_QUOTA = 3
    with pytest.raises(OverQuotaError):
        put_part(upload=upload, number=1, chunks=[b"aaaa"], now=world.clock())
    with pytest.raises(OverQuotaError):
        sign_parts(parts=[PartRequest(upload=upload, number=1)], now=world.clock())


def test_an_import_counts_against_the_quota(world: World, settings):
    data = zip_of_files({"a.wav": b"\0" * 100_000})
    settings.USER_QUOTA = 50_000

    job = world.imported(data)

    assert (job.state, job.error_code) == ("failed", "over_quota")
    assert stored_keys("blobs/") == []


def test_an_import_of_a_file_counts_as_a_whole(world: World, settings, work_folder: Path):
    file = work_folder / "talk.zip"
    file.write_bytes(zip_of_files({"a.wav": os.urandom(1000)}, compression=0))
    settings.USER_QUOTA = 999

    job = world.run(request_file_import(file=file, owner=world.alice, name="", now=world.clock()))

    assert (job.state, job.error_code) == ("failed", "over_quota")


def test_two_imports_at_once_do_not_exceed_the_quota(world: World, settings, monkeypatch: pytest.MonkeyPatch):
    settings.USER_QUOTA = 150_000
    others: list[Job] = []
    ingest = from_archive.ingest_members

    def ingest_beside_another(context: JobContext, **arguments: Any) -> list[Blob]:
        monkeypatch.undo()
        settings.USER_QUOTA = 150_000
        others.append(world.imported(zip_of_files({"b.wav": b"\1" * 100_000})))
        return ingest(context, **arguments)

    monkeypatch.setattr("sessions_app.operations.imports.contents.ingest_members", ingest_beside_another)
    job = world.imported(zip_of_files({"a.wav": b"\0" * 100_000}))

    assert (job.state, job.error_code) == ("failed", "over_quota")
    assert others[0].state == "succeeded"
    assert get_usage(world.alice.pk) < 150_000


# -- Direct uploads -----------------------------------------------------------------------------------------------------------


def test_parts_sent_directly_to_the_store_are_joined(world: World, session: DubbingSession, stack):
    data = os.urandom(PART + 7)
    (upload,) = create_uploads(owner=world.alice, files=[new_file("a.wav", data)], now=world.clock())
    requests = [PartRequest(upload=upload, number=number) for number in (1, 2)]

    signed = sign_parts(parts=requests, now=world.clock())

    if stack.name == "embedded":
        assert signed == [None, None]
        return
    again = upload
    for part, piece in zip(signed, (data[:PART], data[PART:]), strict=True):
        assert part is not None
        request = urllib.request.Request(part.url, data=piece, method="PUT", headers=dict(part.headers))
        with urllib.request.urlopen(request) as response:
            assert response.status == 200
        (again,) = create_uploads(owner=world.alice, files=[new_file("a.wav", data)], now=world.clock())
        assert again.pk == upload.pk
    assert again.received == len(data)
    complete_uploads(uploads=[again], now=world.clock())
    assert save(world, session, [again]).state == "succeeded"


@pytest.fixture
def _swift(settings) -> Iterator[None]:
    """Store bytes in Swift, which accepts a part after completion; most S3 servers refuse it."""
    with running_swift() as server:
        storages = deepcopy(settings.STORAGES)
        storages["default"]["OPTIONS"] |= {
            "endpoint_url": server.endpoint_url,
            "access_key": server.access_key,
            "secret_key": server.secret_key,
            "bucket_name": server.bucket,
        }
        settings.STORAGES = storages
        yield


@pytest.mark.variant
@pytest.mark.team
@pytest.mark.usefixtures("_swift")
@pytest.mark.parametrize("kind", ["save", "import", "pack"])
def test_a_part_sent_after_completion_damages_the_upload_which_can_be_sent_again(
    world: World, session: DubbingSession, kind: str
):
    """A signed URL stays valid after completion: Swift accepts the part, and the object becomes unreadable."""
    files = {"a.wav": os.urandom(3000), "b.wav": os.urandom(5000)}
    data = (
        files["a.wav"]
        if kind == "save"
        else b"".join(files.values())
        if kind == "pack"
        else zip_of_files(files)
    )
    new: NewFile | NewPack = (
        pack_of(files) if kind == "pack" else new_file("a.zip" if kind == "import" else "a.wav", data)
    )
    label = "The pack of 2 small files" if kind == "pack" else "“a."

    def create() -> Upload:
        (upload,) = create_uploads(owner=world.alice, files=[new], now=world.clock())
        return upload

    def run(upload: Upload) -> Job:
        if kind != "import":
            return save(world, session, [upload])
        return world.run(request_import(upload=upload, owner=world.alice, name="", now=world.clock()))

    upload = create()
    (signed,) = sign_parts(parts=[PartRequest(upload=upload, number=1)], now=world.clock())
    assert signed
    upload.refresh_from_db()

    def put(piece: bytes) -> None:
        request = urllib.request.Request(signed.url, data=piece, method="PUT", headers=dict(signed.headers))
        with urllib.request.urlopen(request) as response:
            assert response.status == 200

    put(data)
    complete_uploads(uploads=[upload], now=world.clock())
    put(bytes(len(data)))

    job = run(upload)

    assert (job.state, job.error_code, job.attempt) == ("failed", "upload_damaged", 1)
    assert job.error_message.startswith(label)
    assert "Upload it again" in job.error_message
    assert not job.is_retryable
    assert stored_keys("blobs/") == []
    again = create()
    assert again.pk != upload.pk
    send(world, again, data)
    assert run(again).state == "succeeded"
