"""Saves through the API: uploads, versions, conflicts and failures."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.test import Client
from django.utils import timezone

from sessions_app.api.job_waits import FIRST_PAUSE, MAX_WAIT
from sessions_app.models import DubbingSession, Job, Upload
from sessions_app.operations.jobs.reconcile import reconcile_jobs
from sessions_app.storage.store import PART_SIZE
from tests.integration.programs import ROOT, Program, problem_of
from tests.integration.sketches import bytes_of, current_of
from tests.query_plans import record_plans
from tests.world import PROJECT, World, zip_of_files


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


def file_facts(path: str, data: bytes) -> dict[str, Any]:
    return {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def send(program: Program, upload: dict[str, Any], data: bytes) -> None:
    """PUT the missing parts to the URLs that the server returns."""
    received = {part["number"] for part in upload["parts"]}
    numbers = [number for number in range(1, upload["part_count"] + 1) if number not in received]
    if not data:
        return
    parts = [{"upload": upload["code"], "number": number} for number in numbers]
    for part in program.post("/uploads/sign", {"parts": parts}).json()["parts"]:
        start = (part["number"] - 1) * upload["part_size"]
        piece = data[start : start + upload["part_size"]]
        if upload["direct"]:
            request = urllib.request.Request(part["url"], piece, part["headers"], method=part["method"])
            with urllib.request.urlopen(request) as response:
                assert response.status == 200
        else:
            path = part["url"].split(ROOT, 1)[1]
            assert program.put(path, piece).status_code == 200


def upload_files(program: Program, files: dict[str, bytes], *, packed: bool = False) -> list[str]:
    """Upload files, each alone or all in one pack, and return the codes."""
    files_to_send = [file_facts(path, data) for path, data in files.items()]
    body = {"uploads": [{"files": files_to_send}] if packed else files_to_send}
    uploads = program.post("/uploads", body).json()["uploads"]
    datas = [b"".join(files.values())] if packed else list(files.values())
    for upload, data in zip(uploads, datas, strict=True):
        send(program, upload, data)
    codes = [upload["code"] for upload in uploads]
    done = program.post("/uploads/complete", {"uploads": codes})
    assert [upload["state"] for upload in done.json()["uploads"]] == ["received"] * len(codes), done.content
    return codes


def run_job(world: World, job: dict[str, Any], program: Program) -> dict[str, Any]:
    world.run(Job.objects.get(code=job["code"]))
    finished: dict[str, Any] = program.get(f"/jobs/{job['code']}").json()
    return finished


@pytest.mark.parametrize("packed", [False, True])
def test_a_project_is_saved_and_loaded(world: World, alice: Program, *, packed: bool):
    session = alice.post("/sessions", {"name": "talk"}).json()
    body = {"parent": 0, "message": " the first day ", "uploads": upload_files(alice, PROJECT, packed=packed)}

    queued = alice.post(f"/sessions/{session['code']}/versions", body)
    assert queued.status_code == 202
    assert queued["Location"] == f"{ROOT}/jobs/{queued.json()['code']}"
    job = run_job(world, queued.json(), alice)

    total = sum(map(len, PROJECT.values()))
    assert (job["state"], job["percent"], job["error"]) == ("succeeded", 100, None)
    assert job["result"] == {"version": 1, "files": len(PROJECT), "stored_size": total}
    base = f"/sessions/{session['code']}/versions/1"
    version = alice.get(base).json()
    assert (version["message"], version["created_by"], version["file_count"]) == ("the first day", "alice", 6)
    manifest = alice.get(f"{base}/manifest")
    loaded = {}
    for entry in json.loads(bytes_of(manifest))["entries"]:
        data = bytes_of(alice.get(f"{base}/files/{entry['path']}"))
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
        loaded[entry["path"]] = data
    assert loaded == PROJECT


def test_a_version_records_what_was_left_out(world: World, alice: Program):
    session = world.saved()
    left_out = [{"path": f"take \u202e\t {number}", "code": "path_encoding"} for number in range(300)]
    url = f"/sessions/{session.code}/versions"
    body = {"parent": 1, "removed": ["audio/hi_audio.wav"], "left_out": left_out}
    job = run_job(world, alice.post(url, body).json(), alice)
    assert job["result"]["left_out"] == 300

    recorded = alice.get(f"{url}/2").json()["left_out"]
    assert (recorded["count"], len(recorded["files"])) == (300, 200)
    first = {
        "path": "take ⟦U+202E⟧⟦U+0009⟧ 0",
        "code": "path_encoding",
        "reason": "is not valid Unicode",
    }
    assert recorded["files"][0] == first
    assert alice.get(url).json()["items"][0]["left_out"] == recorded
    assert alice.get(f"{url}/1").json()["left_out"] == {"count": 0, "files": []}
    assert alice.post(f"{url}/1/restore").status_code == 201
    assert alice.post(f"{url}/2/restore").json()["left_out"] == recorded

    browser = Client()
    browser.force_login(world.alice)
    page = " ".join(browser.get(f"/sessions/{session.code}/versions/2/").content.decode().split())
    assert "300 files of the folder" in page
    assert "“take ⟦U+202E⟧⟦U+0009⟧ 0” is not valid Unicode." in page
    problem_of(alice.post(url, {**body, "left_out": [{"path": "x", "code": "y" * 41}]}), 422, "bad_request")


def test_stored_blobs_need_no_upload(world: World, alice: Program):
    first = world.saved(files=PROJECT)
    files = [file_facts(path, data) for path, data in PROJECT.items()]
    session = alice.post("/sessions", {"name": "another"}).json()
    blobs = [{"sha256": file["sha256"], "size": file["size"]} for file in files]
    assert alice.post("/blobs/missing", {"blobs": blobs}).json() == {"missing": []}

    queued = alice.post(f"/sessions/{session['code']}/versions", {"parent": 0, "blobs": files})
    job = run_job(world, queued.json(), alice)

    assert job["state"] == "succeeded", job
    another = DubbingSession.objects.get(code=session["code"])
    assert world.files(current_of(another)) == world.files(current_of(first))


def test_the_lookup_of_10000_blobs_is_one_statement_and_reads_no_table_in_full(world: World, alice: Program):
    world.saved(files=PROJECT)
    blobs = [{"sha256": f"{number:064x}", "size": 1} for number in range(10_000)]

    with record_plans() as plans:
        assert len(alice.post("/blobs/missing", {"blobs": blobs}).json()["missing"]) == len(blobs)

    assert not {"blob", "entry", "dubbingsession"} & plans.scanned, plans.describe()
    lookups = [statement for statement in plans.statements if "sessions_app_entry" in statement.sql]
    assert len(lookups) == 1


def test_blobs_of_other_users_are_missing(world: World, alice: Program):
    world.saved(files=PROJECT, owner=world.bob)
    session = alice.post("/sessions", {"name": "talk"}).json()
    path, data = next(iter(PROJECT.items()))

    response = alice.post(
        f"/sessions/{session['code']}/versions", {"parent": 0, "blobs": [file_facts(path, data)]}
    )

    problem_of(response, 409, "blob_missing")


def test_an_outdated_parent_is_a_conflict(world: World, alice: Program):
    session = world.saved()
    world.save(session, {"audio/fr_audio.wav": b"fr"})
    url = f"/sessions/{session.code}/versions"
    body = {"removed": ["audio/hi_audio.wav"]}

    assert alice.get(f"/sessions/{session.code}")["ETag"] == '"v2"'
    for request in ({"body": {**body, "parent": 1}}, {"body": body, "if_match": '"v1"'}):
        problem = problem_of(alice.post(url, **request), 409, "conflict")
        assert problem["current"] == 2
    problem_of(alice.post(url, body), 428, "parent_required")
    for if_match in ("v2", "*", '"v2", "v3"', '"v-1"', 'W/"v2"', ""):
        problem_of(alice.post(url, body, if_match=if_match), 400, "bad_if_match")
    problem_of(alice.post(url, {**body, "parent": 2}, if_match='"v1"'), 400, "bad_if_match")

    assert alice.post(url, body, if_match='"v2"').status_code == 202


def test_a_save_with_a_conflict_is_retried_on_top(world: World, alice: Program):
    session = world.saved()
    codes = upload_files(alice, {"audio/fr_audio.wav": b"fr"})
    queued = alice.post(f"/sessions/{session.code}/versions", {"parent": 1, "uploads": codes}).json()
    world.save(session, {"audio/it_audio.wav": b"it"})
    job = run_job(world, queued, alice)
    assert (job["state"], job["error"]["code"]) == ("failed", "conflict")

    again = alice.post(f"/jobs/{job['code']}/save-on-top")

    assert again.status_code == 202
    assert run_job(world, again.json(), alice)["result"]["version"] == 3


def test_an_interrupted_upload_is_resumed(world: World, alice: Program):
    data = b"a" * PART_SIZE + b"the rest"
    new_uploads = {"uploads": [file_facts("long.wav", data)]}
    (upload,) = alice.post("/uploads", new_uploads).json()["uploads"]
    send(alice, upload | {"parts": [{"number": 2}]}, data)

    (again,) = alice.post("/uploads", new_uploads).json()["uploads"]

    assert again["code"] == upload["code"]
    assert [part["number"] for part in again["parts"]] == [1]
    assert again["received"] == PART_SIZE
    problem = problem_of(
        alice.post("/uploads/complete", {"uploads": [upload["code"]]}), 409, "upload_incomplete"
    )
    assert problem["incomplete"] == [{"upload": upload["code"], "missing": [2]}]
    send(alice, again, data)
    assert alice.post("/uploads/complete", {"uploads": [upload["code"]]}).status_code == 200


def test_a_file_that_needs_larger_parts_is_saved_like_any_other(
    world: World, alice: Program, monkeypatch: pytest.MonkeyPatch
):
    """Like a file above 78 GiB; here the limit is two parts."""
    monkeypatch.setattr("sessions_app.storage.part_sizes.MAX_PARTS", 2)
    data = bytes(range(256)) * (2 * PART_SIZE // 256) + b"the rest"
    new_uploads = {"uploads": [file_facts("long.wav", data)]}
    session = alice.post("/sessions", {"name": "talk"}).json()
    (upload,) = alice.post("/uploads", new_uploads).json()["uploads"]
    send(alice, upload | {"parts": [{"number": 2}]}, data)

    codes = upload_files(alice, {"long.wav": data})

    assert codes == [upload["code"]]
    assert (upload["part_size"], upload["part_count"]) == (2 * PART_SIZE, 2)
    job = alice.post(f"/sessions/{session['code']}/versions", {"uploads": codes, "parent": 0}).json()
    assert run_job(world, job, alice)["state"] == "succeeded"


def test_the_response_to_a_part_describes_it(world: World, alice: Program):
    (upload,) = alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": 4}]}).json()["uploads"]
    url = f"/uploads/{upload['code']}/parts/1"

    response = alice.put(url, b"wave")

    part = response.json()
    assert (part["number"], part["size"]) == (1, 4)
    assert response["ETag"].strip('"') == part["etag"].strip('"')
    problem_of(alice.put(url, b"wav"), 400, "bad_part_size")
    problem_of(alice.put(url, b"waves"), 400, "bad_part_size")
    problem_of(alice.put(f"/uploads/{upload['code']}/parts/2", b"wave"), 400, "part_not_found")


def test_the_last_part_completes_its_upload(world: World, alice: Program):
    session = world.session()
    (upload,) = alice.post("/uploads", {"uploads": [file_facts("a.wav", b"wave")]}).json()["uploads"]
    url = f"/uploads/{upload['code']}/parts/1"
    assert alice.put(url, b"wave").json()["complete"] is False

    assert alice.put(f"{url}?complete=true", b"wave").json()["complete"] is True

    assert alice.get(f"/uploads/{upload['code']}").json()["state"] == "received"
    problem_of(alice.put(f"{url}?complete=true", b"wave"), 409, "upload_complete")
    body = {"parent": 0, "uploads": [upload["code"]]}
    job = run_job(world, alice.post(f"/sessions/{session.code}/versions", body).json(), alice)
    assert job["state"] == "succeeded"


def test_a_part_that_is_not_the_last_completes_nothing(alice: Program):
    size = 2 * PART_SIZE + 1
    (upload,) = alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": size}]}).json()["uploads"]
    url = f"/uploads/{upload['code']}/parts"
    last = upload["part_count"]

    first_sent = alice.put(f"{url}/{last}?complete=true", bytes(size - (last - 1) * upload["part_size"]))

    assert first_sent.json()["complete"] is False
    assert alice.get(f"/uploads/{upload['code']}").json()["state"] == "receiving"


def test_a_wrong_sha256_fails_the_save(world: World, alice: Program):
    session = world.session()
    (upload,) = alice.post(
        "/uploads", {"uploads": [{"path": "a.wav", "size": 4, "sha256": "0" * 64}]}
    ).json()["uploads"]
    send(alice, upload, b"wave")
    alice.post("/uploads/complete", {"uploads": [upload["code"]]})

    queued = alice.post(f"/sessions/{session.code}/versions", {"parent": 0, "uploads": [upload["code"]]})

    job = run_job(world, queued.json(), alice)
    assert (job["state"], job["error"]["code"]) == ("failed", "digest_differs")
    assert "a.wav" in job["error"]["message"]


def test_an_upload_over_quota_is_refused(world: World, alice: Program, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "USER_QUOTA", 10)

    problem_of(alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": 11}]}), 413, "over_quota")
    assert alice.get("/me").json()["quota"] == {"used": 0, "limit": 10}


def test_an_upload_is_discarded(world: World, alice: Program):
    (code,) = upload_files(alice, {"a.wav": b"wave"})

    assert alice.delete(f"/uploads/{code}").status_code == 204

    problem_of(alice.get(f"/uploads/{code}"), 404, "not_found")
    assert not Upload.objects.exists()


def test_a_zip_is_previewed_and_imported(world: World, alice: Program):
    (code,) = upload_files(alice, {"talk.zip": zip_of_files(PROJECT)})
    preview = run_job(world, alice.post("/imports/preview", {"upload": code}).json(), alice)
    assert preview["state"] == "succeeded", preview

    queued = alice.post(f"/jobs/{preview['code']}/import", {"name": "from a ZIP"})

    job = run_job(world, queued.json(), alice)
    assert job["state"] == "succeeded", job
    assert DubbingSession.objects.get().name == "from a ZIP"


def test_the_placement_preview_equals_the_save(world: World, alice: Program):
    session = world.session()
    body = {"paths": [*PROJECT, "../up.wav"], "session": str(session.code)}

    preview = alice.post("/placements", body).json()

    assert [refused["path"] for refused in preview["refused"]] == ["../up.wav"]
    queued = alice.post(
        f"/sessions/{session.code}/versions", {"parent": 0, "uploads": upload_files(alice, PROJECT)}
    )
    run_job(world, queued.json(), alice)
    entries = alice.get(f"/sessions/{session.code}/versions/1/entries").json()["items"]
    assert {entry["path"]: entry["category"] for entry in entries} == {
        file["path"]: file["category"] for file in preview["files"]
    }


@pytest.mark.parametrize("packed", [False, True])
def test_a_short_save_that_is_waited_for_is_not_left_to_a_worker(
    alice: Program, sent_tasks: list[str], *, packed: bool
):
    first = {"name": "talk", "uploads": upload_files(alice, PROJECT, packed=packed)}
    created = alice.post("/saves", first, prefer="wait=1", idempotency_key="a").json()
    body = {"parent": 1, "uploads": upload_files(alice, {"audio/hi_audio.wav": b"again"})}
    path = f"/sessions/{created['result']['session']}/versions"

    job = alice.post(path, body, prefer="wait=1").json()

    assert (created["state"], job["state"]) == ("succeeded", "succeeded"), (created["error"], job["error"])
    assert (created["result"]["version"], job["result"]["version"]) == (1, 2)
    assert "sessions_app.run_job" not in sent_tasks
    assert alice.post("/saves", first, prefer="wait=1", idempotency_key="a").json() == created
    refused = alice.post(
        path,
        {**body, "parent": 2, "uploads": upload_files(alice, {"audio/hi_audio.wav": b"again"})},
        prefer="wait=1",
    ).json()
    assert (refused["state"], refused["error"]["code"]) == ("failed", "unchanged")


@pytest.mark.one_stack
@pytest.mark.parametrize("limit", ["SHORT_SAVE_FILES", "SHORT_SAVE_SIZE", "SHORT_SAVE_OF_FILES"])
def test_a_long_save_is_left_to_a_worker(
    alice: Program, world: World, sent_tasks: list[str], monkeypatch: pytest.MonkeyPatch, limit: str
):
    session = world.saved(files={"a.txt": b"a"})
    body = {"parent": 1, "uploads": upload_files(alice, {"talk.mp4": b"video"})}
    monkeypatch.setattr(f"sessions_app.operations.saves.request.{limit}", 0)
    monkeypatch.setattr("sessions_app.api.job_waits.time", Clock(lambda: None))

    job = alice.post(f"/sessions/{session.code}/versions", body, prefer="wait=1").json()

    assert job["state"] == "queued"
    assert sent_tasks[-1] == "sessions_app.run_job"


@pytest.mark.one_stack
def test_a_worker_takes_over_a_short_save_whose_web_process_died(
    world: World, alice: Program, monkeypatch: pytest.MonkeyPatch
):
    body = {"name": "talk", "uploads": upload_files(alice, PROJECT)}
    monkeypatch.setattr("sessions_app.api.jobs.run_claimed_job", lambda *_, **__: None)
    job = alice.post("/saves", body, prefer="wait=1").json()
    assert job["state"] == "running"

    after = timezone.now() + settings.JOB_LEASE + timedelta(seconds=1)
    assert reconcile_jobs(now=after).requeued == 1
    taken_over = world.run(Job.objects.get(code=job["code"]))

    assert (taken_over.state, taken_over.attempt) == ("succeeded", 2), taken_over.error_detail


@pytest.fixture
def sent_tasks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of tasks whose messages were sent to the broker."""
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: names.append(name))
    return names


