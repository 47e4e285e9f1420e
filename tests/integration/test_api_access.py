"""Access to every operation: owner, other users, read-only tokens, no token."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app import access
from sessions_app.api import rates
from sessions_app.api.app import api
from sessions_app.models import (
    AccessToken,
    Blob,
    Derivative,
    DubbingSession,
    Export,
    Job,
    SavedFilter,
    SessionArchive,
    Share,
    Tag,
    Upload,
    Version,
)
from sessions_app.operations.exports.session_archive import create_session_archive
from sessions_app.operations.marks.filters import save_filter
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.timelines import read_session_texts
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.storage.keys import export_key
from sessions_app.storage.store import PART_SIZE
from tests.integration.api_document import check_response
from tests.integration.programs import ROOT, Program, problem_of
from tests.integration.sketches import (
    UNKNOWN_CODE,
    ZIP,
    bytes_of,
    now,
    put_object,
    signed_in,
    sketch_export,
    sketch_job,
    sketch_session,
    sketch_share,
    sketch_token,
    sketch_version,
    store_blobs,
)
from tests.world import PROJECT, World

pytestmark = pytest.mark.either_stack

REFUSALS = pytest.mark.one_stack
"""Refused requests: rules in Python. The owner's requests run on both stacks."""

ZIP_KEY = export_key("an-access-test")
AUDIO = PROJECT["audio/hi_audio.wav"]


@pytest.fixture(scope="module", autouse=True)
def _bytes(module_store: None) -> None:
    store_blobs(PROJECT.values())
    put_object(ZIP_KEY, ZIP)


@dataclass
class Things:
    """One row of every kind, owned by Alice."""

    session: DubbingSession
    trashed: DubbingSession
    upload: Upload
    received: Upload
    job: Job
    failed: Job
    save: Job
    export: Export
    share: Share
    tag: Tag
    saved_filter: SavedFilter
    archive: SessionArchive

    def code(self, thing: str) -> str:
        return str(getattr(self, thing).code)


@pytest.fixture(scope="module")
def _rows(module_transaction: None) -> tuple[World, Things]:
    """The rows of all tests: making them takes three quarters of an operation's CPU."""
    world = World.create()
    session = sketch_session(world.alice)
    sketch_version(session, {**PROJECT, "audio/hi_audio.wav": b"a better take"})
    read_session_texts(session_id=session.pk, clock=now)
    Derivative.objects.create(
        source=Blob.objects.get(sha256=sha256(AUDIO).hexdigest()),
        kind="peaks",
        maker_version=1,
        content=PEAKS,
        size=len(PEAKS),
        extension="bin",
        sha256=sha256(PEAKS).hexdigest(),
        made_at=now(),
    )
    trashed = sketch_session(world.alice, "old talk")
    trash_sessions(sessions=[trashed], now=now())
    files = [NewFile(path="a.wav", size=4), NewFile(path="b.zip", size=4)]
    upload, received = create_uploads(owner=world.alice, files=files, now=now())
    Upload.objects.filter(pk=received.pk).update(state=Upload.State.RECEIVED, received=4)
    export = sketch_export(session, key=ZIP_KEY)
    failed: dict[str, Any] = {
        "state": Job.State.FAILED,
        "finished_at": now(),
        "error_code": "storage",
        "error_message": "No.",
    }
    things = Things(
        session=session,
        trashed=trashed,
        upload=upload,
        received=received,
        job=sketch_job(session),
        failed=sketch_job(session, **failed),
        save=sketch_job(session, kind=Job.Kind.SAVE, **failed, params={"parent": 1, "upload_count": 0}),
        export=export,
        share=sketch_share(export).share,
        tag=Tag.objects.create(owner=world.alice, name="launch", folded_name="launch"),
        saved_filter=save_filter(owner=world.alice, name="mine", query="q=talk"),
        archive=create_session_archive(
            owner=world.alice, versions=[Version.objects.get(session=session, number=1)], now=now()
        ),
    )
    connection.check_constraints()  # else each test checks them for all rows
    return world, things


@pytest.fixture
def world(_rows: tuple[World, Things], db: None) -> World:
    return deepcopy(_rows[0])


