"""Invalid requests to the API: a problem with a code, never an internal error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, UnreadablePostError
from django.test import Client

from sessions_app.models import DubbingSession, Export
from sessions_app.operations.errors import BusyError
from sessions_app.operations.sessions import create
from sessions_app.operations.uploads import receive
from sessions_app.storage.keys import export_key
from tests.integration.programs import ROOT, Program, problem_of
from tests.integration.sketches import bytes_of, now, sketch_export, sketch_session
from tests.integration.test_pages import ODD_TEXTS, ODD_VALUES
from tests.integration.worlds import world_of_rows
from tests.world import World

pytestmark = pytest.mark.usefixtures("module_store")
ODD_BODIES = {
    "blank": (b" ", "bad_json"),
    "cut-off": (b'{"name": "ta', "bad_json"),
    "not-utf-8": (b'{"name": "\xff\xfe"}', "bad_json"),
    "nul": (b"\0" * 100, "bad_json"),
    "escaped-nul": (b'{"name": "a\\u0000b"}', "bad_json"),
    "surrogate": (b'{"name": "a\\ud800b"}', "bad_json"),
    "not-a-number": (b'{"name": NaN}', "bad_json"),
    "twice": (b'{"name": "a", "name": "b"}', "bad_json"),
    "deep": (b"[" * 100_000, "bad_json"),
    "long-number": (b'{"name": ' + b"9" * 5000 + b"}", "bad_json"),
    "form": (b"name=talk", "bad_json"),
    "nothing": (b"", "bad_request"),
    "a-number": (b"7", "bad_request"),
    "a-list": (b'[{"name": "talk"}]', "bad_request"),
    "null": (b"null", "bad_request"),
    "unknown-field": (b'{"nam": "talk"}', "bad_request"),
}

world = world_of_rows


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


@pytest.mark.one_stack
@pytest.mark.parametrize("name", ODD_BODIES)
def test_a_malformed_body_is_a_problem(alice: Program, name: str):
    data, code = ODD_BODIES[name]

    response = alice.client.generic("POST", f"{ROOT}/sessions", data, "application/json")

    problem_of(response, 422 if code == "bad_request" else 400, code)
    assert not DubbingSession.objects.exists()


@pytest.mark.one_stack
def test_each_invalid_field_is_reported(alice: Program):
    body = {"uploads": [{"path": "a.wav", "size": -1}, {"path": 7, "size": 1, "sha256": "x"}]}

    problem = problem_of(alice.post("/uploads", body), 422, "bad_request")

    fields = [error["field"] for error in problem["errors"]]
    assert any(field.startswith("body.uploads.0") and field.endswith("size") for field in fields)
    assert any(field.startswith("body.uploads.1") and field.endswith("path") for field in fields)
    assert all(error["message"] for error in problem["errors"])


@pytest.mark.either_stack
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/sessions", "name"),
        ("/placements", "paths"),
        ("/placements", "session"),
        ("/uploads", "uploads"),
        ("/uploads/complete", "uploads"),
        ("/uploads/sign", "parts"),
        ("/imports", "upload"),
        ("/imports/preview", "name"),
        ("/blobs/missing", "blobs"),
        ("/sessions/{code}/versions", "parent"),
        ("/sessions/{code}/versions", "uploads"),
        ("/sessions/{code}/versions", "removed"),
        ("/sessions/{code}/versions/1/bundle", "paths"),
        ("/sessions/{code}/versions/1/exports", "languages"),
        ("/exports/{export}/shares", "days"),
        ("/exports/{export}/shares", "note"),
    ],
)
def test_no_value_causes_an_internal_error(world: World, alice: Program, path: str, field: str):
    session = sketch_session(world.alice)
    export = sketch_export(session)
    for name, value in ODD_VALUES.items():
        for sent in (value, [value], [{"path": value, "size": 1, "sha256": value}]):
            url = path.format(code=session.code, export=export.code)
            response = alice.post(url, {field: sent})
            assert response.status_code < 500, (name, response.content)
            if response.status_code >= 400:
                assert response["Content-Type"] == "application/problem+json", name
                assert json.loads(response.content)["code"], name


@pytest.mark.parametrize("name", sorted(ODD_TEXTS.keys() - {"surrogate", "long"}))
def test_no_text_in_a_url_causes_an_internal_error(
    world: World, alice: Program, subtests: pytest.Subtests, name: str
):
    session = sketch_session(world.alice)
    text = ODD_TEXTS[name]
    for field in ("q", "name", "language", "stage", "order", "limit", "cursor", "trashed"):
        with subtests.test(field):
            response = alice.client.get(f"{ROOT}/sessions", {field: text})
            assert response.status_code in {200, 400, 422}, response.content
    for field in ("category", "language", "without_source", "history"):
        with subtests.test(f"{field} of a ZIP"):
            url = f"{ROOT}/sessions/{session.code}/versions/1/archive.zip"
            response = alice.client.get(url, {field: text})
            assert response.status_code < 500, response.content


def test_a_nul_in_a_url_is_a_problem(world: World, alice: Program):
    code = sketch_session(world.alice).code

    problem_of(alice.get("/sessions?q=a%00b"), 422, "bad_request")
    problem_of(alice.get("/sessions?name=%00"), 422, "bad_request")
    problem_of(alice.get(f"/sessions/{code}/versions/1/files/a%00b.wav"), 404, "not_found")
    problem_of(alice.post(f"/sessions/{code}/versions/1/bundle", {"paths": [""]}), 404, "not_found")


@pytest.mark.one_stack
@pytest.mark.parametrize(
    "path",
    ["", "/", "/nope", "/sessions/", "/sessions/1", "/sessions/not-a-code", "/sessions/%ff", "/../v2/me"],
)
def test_an_unknown_url_is_a_problem(alice: Program, path: str):
    for method in ("GET", "POST", "DELETE"):
        problem_of(alice.call(method, path, {}), 404, "not_found")


@pytest.mark.either_stack
def test_an_unknown_version_number_is_a_problem(world: World, alice: Program):
    code = sketch_session(world.alice).code

    for number in ("0", "9", "9" * 30, "9" * 5000):
        problem_of(alice.get(f"/sessions/{code}/versions/{number}"), 404, "not_found")


@pytest.mark.one_stack
def test_a_problem_for_another_method_lists_the_allowed_ones(alice: Program):
    response = alice.call("PATCH", "/sessions", {})

    problem = problem_of(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST"
    assert "GET, HEAD, POST" in problem["detail"]


@pytest.mark.one_stack
def test_every_get_has_a_head(world: World, alice: Program):
    code = sketch_session(world.alice).code

    for path in ("/me", "/sessions", f"/sessions/{code}", f"/sessions/{code}/versions/1/manifest"):
        whole, head = alice.get(path), alice.call("HEAD", path)
        assert (head.status_code, bytes_of(head)) == (200, b"")
        assert (head.headers.get("ETag"), head["Content-Type"]) == (
            whole.headers.get("ETag"),
            whole["Content-Type"],
        )
        bytes_of(whole)
    assert alice.call("HEAD", "/imports").status_code == 405


@pytest.mark.either_stack
def test_a_busy_resource_is_a_problem_with_retry_after(
    world: World, alice: Program, monkeypatch: pytest.MonkeyPatch
):
    def busy(code: str) -> Callable[..., None]:
        def refuse(**_: Any) -> None:
            raise BusyError("Another request writes this part.", code=code)

        return refuse

    (upload,) = alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": 4}]}).json()["uploads"]
    for code, status in (("upload_busy", 409), ("busy", 503)):
        monkeypatch.setattr(receive, "put_part", busy(code))
        response = alice.put(f"/uploads/{upload['code']}/parts/1", b"wave")
        problem_of(response, status, code)
        assert int(response["Retry-After"]) > 0


@pytest.mark.one_stack
def test_another_content_type_is_a_problem(alice: Program):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"):
        response = alice.client.generic("POST", f"{ROOT}/sessions", b'{"name": "talk"}', kind)
        problem_of(response, 415, "bad_content_type")
    plain = alice.client.generic(
        "POST", f"{ROOT}/sessions", b'{"name": "talk"}', "application/json; charset=utf-8"
    )
    assert plain.status_code == 201


@pytest.mark.one_stack
def test_a_body_that_is_too_large_is_a_problem(alice: Program):
    data = b'{"name": "' + b"x" * (11 * 1024 * 1024) + b'"}'

    problem_of(alice.client.generic("POST", f"{ROOT}/sessions", data, "application/json"), 413, "too_large")


def test_a_lost_connection_is_a_problem(world: World, alice: Program, monkeypatch: pytest.MonkeyPatch):
    def broken(_request: HttpRequest, *_: Any) -> bytes:
        raise UnreadablePostError("connection reset")

    (upload,) = alice.post("/uploads", {"uploads": [{"path": "a.wav", "size": 4}]}).json()["uploads"]
    monkeypatch.setattr(HttpRequest, "read", broken)

    problem_of(alice.post("/sessions", {"name": "talk"}), 400, "connection_lost")
    problem_of(alice.put(f"/uploads/{upload['code']}/parts/1", b"wave"), 400, "connection_lost")


def test_an_unavailable_storage_is_a_problem_with_retry_after(world: World, alice: Program):
    session = sketch_session(world.alice)  # without bytes in the store
    export = sketch_export(session, key=export_key("missing"))

    for response in (
        alice.get(f"/sessions/{session.code}/versions/1/files/audio/hi_audio.wav"),
        alice.get(f"/exports/{export.code}/download"),
        alice.post(f"/sessions/{session.code}/versions/1/bundle", {"paths": ["audio/hi_audio.wav"]}),
    ):
        problem_of(response, 503, "storage")
        assert int(response["Retry-After"]) > 0


@pytest.mark.one_stack
def test_an_internal_error_is_a_problem_without_details(
    world: World, alice: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(**_: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(create, "create_session", broken)

    response = alice.post("/sessions", {"name": "talk"})

    problem = problem_of(response, 500, "internal")
    assert "secret" not in json.dumps(problem)


@pytest.mark.either_stack
def test_an_expired_export_is_a_problem(world: World, alice: Program):
    export = sketch_export(sketch_session(world.alice))
    Export.objects.update(expires_at=now())

    assert alice.get(f"/exports/{export.code}").json()["ready"] is False
    problem_of(alice.get(f"/exports/{export.code}/download"), 409, "export_expired")
    problem_of(alice.post(f"/exports/{export.code}/shares", {}), 409, "export_expired")


@pytest.mark.either_stack
def test_errors_of_operations_are_problems(world: World, alice: Program):
    session = sketch_session(world.alice)
    base = f"/sessions/{session.code}/versions"

    problem_of(alice.post("/sessions", {"name": "a\u202eb"}), 400, "name_control")
    problem_of(alice.post(f"{base}/1/restore"), 409, "unchanged")
    problem_of(alice.post(f"{base}/1/exports", {"languages": ["fr"]}), 400, "bad_selection")
    problem_of(
        alice.post(f"{base}/1/exports", {"history": True, "languages": ["hi"]}), 400, "selection_history"
    )
    problem_of(alice.post(base, {"parent": 1}), 400, "nothing_to_save")


def test_many_hashes_are_queried_in_batches(world: World, alice: Program):
    """Databases limit the variables of a statement."""
    blobs = [{"sha256": f"{number:064x}", "size": 1} for number in range(10_000)]

    assert len(alice.post("/blobs/missing", {"blobs": blobs}).json()["missing"]) == 10_000
    problem_of(alice.post("/blobs/missing", {"blobs": [*blobs, *blobs]}), 422, "bad_request")


@pytest.mark.one_stack
def test_an_unknown_url_without_a_token_is_not_found(db: None):
    problem_of(Client().get(f"{ROOT}/nope"), 404, "not_found")


@pytest.mark.one_stack
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_the_openapi_document_is_only_read(method: str):
    response = getattr(Client(), method)("/api/v1/openapi.json")

    problem_of(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"
    assert Client().head("/api/v1/openapi.json").status_code == 200
