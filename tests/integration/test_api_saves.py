"""A whole save by a program: announced, sent, completed, made a version; and everything that can come between."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from typing import Any

import pytest
from django.conf import settings

from sessions_app.models import DubbingSession, Job, Upload
from sessions_app.storage.store import PART_SIZE
from tests.integration.programs import ROOT, Program, problem_of
from tests.integration.sketches import bytes_of, current_of
from tests.world import PROJECT, World, zip_of_files


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


def named(path: str, data: bytes) -> dict[str, Any]:
    return {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def send(program: Program, upload: dict[str, Any], data: bytes) -> None:
    """PUT what is missing, where the server says."""
    arrived = {part["number"] for part in upload["parts"]}
    numbers = [number for number in range(1, upload["part_count"] + 1) if number not in arrived]
    if not data:
        return
    asked = [{"upload": upload["code"], "number": number} for number in numbers]
    for part in program.post("/uploads/sign", {"parts": asked}).json()["parts"]:
        start = (part["number"] - 1) * upload["part_size"]
        piece = data[start : start + upload["part_size"]]
        if upload["direct"]:
            request = urllib.request.Request(part["url"], piece, part["headers"], method=part["method"])
            with urllib.request.urlopen(request) as response:
                assert response.status == 200
        else:
            path = part["url"].split(ROOT, 1)[1]
            assert program.put(path, piece).status_code == 200


def sent(program: Program, files: dict[str, bytes], *, packed: bool = False) -> list[str]:
    """Upload files, each alone or all in one pack; return the codes."""
    announced = [named(path, data) for path, data in files.items()]
    body = {"uploads": [{"files": announced}] if packed else announced}
    uploads = program.post("/uploads", body).json()["uploads"]
    datas = [b"".join(files.values())] if packed else list(files.values())
    for upload, data in zip(uploads, datas, strict=True):
        send(program, upload, data)
    codes = [upload["code"] for upload in uploads]
    done = program.post("/uploads/complete", {"uploads": codes})
    assert [upload["state"] for upload in done.json()["uploads"]] == ["received"] * len(codes), done.content
    return codes


def ended(world: World, job: dict[str, Any], program: Program) -> dict[str, Any]:
    world.run(Job.objects.get(code=job["code"]))
    told: dict[str, Any] = program.get(f"/jobs/{job['code']}").json()
    return told


@pytest.mark.parametrize("packed", [False, True])
def test_alice_saves_a_project_and_loads_it_back(world: World, alice: Program, *, packed: bool):
    session = alice.post("/sessions", {"name": "talk"}).json()
    body = {"parent": 0, "message": " the first day ", "uploads": sent(alice, PROJECT, packed=packed)}

    queued = alice.post(f"/sessions/{session['code']}/versions", body)
    assert queued.status_code == 202
    assert queued["Location"] == f"{ROOT}/jobs/{queued.json()['code']}"
    job = ended(world, queued.json(), alice)

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
        loaded[entry["origin"] or entry["path"]] = data
    assert loaded == PROJECT


def test_bytes_that_are_there_already_are_not_sent_again(world: World, alice: Program):
    first = world.saved(files=PROJECT)
    files = [named(path, data) for path, data in PROJECT.items()]
    session = alice.post("/sessions", {"name": "another"}).json()
    asked = [{"sha256": file["sha256"], "size": file["size"]} for file in files]
    assert alice.post("/blobs/missing", {"blobs": asked}).json() == {"missing": []}

    queued = alice.post(f"/sessions/{session['code']}/versions", {"parent": 0, "blobs": files})
    job = ended(world, queued.json(), alice)

    assert job["state"] == "succeeded", job
    another = DubbingSession.objects.get(code=session["code"])
    assert world.files(current_of(another)) == world.files(current_of(first))


def test_bytes_that_only_bob_has_are_missing(world: World, alice: Program):
    world.saved(files=PROJECT, owner=world.bob)
    session = alice.post("/sessions", {"name": "talk"}).json()
    path, data = next(iter(PROJECT.items()))

    told = alice.post(f"/sessions/{session['code']}/versions", {"parent": 0, "blobs": [named(path, data)]})

    problem_of(told, 409, "blob_missing")


def test_who_is_not_up_to_date_hears_what_is_current(world: World, alice: Program):
    session = world.saved()
    world.save(session, {"audio/fr_audio.wav": b"fr"})
    url = f"/sessions/{session.code}/versions"
    body = {"removed": ["audio/hi_audio.wav"]}

    assert alice.get(f"/sessions/{session.code}")["ETag"] == '"v2"'
    for said in ({"body": {**body, "parent": 1}}, {"body": body, "if_match": '"v1"'}):
        told = problem_of(alice.post(url, **said), 409, "conflict")
        assert told["current"] == 2
    problem_of(alice.post(url, body), 428, "parent_required")
    for if_match in ("v2", "*", '"v2", "v3"', '"v-1"', 'W/"v2"', ""):
        problem_of(alice.post(url, body, if_match=if_match), 400, "bad_if_match")
    problem_of(alice.post(url, {**body, "parent": 2}, if_match='"v1"'), 400, "bad_if_match")

    assert alice.post(url, body, if_match='"v2"').status_code == 202


def test_a_save_that_met_a_conflict_is_put_on_top(world: World, alice: Program):
    session = world.saved()
    codes = sent(alice, {"audio/fr_audio.wav": b"fr"})
    queued = alice.post(f"/sessions/{session.code}/versions", {"parent": 1, "uploads": codes}).json()
    world.save(session, {"audio/it_audio.wav": b"it"})
    job = ended(world, queued, alice)
    assert (job["state"], job["error"]["code"]) == ("failed", "conflict")

    again = alice.post(f"/jobs/{job['code']}/save-on-top")

    assert again.status_code == 202
    assert ended(world, again.json(), alice)["result"]["version"] == 3


def test_what_was_sent_before_is_given_back(world: World, alice: Program):
    data = b"a" * PART_SIZE + b"the rest"
    announced = {"uploads": [named("long.wav", data)]}
    (upload,) = alice.post("/uploads", announced).json()["uploads"]
    send(alice, upload | {"parts": [{"number": 2}]}, data)

    (again,) = alice.post("/uploads", announced).json()["uploads"]

    assert again["code"] == upload["code"]
    assert [part["number"] for part in again["parts"]] == [1]
    assert again["received"] == PART_SIZE
    told = problem_of(
        alice.post("/uploads/complete", {"uploads": [upload["code"]]}), 409, "upload_incomplete"
    )
    assert told["incomplete"] == [{"upload": upload["code"], "missing": [2]}]
    send(alice, again, data)
    assert alice.post("/uploads/complete", {"uploads": [upload["code"]]}).status_code == 200


def test_a_file_that_needs_larger_parts_is_saved_like_any_other(
    world: World, alice: Program, monkeypatch: pytest.MonkeyPatch
):
    """As one of more than 78 GiB; here two parts are all there may be."""
    monkeypatch.setattr("sessions_app.storage.part_sizes.MAX_PARTS", 2)
    data = bytes(range(256)) * (2 * PART_SIZE // 256) + b"the rest"
    announced = {"uploads": [named("long.wav", data)]}
    session = alice.post("/sessions", {"name": "talk"}).json()
    (upload,) = alice.post("/uploads", announced).json()["uploads"]
    send(alice, upload | {"parts": [{"number": 2}]}, data)

    codes = sent(alice, {"long.wav": data})

    assert codes == [upload["code"]]
    assert (upload["part_size"], upload["part_count"]) == (2 * PART_SIZE, 2)
    job = alice.post(f"/sessions/{session['code']}/versions", {"uploads": codes, "parent": 0}).json()
    assert ended(world, job, alice)["state"] == "succeeded"


def test_a_part_says_what_was_stored(world: World, alice: Program):
    (upload,) = alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": 4}]}).json()["uploads"]
    url = f"/uploads/{upload['code']}/parts/1"

    response = alice.put(url, b"wave")

    part = response.json()
    assert (part["number"], part["size"]) == (1, 4)
    assert response["ETag"].strip('"') == part["etag"].strip('"')
    problem_of(alice.put(url, b"wav"), 400, "bad_part_size")
    problem_of(alice.put(url, b"waves"), 400, "bad_part_size")
    problem_of(alice.put(f"/uploads/{upload['code']}/parts/2", b"wave"), 400, "part_not_found")


def test_a_file_that_is_not_what_was_announced_fails_the_save(world: World, alice: Program):
    session = world.session()
    (upload,) = alice.post(
        "/uploads", {"uploads": [{"path": "a.wav", "size": 4, "sha256": "0" * 64}]}
    ).json()["uploads"]
    send(alice, upload, b"wave")
    alice.post("/uploads/complete", {"uploads": [upload["code"]]})

    queued = alice.post(f"/sessions/{session.code}/versions", {"parent": 0, "uploads": [upload["code"]]})

    job = ended(world, queued.json(), alice)
    assert (job["state"], job["error"]["code"]) == ("failed", "digest_differs")
    assert "a.wav" in job["error"]["message"]


def test_who_has_no_room_left_hears_so(world: World, alice: Program, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "USER_QUOTA", 10)

    problem_of(alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": 11}]}), 413, "over_quota")
    assert alice.get("/me").json()["quota"] == {"used": 0, "limit": 10}


def test_an_upload_is_given_up(world: World, alice: Program):
    (code,) = sent(alice, {"a.wav": b"wave"})

    assert alice.delete(f"/uploads/{code}").status_code == 204

    problem_of(alice.get(f"/uploads/{code}"), 404, "not_found")
    assert not Upload.objects.exists()


def test_a_zip_is_looked_into_and_imported(world: World, alice: Program):
    (code,) = sent(alice, {"talk.zip": zip_of_files(PROJECT)})
    looked = ended(world, alice.post("/imports/preview", {"upload": code}).json(), alice)
    assert looked["state"] == "succeeded", looked

    queued = alice.post(f"/jobs/{looked['code']}/import", {"name": "from a ZIP"})

    job = ended(world, queued.json(), alice)
    assert job["state"] == "succeeded", job
    assert DubbingSession.objects.get().name == "from a ZIP"


def test_a_folder_is_sorted_as_a_save_sorts_it(world: World, alice: Program):
    session = world.session()
    body = {"paths": [*PROJECT, "../up.wav"], "session": str(session.code)}

    told = alice.post("/placements", body).json()

    assert [refused["path"] for refused in told["refused"]] == ["../up.wav"]
    queued = alice.post(f"/sessions/{session.code}/versions", {"parent": 0, "uploads": sent(alice, PROJECT)})
    ended(world, queued.json(), alice)
    entries = alice.get(f"/sessions/{session.code}/versions/1/entries").json()["items"]
    assert {entry["path"]: entry["category"] for entry in entries} == {
        file["path"]: file["category"] for file in told["files"]
    }