@pytest.fixture
def things(_rows: tuple[World, Things], db: None) -> Things:
    return deepcopy(_rows[1])


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    """With the names of Alice's rows in braces."""
    status: int = 200
    writes: bool = False
    body: Callable[[Things], Any] | None = None

    def url(self, things: Things, *, of: str = "") -> str:
        names = [name for name in Things.__annotations__ if f"{{{name}}}" in self.path]
        return self.path.format(**{name: of or things.code(name) for name in names})

    @property
    def is_owned(self) -> bool:
        return "{" in self.path

    def call(self, program: Program, things: Things, *, of: str = "") -> Any:
        body = self.body(things) if self.body else b""
        return program.call(self.method, self.url(things, of=of), body)


VERSION = "/sessions/{session}/versions/1"
PEAKS = b"\0\1"
PEAKS_NAME = f"peaks-{sha256(PEAKS).hexdigest()[:16]}.bin"
DERIVATIVE = f"/sessions/{{session}}/media/{sha256(AUDIO).hexdigest()}/{PEAKS_NAME}"
OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("get_me", "GET", "/me"),
        Operation("revoke_token", "DELETE", "/token", 204),
        # /sessions
        Operation("list_sessions", "GET", "/sessions"),
        Operation("create_session", "POST", "/sessions", 201, True, lambda _: {"name": "new talk"}),
        Operation("search", "GET", "/search?q=talk"),
        Operation("suggest_session_name", "GET", "/sessions/suggested-name"),
        Operation("get_session", "GET", "/sessions/{session}"),
        Operation("check_session_name", "GET", "/sessions/checked-name"),
        Operation(
            "rename_session", "PATCH", "/sessions/{session}", 200, True, lambda _: {"name": "New name"}
        ),
        Operation("trash_session", "DELETE", "/sessions/{session}", 204, True),
        Operation("untrash_session", "POST", "/sessions/{trashed}/untrash", 200, True),
        Operation(
            "change_session_tags", "POST", "/sessions/{session}/tags", 200, True, lambda _: {"add": ["new"]}
        ),
        Operation("star_session", "PUT", "/sessions/{session}/star", 204, True),
        Operation("unstar_session", "DELETE", "/sessions/{session}/star", 204, True),
        Operation(
            *("change_tags", "POST", "/sessions/tags", 200, True),
            lambda had: {"sessions": [had.code("session")], "add": ["new"]},
        ),
        Operation(
            *("star_sessions", "POST", "/sessions/stars", 204, True),
            lambda had: {"sessions": [had.code("session")]},
        ),
        Operation(
            *("create_session_archive", "POST", "/sessions/archive", 201),
            body=lambda had: {"sessions": [had.code("session")]},
        ),
        Operation("get_session_archive", "GET", "/session-archives/{archive}"),
        Operation("get_session_archive_head", "HEAD", "/session-archives/{archive}"),
        Operation("list_tags", "GET", "/tags"),
        Operation("rename_tag", "PATCH", "/tags/{tag}", 200, True, lambda _: {"name": "final"}),
        Operation("delete_tag", "DELETE", "/tags/{tag}", 204, True),
        Operation("list_filters", "GET", "/filters"),
        Operation(
            "save_filter", "POST", "/filters", 200, True, lambda _: {"name": "talks", "query": "q=talk"}
        ),
        Operation("delete_filter", "DELETE", "/filters/{saved_filter}", 204, True),
        # /trash
        Operation(
            *("trash_sessions", "POST", "/trash", 200, True),
            lambda had: {"sessions": [had.code("session")]},
        ),
        Operation(
            "restore_sessions",
            "POST",
            "/trash/restore",
            200,
            True,
            lambda had: {"sessions": [had.code("trashed")]},
        ),
        Operation(
            "delete_sessions",
            "POST",
            "/trash/delete",
            200,
            True,
            lambda had: {"sessions": [had.code("trashed")]},
        ),
        Operation("empty_trash", "DELETE", "/trash", 200, True),
        # /sessions/<code>/versions
        Operation("list_versions", "GET", "/sessions/{session}/versions"),
        Operation("get_version", "GET", VERSION),
        Operation(
            *("create_version", "POST", "/sessions/{session}/versions", 202, True),
            lambda _: {"parent": 2, "removed": ["audio/hi_audio.wav"]},
        ),
        Operation(
            *("save_new_session", "POST", "/saves", 202, True),
            lambda things: {"name": "another talk", "empty_folders": ["audio"]},
        ),
        Operation(
            *("correct_session", "POST", "/sessions/{session}/corrections", 201, True),
            lambda _: {"languages": {"ja": "added"}},
        ),
        Operation("restore_version", "POST", f"{VERSION}/restore", 201, True),
        Operation(
            *("preview_restore", "POST", f"{VERSION}/restore/preview"),
            body=lambda _: {"categories": ["audio"], "languages": ["hi"]},
        ),
        Operation("list_changes", "GET", f"{VERSION}/changes"),
        Operation("list_texts", "GET", f"{VERSION}/texts"),
        Operation("get_text", "GET", f"{VERSION}/texts/source.json"),
        Operation("diff_versions", "GET", f"{VERSION}/diff?from=2"),
        Operation("diff_lines", "GET", f"{VERSION}/diff/lines?from=2&path=transcriptions/original_asr.json"),
        Operation("list_entries", "GET", f"{VERSION}/entries"),
        Operation("get_manifest", "GET", f"{VERSION}/manifest"),
        Operation("get_metadata", "GET", f"{VERSION}/metadata.json"),
        Operation("get_file", "GET", f"{VERSION}/files/audio/hi_audio.wav"),
        Operation("get_file_head", "HEAD", f"{VERSION}/files/audio/hi_audio.wav"),
        Operation("get_derivative", "GET", DERIVATIVE),
        Operation("get_derivative_head", "HEAD", DERIVATIVE),
        Operation(
            "get_bundle", "POST", f"{VERSION}/bundle", body=lambda _: {"paths": ["audio/hi_audio.wav"]}
        ),
        Operation("get_archive", "GET", f"{VERSION}/archive.zip"),
        Operation("get_archive_head", "HEAD", f"{VERSION}/archive.zip"),
        Operation("create_export", "POST", f"{VERSION}/exports", 202, True, lambda _: {}),
        # /exports, /shares
        Operation("list_exports", "GET", "/exports"),
        Operation("get_export", "GET", "/exports/{export}"),
        Operation("download_export", "GET", "/exports/{export}/download"),
        Operation("download_export_head", "HEAD", "/exports/{export}/download"),
        Operation("create_share", "POST", "/exports/{export}/shares", 201, True, lambda _: {"days": 7}),
        Operation("list_shares", "GET", "/shares"),
        Operation("revoke_share", "DELETE", "/shares/{share}", 204, True),
        # /jobs
        Operation("list_jobs", "GET", "/jobs"),
        Operation("get_job", "GET", "/jobs/{job}"),
        Operation("cancel_job", "POST", "/jobs/{job}/cancel", 200, True),
        Operation("retry_job", "POST", "/jobs/{failed}/retry", 202, True),
        Operation("save_on_top", "POST", "/jobs/{save}/save-on-top", 202, True),
        Operation("import_previewed", "POST", "/jobs/{failed}/import", 409, True, lambda _: {}),
        # /imports, /placements, /blobs
        Operation(
            "create_import", "POST", "/imports", 202, True, lambda had: {"upload": had.code("received")}
        ),
        Operation(
            "preview_import",
            "POST",
            "/imports/preview",
            202,
            True,
            lambda had: {"upload": had.code("received")},
        ),
        Operation("preview_placement", "POST", "/placements", body=lambda _: {"paths": ["a.wav"]}),
        Operation(
            *("list_missing_blobs", "POST", "/blobs/missing"),
            body=lambda _: {"blobs": [{"sha256": "0" * 64, "size": 1}]},
        ),
        # /uploads
        Operation(
            *("create_uploads", "POST", "/uploads", 201, True),
            lambda _: {"uploads": [{"path": "c.wav", "size": 1}]},
        ),
        Operation("list_uploads", "GET", "/uploads"),
        Operation("discard_uploads", "DELETE", "/uploads", 200, True),
        Operation("get_storage", "GET", "/storage"),
        Operation("get_upload", "GET", "/uploads/{upload}"),
        Operation("discard_upload", "DELETE", "/uploads/{upload}", 204, True),
        Operation("put_part", "PUT", "/uploads/{upload}/parts/1", 200, True, lambda _: b"wave"),
        Operation(
            *("sign_parts", "POST", "/uploads/sign", 200, True),
            lambda had: {"parts": [{"upload": had.code("upload"), "number": 1}]},
        ),
        Operation(
            *("complete_uploads", "POST", "/uploads/complete", 200, True),
            lambda had: {"uploads": [had.code("received")]},
        ),
    )
}
OWNED = [operation for operation in OPERATIONS.values() if operation.is_owned]
WITH_CODES_IN_BODY = (
    "change_tags",
    "star_sessions",
    "create_session_archive",
    "trash_sessions",
    "restore_sessions",
    "delete_sessions",
    "create_import",
    "preview_import",
    "sign_parts",
    "complete_uploads",
)