@pytest.fixture
def no_short_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessions_app.operations.saves.request.SHORT_SAVE_FILES", 0)


@pytest.mark.one_stack
@pytest.mark.usefixtures("no_short_saves")
@pytest.mark.parametrize("is_replayed", [False, True])
def test_a_response_waits_for_the_job_if_the_client_prefers(
    world: World, alice: Program, monkeypatch: pytest.MonkeyPatch, *, is_replayed: bool
):
    session = alice.post("/sessions", {"name": "talk"}).json()
    path, body = (
        f"/sessions/{session['code']}/versions",
        {"parent": 0, "uploads": upload_files(alice, PROJECT)},
    )
    if is_replayed:
        assert alice.post(path, body, idempotency_key="save").json()["state"] == "queued"
    clock = Clock(lambda: [world.run(job) for job in Job.objects.unfinished()])
    monkeypatch.setattr("sessions_app.api.job_waits.time", clock)

    response = alice.post(path, body, idempotency_key="save", prefer="respond-async, wait=3")

    assert (response.status_code, response.json()["state"]) == (202, "succeeded")
    assert response["Location"] == f"{ROOT}/jobs/{response.json()['code']}"
    assert response.json()["result"]["version"] == 1
    assert clock.now == pytest.approx(FIRST_PAUSE)


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("prefer", "seconds"), [("wait=3", 3), ('Wait="400"', MAX_WAIT), ("wait=0", 0), ("", 0)]
)
def test_a_response_does_not_wait_longer_than_preferred(
    alice: Program, monkeypatch: pytest.MonkeyPatch, prefer: str, seconds: int
):
    session = alice.post("/sessions", {"name": "talk"}).json()
    body = {"parent": 0, "uploads": upload_files(alice, {"talk.mp4": b"video"})}
    job = alice.post(f"/sessions/{session['code']}/versions", body).json()
    clock = Clock(lambda: None)
    monkeypatch.setattr("sessions_app.api.job_waits.time", clock)

    assert alice.get(f"/jobs/{job['code']}", prefer=prefer).json()["state"] == "queued"

    assert clock.now == pytest.approx(seconds)


@pytest.mark.one_stack
@pytest.mark.usefixtures("no_short_saves")
def test_a_response_does_not_wait_while_all_transfers_are_in_use(
    alice: Program, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    session = alice.post("/sessions", {"name": "talk"}).json()
    body = {"parent": 0, "uploads": upload_files(alice, {"talk.mp4": b"video"})}
    settings.MAX_TRANSFERS_PER_USER = 0
    clock = Clock(lambda: None)
    monkeypatch.setattr("sessions_app.api.job_waits.time", clock)

    response = alice.post(f"/sessions/{session['code']}/versions", body, prefer="wait=3")

    assert (response.status_code, response.json()["state"], clock.now) == (202, "queued", 0)


class Clock:
    """A clock that calls a function instead of sleeping."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._act()
