"""Downloads through the API: files, ranges, bundles, manifests and ZIPs."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.models import DubbingSession
from sessions_app.storage.keys import export_key
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import (
    ZIP,
    bytes_of,
    put_object,
    sketch_export,
    sketch_session,
    sketch_version,
    store_blobs,
)
from tests.integration.worlds import world_of_rows
from tests.world import PROJECT, World

ZIP_KEY = export_key("a-download-test")
MANY = {f"audio/{number:04}.wav": b"take %d" % (number % 50) for number in range(600)}


@pytest.fixture(scope="module", autouse=True)
def _bytes(module_store: None) -> None:
    store_blobs(PROJECT.values())
    store_blobs(set(MANY.values()))
    put_object(ZIP_KEY, ZIP)


world = world_of_rows


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


@pytest.fixture
def talk(world: World) -> DubbingSession:
    return sketch_session(world.alice, files=PROJECT)


def test_a_file_is_downloaded_whole_or_in_ranges(talk: DubbingSession, alice: Program):
    url = f"/sessions/{talk.code}/versions/1/files/audio/hi_audio.wav"
    data = PROJECT["audio/hi_audio.wav"]
    etag = f'"{hashlib.sha256(data).hexdigest()}"'

    whole = alice.get(url)
    assert (whole.status_code, bytes_of(whole), whole["ETag"]) == (200, data, etag)
    assert whole["Content-Length"] == str(len(data))
    part = alice.get(url, range="bytes=7-10", if_range=etag)
    assert (part.status_code, bytes_of(part)) == (206, data[7:11])
    assert part["Content-Range"] == f"bytes 7-10/{len(data)}"
    changed = alice.get(url, range="bytes=7-10", if_range='"another"')
    assert (changed.status_code, bytes_of(changed)) == (200, data)
    known = alice.get(url, if_none_match=etag)
    assert (known.status_code, bytes_of(known)) == (304, b"")
    beyond = alice.get(url, range=f"bytes={len(data)}-")
    problem_of(beyond, 416, "bad_range")
    assert beyond["Content-Range"] == f"bytes */{len(data)}"
    head = alice.call("HEAD", url)
    assert (head.status_code, bytes_of(head), head["Content-Length"]) == (200, b"", str(len(data)))
    problem_of(alice.get(url + "x"), 404, "not_found")


def test_an_export_is_downloaded_whole_or_in_ranges(talk: DubbingSession, alice: Program):
    export = sketch_export(talk, key=ZIP_KEY)
    url = f"/exports/{export.code}/download"

    assert bytes_of(alice.get(url)) == ZIP
    rest = alice.get(url, range="bytes=7-")
    assert (rest.status_code, bytes_of(rest)) == (206, ZIP[7:])
    row = alice.get(f"/exports/{export.code}").json()
    assert (row["session"], row["version"], row["ready"]) == (str(talk.code), 1, True)


def test_a_version_is_streamed_as_a_zip_of_the_selection(talk: DubbingSession, alice: Program):
    url = f"/sessions/{talk.code}/versions/1/archive.zip"

    def names(query: str) -> set[str]:
        with ZipFile(BytesIO(bytes_of(alice.get(url + query)))) as archive:
            assert archive.testzip() is None
            return {name for name in archive.namelist() if not name.startswith(".")} - {"metadata.json"}

    assert len(names("")) == len(PROJECT)
    assert names("?category=audio&language=hi") == {"audio/hi_audio.wav"}
    assert not any(name.endswith(".mp4") for name in names("?without_source=true"))
    assert len(names("?history=true")) == len(PROJECT)
    problem_of(alice.get(url + "?category=poems"), 422, "bad_request")
    problem_of(alice.get(url + "?language=fr"), 400, "bad_selection")


def test_a_manifest_contains_all_entries_and_supports_its_etag(talk: DubbingSession, alice: Program):
    url = f"/sessions/{talk.code}/versions/1/manifest"

    response = alice.get(url)

    manifest = json.loads(bytes_of(response))
    version = alice.get(f"/sessions/{talk.code}/versions/1").json()
    assert (manifest["version"], manifest["fingerprint"]) == (1, version["fingerprint"])
    assert response["ETag"] == f'"{version["fingerprint"]}{version["stage"]}"'
    listed = alice.get(f"/sessions/{talk.code}/versions/1/entries").json()["items"]
    assert [{**entry, "media": None, "derivatives": None} for entry in manifest["entries"]] == listed
    known = alice.get(url, if_none_match=response["ETag"])
    assert (known.status_code, bytes_of(known)) == (304, b"")


def test_the_metadata_equals_that_of_an_export(talk: DubbingSession, alice: Program):
    base = f"/sessions/{talk.code}/versions/1"

    response = alice.get(f"{base}/metadata.json")

    data = bytes_of(response)
    metadata = json.loads(bytes_of(alice.get(f"{base}/manifest")))["metadata"]
    assert metadata == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert response["ETag"] == f'"{metadata["sha256"]}"'
    with ZipFile(BytesIO(bytes_of(alice.get(f"{base}/archive.zip")))) as archive:
        assert archive.read("metadata.json") == data
    assert alice.get(f"{base}/metadata.json", if_none_match=response["ETag"]).status_code == 304


def test_an_older_version_keeps_its_entries(talk: DubbingSession, alice: Program):
    sketch_version(talk, {**PROJECT, "audio/hi_audio.wav": b"a better take"})

    def entry(number: int) -> dict[str, object]:
        manifest = json.loads(bytes_of(alice.get(f"/sessions/{talk.code}/versions/{number}/manifest")))
        found: dict[str, object] = next(
            entry for entry in manifest["entries"] if entry["path"] == "audio/hi_audio.wav"
        )
        return found

    assert (entry(1)["size"], entry(1)["added_in"]) == (8000, 1)
    assert (entry(2)["size"], entry(2)["added_in"]) == (len(b"a better take"), 2)


@pytest.mark.either_stack
def test_a_bundle_has_the_order_of_the_request(world: World, alice: Program):
    session = sketch_session(world.alice, files=MANY)
    paths = sorted(MANY, reverse=True)

    response = alice.post(f"/sessions/{session.code}/versions/1/bundle", {"paths": paths})

    data = bytes_of(response)
    assert data == b"".join(MANY[path] for path in paths)
    assert response["Content-Length"] == str(len(data))
    assert response["Content-Type"] == "application/octet-stream"
    problem_of(
        alice.post(f"/sessions/{session.code}/versions/1/bundle", {"paths": [paths[0], "audio/nope.wav"]}),
        404,
        "not_found",
    )
    for wrong in ([], ["a"] * 2001, [7]):
        url = f"/sessions/{session.code}/versions/1/bundle"
        problem_of(alice.post(url, {"paths": wrong}), 422, "bad_request")


@pytest.mark.one_stack
def test_the_number_of_queries_of_a_manifest_is_constant(world: World, talk: DubbingSession, alice: Program):
    session = sketch_session(world.alice, "many", files=MANY)
    alice.get("/me")

    with CaptureQueriesContext(connection) as few:
        bytes_of(alice.get(f"/sessions/{talk.code}/versions/1/manifest"))
    with CaptureQueriesContext(connection) as many:
        manifest = json.loads(bytes_of(alice.get(f"/sessions/{session.code}/versions/1/manifest")))

    assert len(manifest["entries"]) == len(MANY)
    assert [entry["path"] for entry in manifest["entries"]] == sorted(MANY)
    assert len(many) == len(few) <= 4


def test_an_empty_file_is_in_manifest_and_bundle(world: World, alice: Program):
    session = sketch_session(world.alice, "empty", files={"a.wav": b""})
    base = f"/sessions/{session.code}/versions/1"

    assert len(json.loads(bytes_of(alice.get(f"{base}/manifest")))["entries"]) == 1
    response = alice.post(f"{base}/bundle", {"paths": ["a.wav"]})
    assert (response["Content-Length"], bytes_of(response)) == ("0", b"")