def state_of_all() -> list[list[dict[str, Any]]]:
    models: tuple[type[Model], ...] = (DubbingSession, Version, Upload, Job, Export, Share)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def text_of(response: Any) -> str:
    return bytes_of(response).decode(errors="replace")


@pytest.mark.one_stack
def test_every_operation_is_tested_here():
    paths = api.get_openapi_schema()["paths"].values()
    assert {operation["operationId"] for methods in paths for operation in methods.values()} == set(
        OPERATIONS
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_owner_gets_the_expected_response(world: World, things: Things, name: str):
    operation = OPERATIONS[name]

    response = operation.call(Program.of(world.alice), things)

    text = text_of(response)
    assert response.status_code == operation.status, text
    check_response(name, response, text)


@REFUSALS
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_read_only_token_changes_nothing(world: World, things: Things, name: str):
    operation = OPERATIONS[name]
    before = state_of_all()

    response = operation.call(Program.of(world.alice, AccessToken.Scope.READ), things)

    if operation.writes:
        problem_of(response, 403, "scope")
        assert state_of_all() == before
    else:
        text = text_of(response)
        assert response.status_code == operation.status, text


# Refused requests change nothing, so that one database serves all operations.


@REFUSALS
def test_another_user_sees_and_changes_nothing(world: World, things: Things, subtests: pytest.Subtests):
    charlie = Program.of(world.charlie)
    before = state_of_all()

    for operation in OWNED:
        with subtests.test(operation.name):
            foreign = operation.call(charlie, things)
            missing = operation.call(charlie, things, of=UNKNOWN_CODE)
            assert foreign.status_code == missing.status_code == 404, operation.name
            assert bytes_of(foreign) == bytes_of(missing), operation.name
    for name in WITH_CODES_IN_BODY:
        with subtests.test(name):
            problem_of(OPERATIONS[name].call(charlie, things), 404, "not_found")
    for name in ("list_sessions", "list_exports", "list_shares", "list_jobs", "list_uploads"):
        with subtests.test(name):
            assert OPERATIONS[name].call(charlie, things).json() == {"items": [], "next": None}

    assert state_of_all() == before


@REFUSALS
def test_an_operator_is_another_user_outside_the_admin_site(
    world: World, things: Things, subtests: pytest.Subtests
):
    operator = Program.of(User.objects.create_superuser("operator"))
    before = state_of_all()

    for operation in OWNED:
        with subtests.test(operation.name):
            assert operation.call(operator, things).status_code == 404, operation.name

    assert state_of_all() == before


@REFUSALS
def test_a_viewer_changes_nothing(world: World, things: Things, monkeypatch: pytest.MonkeyPatch):
    """Each operation that changes a row asks for more than to view it."""
    monkeypatch.setattr(access, "can", lambda _user, action, _row: action == access.Action.VIEW)
    alice = Program.of(world.alice)
    before = state_of_all()

    for operation in OPERATIONS.values():
        if operation.name in {"create_export", "star_session", "unstar_session", "star_sessions"}:
            continue  # belong to the user who asked for them
        if operation.writes and (operation.is_owned or operation.name in WITH_CODES_IN_BODY):
            problem_of(operation.call(alice, things), 403, "forbidden")

    assert state_of_all() == before


def test_hashes_reveal_no_blobs_of_other_users(world: World, things: Things):
    sha256 = things.session.entries.filter(path="audio/es_audio.wav").get().blob.sha256
    body = {"blobs": [{"sha256": sha256, "size": len(PROJECT["audio/es_audio.wav"])}]}

    assert Program.of(world.alice).post("/blobs/missing", body).json() == {"missing": []}
    assert Program.of(world.bob).post("/blobs/missing", body).json() == {"missing": [sha256]}


@REFUSALS
def test_requests_without_a_token_are_refused(things: Things, subtests: pytest.Subtests):
    before = state_of_all()

    for operation in OPERATIONS.values():
        program = Program("")
        for authorization in ("", "Basic YWxpY2U6c2VjcmV0", "Token dubs_x"):
            with subtests.test(operation.name, authorization=authorization):
                program.client = Client(headers={"Authorization": authorization} if authorization else {})
                response = operation.call(program, things)
                assert response["WWW-Authenticate"] == "Bearer"
                if operation.method != "HEAD":
                    problem_of(response, 401, "signed_out")

    assert state_of_all() == before


def test_a_browser_uses_its_session_with_a_csrf_token(world: World, things: Things):
    browser = signed_in(world.alice, enforce_csrf_checks=True)
    url = f"{ROOT}/sessions/{things.session.code}"
    assert browser.get(url).json()["name"] == "talk"
    before = state_of_all()

    response = browser.delete(url)

    problem_of(response, 403, "csrf")
    assert state_of_all() == before
    browser.get("/sessions/new/")
    token = browser.cookies["csrftoken"].value
    assert browser.delete(url, headers={"X-CSRFToken": token}).status_code == 204


@REFUSALS
def test_a_bad_token_is_not_replaced_by_the_browsers_session(world: World):
    browser = signed_in(world.alice)

    problem_of(browser.get(f"{ROOT}/me", headers={"Authorization": "Bearer dubs_x"}), 401, "bad_token")


def test_a_browser_has_no_token_to_revoke(world: World):
    response = signed_in(world.alice).delete(f"{ROOT}/token")

    problem_of(response, 409, "no_token")


def test_a_request_needs_few_queries(world: World, things: Things, subtests: pytest.Subtests):
    alice = Program.of(world.alice)
    alice.get("/me")  # records the use of the token

    for path, most in (
        (f"/sessions/{things.session.code}", 5),
        (f"/jobs/{things.job.code}", 2),
        ("/sessions", 5),  # tags, stars and posters are three of them
    ):
        with subtests.test(path):
            with CaptureQueriesContext(connection) as queries:
                assert alice.get(path).status_code == 200
            assert len(queries) <= most, [query["sql"] for query in queries]


def test_rate_limits_do_not_apply_to_downloads(
    world: World, things: Things, settings: Any, subtests: pytest.Subtests
):
    settings.API_RATE_PER_MINUTE = 3
    alice, other = Program.of(world.alice), Program.of(world.alice)

    responses = [alice.get("/me") for _ in range(4)]

    problem = problem_of(responses[-1], 429, "rate_limited")
    assert "3 requests per minute" in problem["detail"]
    assert 1 <= int(responses[-1]["Retry-After"]) <= 60
    assert other.get("/me").status_code == 200
    for name in ("get_file", "get_bundle", "get_archive", "download_export", "put_part"):
        with subtests.test(name):
            response = OPERATIONS[name].call(alice, things)
            assert text_of(response)
            assert response.status_code == 200, name


def test_invalid_tokens_are_limited_and_valid_ones_are_not(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rates, "FAILURES_PER_MINUTE", 3)
    guesses = [Program(f"dubs_{number}").get("/me") for number in range(4)]

    problem_of(guesses[0], 401, "bad_token")
    problem_of(guesses[-1], 429, "rate_limited")
    assert int(guesses[-1]["Retry-After"]) >= 1
    assert Program.of(world.alice).get("/me").status_code == 200
    elsewhere = Client(REMOTE_ADDR="192.0.2.7", headers={"Authorization": "Bearer dubs_x"})
    problem_of(elsewhere.get(f"{ROOT}/me"), 401, "bad_token")


@pytest.mark.one_stack
def test_the_document_and_its_page_are_public(db: None):
    document = json.loads(Client().get(f"{ROOT}/openapi.json").content)
    page = Client().get(f"{ROOT}/docs")

    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["securitySchemes"]) == {"TokenAuth", "BrowserAuth"}
    assert page.status_code == 200
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"401", "403", "429"} <= set(operation["responses"]), operation["operationId"]
            assert operation["security"] == [{"TokenAuth": []}, {"BrowserAuth": []}], operation["operationId"]


def test_a_token_can_read_its_name_and_limits(world: World):
    secret = sketch_token(world.bob, scope=AccessToken.Scope.READ, days=None).secret

    me = Program(secret).get("/me").json()

    assert (me["name"], me["email"]) == ("bob", "bob@example.com")
    assert (me["token"]["name"], me["token"]["scope"]) == ("my laptop", "read")
    assert me["max_pack_file_size"] == 1024 * 1024
    assert me["part_size"] == PART_SIZE
    assert me["quota"] == {"used": 0, "limit": None}
