"""Uploads that one request sends from start to end."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from sessions_app.models import Blob, Job, Upload
from sessions_app.operations.errors import OperationError
from sessions_app.operations.uploads.multipart import initiate_multipart
from sessions_app.operations.uploads.receive import put_part
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage import get_store
from tests.integration.programs import ROOT, problem_of
from tests.integration.sketches import post_json, signed_in
from tests.world import World, read_object, stored_keys

SHA256 = hashlib.sha256(b"wave").hexdigest()


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


def create(client: Client, size: int = 4) -> Upload:
    post_json(client, f"{ROOT}/uploads", {"uploads": [{"path": "a.wav", "size": size}]})
    return Upload.objects.get()


def put(client: Client, upload: Upload, data: bytes) -> Any:
    url = f"{ROOT}/uploads/{upload.code}/parts/1?complete=true"
    return client.put(url, data, content_type="application/octet-stream")


def refuse_multipart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(get_store()), "begin", None)


@pytest.mark.parametrize("data", [b"wave", b""])
def test_it_is_stored_and_hashed_without_parts_to_join(
    alice: Client, monkeypatch: pytest.MonkeyPatch, data: bytes
):
    upload = create(alice, len(data))
    refuse_multipart(monkeypatch)

    part = put(alice, upload, data).json()

    assert (part["number"], part["size"], part["complete"]) == (1, len(data), True)
    upload.refresh_from_db()
    assert (upload.state, upload.received) == (Upload.State.RECEIVED, len(data))
    assert (upload.received_sha256, upload.received_crc32) == (
        hashlib.sha256(data).hexdigest(),
        zlib.crc32(data),
    )
    assert stored_keys() == [object_key(upload)]
    assert read_object(object_key(upload)) == data


@pytest.mark.one_stack
def test_it_is_recorded_in_one_statement(alice: Client, django_assert_num_queries: Any):
    upload = create(alice)

    with django_assert_num_queries(2):  # with the commit
        put_part(upload=upload, number=1, chunks=[b"wa", b"ve"], now=upload.created_at, completes=True)

    assert (upload.state, upload.received_sha256) == (Upload.State.RECEIVED, SHA256)


@pytest.mark.one_stack
def test_it_waits_for_the_file_and_its_folders(alice: Client, monkeypatch: pytest.MonkeyPatch):
    upload = create(alice)
    root = Path(default_storage.path(""))
    get_store().delete("staging/earlier/file")
    (root / "staging").mkdir(exist_ok=True)
    synced: list[str] = []
    fsync = os.fsync

    def recording(descriptor: int) -> None:
        status = os.fstat(descriptor)
        link = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append(link.relative_to(root).as_posix() if status.st_nlink else "the file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", recording)

    assert put(alice, upload, b"wave").status_code == 200

    assert synced == ["the file", f"staging/upload-{upload.code}", "staging"]


def test_bytes_of_another_length_leave_nothing(alice: Client):
    upload = create(alice)

    problem_of(put(alice, upload, b"wav"), 400, "bad_part_size")
    problem_of(put(alice, upload, b"waves"), 400, "bad_part_size")

    assert stored_keys() == []
    assert put(alice, upload, b"wave").status_code == 200


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"store_id": "of another request"}, "upload_busy"),
        ({"state": Upload.State.RECEIVED, "received": 4, "store_id": "x"}, "upload_complete"),
        (None, "upload_deleted"),
    ],
)
@pytest.mark.one_stack
def test_it_leaves_nothing_if_another_request_was_first(
    alice: Client, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any] | None, code: str
):
    upload = create(alice)
    store = type(get_store())
    writer: Callable[..., Any] = store.writer

    def change_in_between(*args: Any, **more: Any) -> Any:
        Upload.objects.all().delete() if values is None else Upload.objects.update(**values)
        return writer(*args, **more)

    monkeypatch.setattr(store, "writer", change_in_between)

    problem_of(put(alice, upload, b"wave"), 409, code)
    assert stored_keys() == []


def test_no_parts_are_accepted_beside_it(alice: Client):
    upload = create(alice)
    assert put(alice, upload, b"wave").status_code == 200

    with pytest.raises(OperationError) as refusal:  # a request that has read the row before
        initiate_multipart(upload, get_store())

    assert refusal.value.code == "upload_complete"
    assert list(get_store().open_uploads("staging/")) == []
    problem_of(put(alice, upload, b"wave"), 409, "upload_complete")


def test_discarding_it_deletes_its_bytes(alice: Client):
    upload = create(alice)
    put(alice, upload, b"wave")

    assert alice.delete(f"{ROOT}/uploads/{upload.code}").status_code == 204

    assert stored_keys() == []


@pytest.mark.one_stack
def test_a_save_that_runs_at_once_claims_its_blobs_with_the_request(
    world: World, alice: Client, monkeypatch: pytest.MonkeyPatch
):
    upload = create(alice)
    put(alice, upload, b"wave")
    monkeypatch.setattr("sessions_app.operations.ingest.blobs.claim_rows", None)

    job = _save(alice, upload)

    assert job.state == Job.State.SUCCEEDED, job.error_detail
    blob = Blob.objects.get()
    assert (blob.sha256, blob.state) == (SHA256, Blob.State.STORED)
    assert stored_keys() == [f"blobs/{SHA256[:2]}/{SHA256}"]


def test_a_save_claims_a_blob_that_is_being_deleted_after_its_deletion(
    world: World, alice: Client, monkeypatch: pytest.MonkeyPatch
):
    upload = create(alice)
    put(alice, upload, b"wave")
    blob = Blob.objects.create(
        sha256=SHA256, size=4, crc32=0, state=Blob.State.DELETING, created_at=world.clock()
    )

    def finish_deletion(_: float) -> None:
        Blob.objects.filter(pk=blob.pk).delete()

    monkeypatch.setattr("sessions_app.operations.ingest.rows.time.sleep", finish_deletion)

    job = _save(alice, upload)

    assert job.state == Job.State.SUCCEEDED, job.error_detail
    assert Blob.objects.get().pk != blob.pk


def _save(client: Client, upload: Upload) -> Job:
    body = {"name": "talk", "uploads": [str(upload.code)]}
    response = client.post(
        f"{ROOT}/saves", body, content_type="application/json", headers={"Prefer": "wait=1"}
    )
    assert response.status_code == 202, response.content
    return Job.objects.get(code=response.json()["code"])
