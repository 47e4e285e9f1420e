"""Uploads: parts in any order, repeated, concurrent, late; never more bytes than declared."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.http import UnreadablePostError
from django.test import Client

from sessions_app.models import Blob, DubbingSession, Job, Upload
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.jobs.run import run_job
from sessions_app.operations.uploads import receive
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreFullError, StoreUnavailableError
from sessions_app.storage.filesystem import FileSystemStore
from tests.integration.programs import ROOT, problem_of
from tests.integration.sketches import current_of, now, post_json, signed_in
from tests.world import World, read_object, stored_keys

PART = 8 * 1024 * 1024


@pytest.fixture
def alice(world: World) -> Client:
    for opened in list(get_store().open_uploads("staging/")):  # of tests that do not complete their uploads
        get_store().abort(opened.key, opened.upload_id)
    return signed_in(world.alice)


def create(client: Client, **sizes: int) -> list[str]:
    """Create uploads of files by name and size; return their codes."""
    files = [{"path": f"{name}.wav", "size": size} for name, size in sizes.items()]
    response = post_json(client, f"{ROOT}/uploads", {"uploads": files})
    assert response.status_code == 201, response.content
    return [upload["code"] for upload in response.json()["uploads"]]


def put(client: Client, code: str, number: int, data: bytes) -> Any:
    url = f"{ROOT}/uploads/{code}/parts/{number}"
    return client.put(url, data, content_type="application/octet-stream")


def complete(client: Client, *codes: str) -> Any:
    return post_json(client, f"{ROOT}/uploads/complete", {"uploads": codes})


def discard(client: Client, code: str) -> Any:
    return client.delete(f"{ROOT}/uploads/{code}")


def import_(client: Client, code: str) -> Any:
    return post_json(client, f"{ROOT}/imports", {"upload": code})


def refusal_of(response: Any) -> tuple[int, str]:
    code = response.json()["code"]
    problem_of(response, response.status_code, code)
    return response.status_code, code


def received(code: str) -> bytes:
    return read_object(object_key(Upload.objects.get(code=code)))


def send(client: Client, **files: bytes) -> list[str]:
    """Upload small files; return their codes."""
    codes = create(client, **{name: len(data) for name, data in files.items()})
    for code, data in zip(codes, files.values(), strict=True):
        assert not data or put(client, code, 1, data).status_code == 200
    assert complete(client, *codes).status_code == 200
    return codes


# -- Parts ----------------------------------------------------------------------------------------------------------------


def test_parts_arrive_in_any_order_and_again(alice: Client):
    data = bytes(range(256)) * (2 * PART // 256) + b"!"
    parts = {1: data[:PART], 2: data[PART : 2 * PART], 3: data[2 * PART :]}
    (code,) = create(alice, a=len(data))

    assert refusal_of(complete(alice, code)) == (409, "upload_incomplete")
    for number in (3, 1):
        part = put(alice, code, number, parts[number]).json()
        assert (part["number"], part["size"]) == (number, len(parts[number]))
    assert put(alice, code, 3, b"?").status_code == 200  # replaced below
    assert refusal_of(complete(alice, code)) == (409, "upload_incomplete")
    for number in (2, 3):
        put(alice, code, number, parts[number])
    upload = Upload.objects.get(code=code)
    assert (upload.received, [part["number"] for part in upload.parts]) == (len(data), [1, 2, 3])

    assert complete(alice, code).json()["uploads"][0]["state"] == "received"
    assert received(code) == data


def test_concurrent_parts_are_all_stored(world: World, alice: Client):
    parts = {number: bytes([number]) * (PART if number < 4 else 5) for number in (1, 2, 3, 4)}
    (code,) = create(alice, a=3 * PART + 5)

    def put_one(number: int) -> int:
        try:
            return int(put(signed_in(world.alice), code, number, parts[number]).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(put_one, [1, 2, 3, 4])) == {200}

    assert complete(alice, code).status_code == 200
    assert received(code) == b"".join(parts.values())
    assert len(list(get_store().open_uploads("staging/"))) == 0


def test_a_file_one_byte_larger_than_a_part_has_two_parts(alice: Client):
    (code,) = create(alice, a=PART + 1)

    assert refusal_of(put(alice, code, 1, b"x" * (PART + 1))) == (400, "bad_part_size")
    assert refusal_of(put(alice, code, 1, b"x" * (PART - 1))) == (400, "bad_part_size")
    assert put(alice, code, 1, b"x" * PART).status_code == 200
    assert refusal_of(put(alice, code, 2, b"")) == (400, "bad_part_size")
    assert refusal_of(put(alice, code, 2, b"xx")) == (400, "bad_part_size")
    assert put(alice, code, 2, b"y").status_code == 200
    assert refusal_of(put(alice, code, 3, b"")) == (400, "part_not_found")
    assert refusal_of(put(alice, code, 0, b"")) == (400, "part_not_found")

    assert complete(alice, code).status_code == 200
    assert received(code) == b"x" * PART + b"y"


def test_the_parts_of_a_file_of_90_gib_are_larger(alice: Client, large_disk: None):
    size = 90 * 1024**3 + 5
    (code,) = create(alice, a=size)

    assert put(alice, code, 1, bytes(2 * PART)).status_code == 200
    assert put(alice, code, 5761, b"wave.").status_code == 200  # a sparse file, in a folder
    assert refusal_of(put(alice, code, 5760, bytes(PART))) == (400, "bad_part_size")
    assert refusal_of(put(alice, code, 5762, b"x")) == (400, "part_not_found")

    upload = alice.get(f"{ROOT}/uploads/{code}").json()
    assert (upload["size"], upload["part_size"], upload["part_count"]) == (size, 2 * PART, 5761)
    assert [(part["number"], part["size"]) for part in upload["parts"]] == [(1, 2 * PART), (5761, 5)]
    refused = complete(alice, code)
    assert refusal_of(refused) == (409, "upload_incomplete")
    assert refused.json()["incomplete"] == [{"upload": code, "missing": list(range(2, 5761))}]
    assert discard(alice, code).status_code == 204
    assert not list(get_store().open_uploads("staging/"))


def test_a_refused_part_does_not_replace_the_earlier_one(alice: Client):
    (code,) = create(alice, a=4)
    put(alice, code, 1, b"good")

    for bad in (b"", b"bad", b"worse"):
        assert refusal_of(put(alice, code, 1, bad)) == (400, "bad_part_size")

    complete(alice, code)
    assert received(code) == b"good"


def test_an_empty_file_needs_no_part(alice: Client):
    for parts in (0, 1):  # an empty part is accepted, too
        (code,) = create(alice, a=0)
        for number in range(parts):
            assert put(alice, code, number + 1, b"").status_code == 200

        assert complete(alice, code).status_code == 200
        assert received(code) == b""
        assert complete(alice, code).status_code == 200
    assert list(get_store().open_uploads("staging/")) == []


def test_a_part_can_be_sent_again_after_a_lost_connection(alice: Client, monkeypatch: pytest.MonkeyPatch):
    (code,) = create(alice, a=4)

    def broken(*_: object) -> bytes:
        raise UnreadablePostError("the client disconnected")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.handlers.wsgi.WSGIRequest.read", broken)
        assert refusal_of(put(alice, code, 1, b"wave")) == (400, "connection_lost")
    assert put(alice, code, 1, b"wave").status_code == 200


# -- Completion --------------------------------------------------------------------------------------------------------------


def test_completing_twice_changes_nothing(alice: Client):
    (code,) = send(alice, a=b"wave")
    before = Upload.objects.values().get()

    assert complete(alice, code).status_code == 200

    assert Upload.objects.values().get() | {"expires_at": 0} == before | {"expires_at": 0}
    assert refusal_of(put(alice, code, 1, b"wave")) == (409, "upload_complete")
    assert received(code) == b"wave"


def test_concurrent_completions_all_succeed(world: World, alice: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sessions_app.operations.uploads.join.PAUSES", (0.05,) * 1000)  # on a busy machine
    (code,) = create(alice, a=4)
    put(alice, code, 1, b"wave")

    def attempt(_: int) -> int:
        try:
            return int(complete(signed_in(world.alice), code).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(attempt, range(4))) == {200}

    assert received(code) == b"wave"


def test_completion_succeeds_after_the_response_of_the_store_was_lost(
    alice: Client, monkeypatch: pytest.MonkeyPatch
):
    (code,) = create(alice, a=4)
    put(alice, code, 1, b"wave")
    join: Callable[..., Any] = type(get_store()).complete

    def join_and_fail(*args: Any, **more: Any) -> None:
        join(*args, **more)
        raise StoreUnavailableError("staging/")

    with monkeypatch.context() as patch:
        patch.setattr(type(get_store()), "complete", join_and_fail)
        assert complete(alice, code).status_code == 200
    assert received(code) == b"wave"

    # The row was not updated either: the store has joined the parts, and the client completes the upload again.
    Upload.objects.update(state=Upload.State.RECEIVING)
    assert put(alice, code, 1, b"wave").status_code in {
        200,
        409,
    }  # some stores accept parts of a joined object
    assert complete(alice, code).status_code == 200
    assert received(code) == b"wave"


@pytest.mark.parametrize(
    ("error", "refusal"), [(StoreFullError, (507, "disk_full")), (StoreUnavailableError, (503, "storage"))]
)
def test_a_part_can_be_sent_again_after_the_store_has_failed(
    alice: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: type[StoreFullError | StoreUnavailableError],
    refusal: tuple[int, str],
):
    (code,) = create(alice, a=4)

    def fail(*_: object, **__: object) -> None:
        raise error("staging/x")

    with monkeypatch.context() as patch:
        patch.setattr(type(get_store()), "put_part", fail)
        assert refusal_of(put(alice, code, 1, b"wave")) == refusal
    assert put(alice, code, 1, b"wave").status_code == 200


# -- Deleted, expired, of another user ------------------------------------------------------------------------------------------------------


def test_an_expired_upload_accepts_no_parts(alice: Client):
    (code,) = create(alice, a=4)
    Upload.objects.update(expires_at=now() - timedelta(seconds=1))

    assert refusal_of(put(alice, code, 1, b"wave")) == (409, "upload_expired")


def test_a_part_extends_the_lifetime_of_the_upload(alice: Client):
    (code,) = create(alice, a=4)
    Upload.objects.update(expires_at=now() + timedelta(minutes=1))

    put(alice, code, 1, b"wave")

    assert Upload.objects.get().expires_at > now() + settings.UPLOAD_RETENTION - timedelta(minutes=1)


def test_discarding_deletes_the_row_and_the_bytes(alice: Client):
    complete_one, partial, refused = send(alice, a=b"wave")[0], *create(alice, b=PART + 1, c=3)
    put(alice, partial, 1, b"x" * PART)
    put(alice, refused, 1, b"toolong")

    for code in (complete_one, partial, refused):
        assert discard(alice, code).status_code == 204
        assert refusal_of(discard(alice, code)) == (404, "not_found")
        assert refusal_of(put(alice, code, 1, b"wave")) == (404, "not_found")
        assert refusal_of(complete(alice, code)) == (404, "not_found")

    assert not Upload.objects.exists()
    assert stored_keys() == []
    assert list(get_store().open_uploads("staging/")) == []


def test_a_part_is_refused_when_its_upload_is_discarded_in_the_meantime(
    alice: Client, monkeypatch: pytest.MonkeyPatch
):
    (code,) = create(alice, a=4)
    store = type(get_store())
    put_part: Callable[..., Any] = store.put_part

    def discard_in_between(*args: Any, **more: Any) -> Any:
        part = put_part(*args, **more)
        Upload.objects.all().delete()
        return part

    monkeypatch.setattr(store, "put_part", discard_in_between)

    assert refusal_of(put(alice, code, 1, b"wave")) == (409, "upload_deleted")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"store_id": "of another request"}, "upload_busy"),
        ({"state": Upload.State.RECEIVED, "received": 4, "store_id": "x"}, "upload_complete"),
    ],
)
@pytest.mark.one_stack
def test_an_only_part_that_another_request_sent_first_leaves_nothing(
    alice: Client, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], code: str
):
    (upload,) = create(alice, a=4)
    store = type(get_store())
    put_part: Callable[..., Any] = store.put_part

    def send_in_between(*args: Any, **more: Any) -> Any:
        Upload.objects.update(**values)
        return put_part(*args, **more)

    monkeypatch.setattr(store, "put_part", send_in_between)

    assert refusal_of(put(alice, upload, 1, b"wave")) == (409, code)
    assert list(get_store().open_uploads("staging/")) == []


@pytest.mark.one_stack
def test_an_only_part_is_recorded_in_one_statement(alice: Client, django_assert_num_queries: Any):
    (code,) = create(alice, a=4)
    upload = Upload.objects.get()

    with django_assert_num_queries(2):  # with the commit
        receive.put_part(upload=upload, number=1, chunks=[b"wave"], now=upload.created_at)

    upload.refresh_from_db()
    assert (upload.received, len(upload.parts), bool(upload.store_id)) == (4, 1, True)
    assert put(alice, code, 1, b"wide").status_code == 200
    assert complete(alice, code).status_code == 200


def test_an_upload_that_the_store_lost_must_be_sent_again(alice: Client):
    (code,) = create(alice, a=4)
    put(alice, code, 1, b"wave")
    upload = Upload.objects.get()
    get_store().abort(object_key(upload), upload.store_id)

    assert refusal_of(complete(alice, code)) == (409, "upload_deleted")
    assert refusal_of(put(alice, code, 1, b"wave")) == (409, "upload_deleted")


@pytest.mark.one_stack
def test_parts_lost_in_a_power_failure_must_be_sent_again(alice: Client, monkeypatch: pytest.MonkeyPatch):
    """On one stack: an object store is durable when it acknowledges a part."""
    (code,) = create(alice, a=PART + 4)
    put(alice, code, 1, b"w" * PART)
    with monkeypatch.context() as patch:
        patch.setattr("sessions_app.storage.atomic_files.get_boot_id", lambda: "before")
        put(alice, code, 2, b"wave")
    store = get_store()
    assert isinstance(store, FileSystemStore)
    (file,) = store.local_path("staging").rglob("*.parts")
    os.truncate(file, PART)

    assert refusal_of(complete(alice, code)) == (409, "upload_incomplete")
    assert Upload.objects.get().received == PART

    put(alice, code, 2, b"wave")
    assert complete(alice, code).status_code == 200
    assert read_object(object_key(Upload.objects.get())) == b"w" * PART + b"wave"


def test_other_users_cannot_use_an_upload(world: World, alice: Client):
    (code,) = send(alice, a=b"wave")
    (waiting,) = create(alice, b=4)
    bob = signed_in(world.bob)
    session = post_json(bob, f"{ROOT}/sessions", {"name": "talk"}).json()["code"]

    for response in (
        put(bob, waiting, 1, b"evil"),
        complete(bob, waiting),
        discard(bob, code),
        post_json(bob, f"{ROOT}/sessions/{session}/versions", {"parent": 0, "uploads": [code]}),
        import_(bob, code),
    ):
        assert refusal_of(response) == (404, "not_found")

    assert Upload.objects.filter(owner=world.alice, job=None).count() == 2
    assert not Job.objects.exists()


# -- Uploads and jobs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def session(world: World) -> DubbingSession:
    return world.session()


def save(client: Client, session: DubbingSession, *codes: str, parent: int = 0) -> Any:
    url = f"{ROOT}/sessions/{session.code}/versions"
    return post_json(client, url, {"parent": parent, "uploads": codes})


def test_incomplete_uploads_cannot_be_saved(alice: Client, session: DubbingSession):
    (code,) = create(alice, a=4)

    assert refusal_of(save(alice, session, code)) == (400, "upload_incomplete")
    assert refusal_of(import_(alice, code)) == (400, "upload_incomplete")


@pytest.mark.one_stack  # an object store is not read when parts are joined
def test_bytes_are_hashed_when_the_parts_are_joined(
    world: World, alice: Client, session: DubbingSession, monkeypatch: pytest.MonkeyPatch
):
    codes = send(alice, a=b"wave", b=b"other")
    hashes = Upload.objects.order_by("path").values_list("received_sha256", "received_crc32")
    expected = [(hashlib.sha256(data).hexdigest(), zlib.crc32(data)) for data in (b"wave", b"other")]
    assert list(hashes) == expected
    monkeypatch.setattr("sessions_app.operations.ingest.from_uploads.Digester", None)

    job = Job.objects.get(code=save(alice, session, *codes).json()["code"])
    world.run(job)

    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED, job.error_detail
    assert set(Blob.objects.values_list("sha256", "crc32")) == set(expected)


@pytest.mark.one_stack
def test_an_upload_whose_completion_a_power_failure_undid_is_completed_again(
    world: World, alice: Client, session: DubbingSession
):
    (code,) = send(alice, a=b"wave")
    Upload.objects.update(state=Upload.State.RECEIVING, received_sha256="", received_crc32=0)

    assert complete(alice, code).status_code == 200

    job = Job.objects.get(code=save(alice, session, code).json()["code"])
    world.run(job)
    assert Blob.objects.get().sha256 == hashlib.sha256(b"wave").hexdigest()


def test_a_duplicate_path_is_refused(alice: Client, session: DubbingSession):
    (code,) = send(alice, a=b"wave")
    (same_path,) = send(alice, a=b"other")

    assert refusal_of(save(alice, session, code, code)) == (400, "bad_field")
    assert refusal_of(save(alice, session, code, same_path)) == (400, "path_duplicate")


def test_an_upload_is_read_by_one_job(world: World, alice: Client, session: DubbingSession):
    (code,) = send(alice, a=b"wave")
    first = save(alice, session, code)
    assert first.status_code == 202

    assert refusal_of(save(alice, session, code)) == (409, "upload_in_use")
    assert refusal_of(import_(alice, code)) == (409, "upload_in_use")
    assert refusal_of(discard(alice, code)) == (409, "upload_in_use")

    job = Job.objects.get()
    assert world.run(job).state == Job.State.SUCCEEDED
    assert current_of(session).file_count == 1


def test_concurrent_saves_of_one_upload_create_one_job(world: World, alice: Client, session: DubbingSession):
    (code,) = send(alice, a=b"wave")

    def attempt(_: int) -> int:
        try:
            return int(save(signed_in(world.alice), session, code).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(attempt, range(4))) == [202, 409, 409, 409]

    assert Job.objects.count() == 1


def test_uploads_of_a_cancelled_job_can_be_used_or_discarded(
    world: World, alice: Client, session: DubbingSession
):
    one, two = send(alice, a=b"wave", b=b"more")
    save(alice, session, one, two)
    job = Job.objects.get()
    cancel_job(job=job, now=world.clock())

    assert discard(alice, two).status_code == 204
    assert save(alice, session, one).status_code == 202

    retried = alice.post(f"/jobs/{job.code}/retry/", follow=True)
    assert [message.level_tag for message in retried.context["messages"]] == ["error"]
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_save_without_all_its_uploads_fails(world: World, alice: Client, session: DubbingSession):
    codes = send(alice, a=b"wave", b=b"more")
    save(alice, session, *codes)
    Upload.objects.filter(code=codes[0]).update(job=None)

    run_job(job_id=Job.objects.get().pk, clock=world.clock)

    job = Job.objects.get()
    assert (job.state, job.error_code) == (Job.State.FAILED, "uploads_deleted")
    session.refresh_from_db()
    assert session.current is None


# -- Many, large, invalid ------------------------------------------------------------------------------------------------------------


def test_a_thousand_uploads_are_created_in_one_call(alice: Client):
    codes = create(alice, **{f"s{number}": 0 for number in range(1000)})
    assert len(set(codes)) == 1000

    too_many = [{"path": f"{number}.wav", "size": 0} for number in range(1001)]
    for uploads in (too_many, []):
        refused = post_json(alice, f"{ROOT}/uploads", {"uploads": uploads})
        assert refusal_of(refused) == (422, "bad_request")
    assert Upload.objects.count() == 1000


@pytest.mark.one_stack  # with the fastest store
@pytest.mark.slow
def test_hundreds_of_small_files_are_uploaded_and_saved(world: World, alice: Client, session: DubbingSession):
    data = {f"s{number}": b"wave %d" % number for number in range(250)}
    codes = create(alice, **{name: len(content) for name, content in data.items()})
    for code, content in zip(codes, data.values(), strict=True):
        assert put(alice, code, 1, content).status_code == 200
    for start in range(0, 250, 125):
        assert len(complete(alice, *codes[start : start + 125]).json()["uploads"]) == 125
    assert save(alice, session, *codes).status_code == 202

    job = world.run(Job.objects.get())

    assert job.state == Job.State.SUCCEEDED, job.error_detail
    assert current_of(session).file_count == 250
    assert (Upload.objects.count(), stored_keys("staging/")) == (0, [])


def test_no_upload_is_created_for_an_invalid_file(alice: Client, large_disk: None):
    limit = settings.MAX_UPLOAD_SIZE

    def create_two(path: str, size: int) -> Any:
        files = [{"path": "ok.wav", "size": 1}, {"path": path, "size": size}]
        return post_json(alice, f"{ROOT}/uploads", {"uploads": files})

    assert refusal_of(create_two("a.wav", limit + 1)) == (400, "too_large")
    assert refusal_of(create_two("a.wav", -1)) == (422, "bad_request")
    assert refusal_of(create_two("../a.wav", 1)) == (400, "path_parent")
    assert refusal_of(create_two("n" * 256, 1)) == (400, "path_part_too_long")
    assert not Upload.objects.exists()
    assert create_two("a.wav", limit).status_code == 201


def test_placements_are_previewed_without_uploads(alice: Client):
    paths = ["work/talk.mp4", "work/hi_audio.wav", "work/../x", "work/" + "n" * 256]

    preview = post_json(alice, f"{ROOT}/placements", {"paths": paths, "rooted": False}).json()

    assert {file["source"]: file["category"] for file in preview["files"]} == {
        "work/talk.mp4": "original_video",
        "work/hi_audio.wav": "audio",
    }
    assert [file["code"] for file in preview["refused"]] == [
        "path_parent",
        "path_part_too_long",
    ]
    assert not Upload.objects.exists()
