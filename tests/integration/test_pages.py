"""Every URL for its owner, other users, signed-out users, and malformed input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Literal, get_args

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from sessions_app import access, urls
from sessions_app.models import (
    AccessToken,
    DubbingSession,
    Export,
    Job,
    SavedFilter,
    SessionArchive,
    Share,
    Tag,
    Upload,
)
from sessions_app.operations.exports.session_archive import create_session_archive
from sessions_app.operations.marks.filters import save_filter
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.shares import NewShare
from sessions_app.operations.timelines import read_session_texts
from sessions_app.storage.keys import export_key
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
from tests.untranslated import bracketed, find_untranslated
from tests.world import PROJECT, World

pytestmark = pytest.mark.either_stack

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SAFE = ("GET", "HEAD")
ZIP_KEY = export_key("a-page-test")
Kind = Literal["page", "link"]
Thing = Literal[
    "",
    "session",
    "trashed",
    "job",
    "failed",
    "export",
    "share",
    "token",
    "access",
    "upload",
    "saved_filter",
    "tag",
    "archive",
]


@pytest.fixture(scope="module", autouse=True)
def _bytes(module_store: None) -> None:
    """Store the bytes of downloads; everything else is rows, which is fast."""
    store_blobs(PROJECT.values())
    put_object(ZIP_KEY, ZIP)


@dataclass
class Things:
    """One row of every kind, owned by Alice."""

    session: DubbingSession
    trashed: DubbingSession
    job: Job
    failed: Job
    export: Export
    new_share: NewShare
    access: AccessToken
    upload: Upload
    saved_filter: SavedFilter
    tag: Tag
    archive: SessionArchive

    def code(self, thing: Thing) -> str:
        if thing == "token":
            return self.new_share.token
        return str(self.new_share.share.code if thing == "share" else getattr(self, thing).code)


@pytest.fixture(scope="module")
def _rows(module_transaction: None) -> tuple[World, Things]:
    """The rows of all tests: making them takes half of a page's CPU."""
    world = World.create()
    session = sketch_session(world.alice)
    sketch_version(session, {**PROJECT, "audio/hi_audio.wav": b"a better take"})
    read_session_texts(session_id=session.pk, clock=now)
    trashed = sketch_session(world.alice, "old talk")
    trash_sessions(sessions=[trashed], now=now())
    export = sketch_export(session, key=ZIP_KEY)
    failed = sketch_job(
        session, state=Job.State.FAILED, finished_at=now(), error_code="storage", error_message="No."
    )
    things = Things(
        session=session,
        trashed=trashed,
        job=sketch_job(session),
        failed=failed,
        export=export,
        new_share=sketch_share(export),
        access=sketch_token(world.alice).token,
        upload=world.upload({"a.wav": b"wave"})[0],
        saved_filter=save_filter(owner=world.alice, name="mine", query="q=talk"),
        tag=Tag.objects.create(owner=world.alice, name="launch", folded_name="launch"),
        archive=create_session_archive(
            owner=world.alice, versions=[session.versions.get(number=1)], now=now()
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
class Endpoint:
    """A URL, and the expected response for Alice."""

    name: str
    method: str
    status: int
    kind: Kind = "page"
    of: Thing = ""
    rest: tuple[Any, ...] = ()
    """URL arguments after the code."""
    body: Callable[[Things], Any] = lambda _: {}
    query: str = ""

    def url(self, things: Things) -> str:
        return self.url_of(things.code(self.of)) if self.of else reverse(self.name)

    def url_of(self, code: str) -> str:
        url = reverse(self.name, args=[code, *self.rest])
        return f"{url}?{self.query}" if self.query else url

    def call(self, client: Client, url: str, body: Any = None, *, method: str = "") -> HttpResponseBase:
        method = method or self.method
        return client.post(url, body or {}) if method == "POST" else client.generic(method, url)


ENDPOINTS = {
    endpoint.name: endpoint
    for endpoint in (
        Endpoint("home", "GET", 302),
        # /sessions/
        Endpoint("session-list", "GET", 200),
        Endpoint("session-new", "GET", 200),
        Endpoint("session-create", "POST", 302, body=lambda _: {"name": "new talk"}),
        Endpoint(
            "session-batch", "POST", 302, body=lambda had: {"codes": [had.session.code], "action": "trash"}
        ),
        Endpoint("filter-create", "POST", 302, body=lambda _: {"name": "mine", "query": "q=talk"}),
        Endpoint("filter-delete", "POST", 302, of="saved_filter"),
        Endpoint("tag-list", "GET", 200),
        Endpoint("tag-change", "POST", 302, of="tag", body=lambda _: {"name": "new name"}),
        Endpoint("session-archive", "GET", 200, of="archive"),
        Endpoint("session-trash-undo", "POST", 302),
        Endpoint("storage", "GET", 200),
        Endpoint("styleguide", "GET", 404),  # for staff only
        Endpoint("storage-discard-all", "POST", 302),
        Endpoint("storage-discard", "POST", 302, of="upload"),
        Endpoint("session-trash-list", "GET", 200),
        Endpoint("session-trash-batch", "POST", 302),
        Endpoint("session-trash-empty", "POST", 302),
        # /sessions/<code>/
        Endpoint("session-detail", "GET", 200, of="session"),
        Endpoint("session-save", "GET", 200, of="session"),
        Endpoint("session-name", "GET", 200, of="session"),
        Endpoint(
            "session-labels", "POST", 302, of="session", body=lambda _: {"paths": ["x"], "label": "audio"}
        ),
        Endpoint("session-languages", "POST", 302, of="session", body=lambda _: {"add": "fr"}),
        Endpoint("session-checks", "POST", 302, of="session", body=lambda _: {"cell": "hi:audio"}),
        Endpoint("session-voices", "POST", 302, of="session", body=lambda _: {"key": "hi", "voice": "Deep"}),
        Endpoint("session-rename", "POST", 302, of="session", body=lambda _: {"name": "New name"}),
        Endpoint("session-star", "POST", 302, of="session", body=lambda _: {"starred": "1"}),
        Endpoint("session-tags", "POST", 302, of="session", body=lambda _: {"add": "a, b"}),
        Endpoint("session-trash", "POST", 302, of="session"),
        Endpoint("session-untrash", "POST", 302, of="trashed"),
        Endpoint("session-compare", "GET", 200, of="session"),
        Endpoint(
            "session-compare-lines",
            "GET",
            200,
            of="session",
            query="from=1&to=2&path=transcriptions/original_asr.json",
        ),
        # /sessions/<code>/versions/<number>/
        Endpoint("version-list", "GET", 200, of="session"),
        Endpoint("version-detail", "GET", 200, of="session", rest=(1,)),
        Endpoint("version-changes", "GET", 200, of="session", rest=(1,)),
        Endpoint("version-restore", "POST", 302, of="session", rest=(1,)),
        Endpoint("session-compare-pictures", "GET", 200, of="session", query="from=1&to=1"),
        Endpoint("version-player-lines", "GET", 200, of="session", rest=(1,), query="language=hi"),
        Endpoint("version-restore-part", "GET", 200, of="session", rest=(1,), query="category=audio"),
        Endpoint("version-export", "POST", 302, of="session", rest=(1,)),
        Endpoint("export-new", "GET", 200, of="session", rest=(1,)),
        Endpoint("version-archive", "GET", 200, of="session", rest=(1,)),
        Endpoint("version-document", "GET", 200, of="session", rest=(1,)),
        Endpoint("version-listing", "GET", 200, of="session", rest=(1,), query="by=folder"),
        Endpoint("version-file", "GET", 200, of="session", rest=(1, "audio/hi_audio.wav")),
        Endpoint("version-media", "GET", 200, of="session", rest=(1,)),
        # Files of derivatives: test_derivatives.py.
        Endpoint("session-media", "GET", 404, of="session", rest=("0" * 64, "poster-0.webp")),
        Endpoint("session-transcript", "GET", 302, of="session"),
        Endpoint("version-transcript", "GET", 200, of="session", rest=(1,)),
        Endpoint("version-track", "GET", 200, of="session", rest=(1, "hi.csv")),
        Endpoint("updates", "GET", 200),
        Endpoint("language", "POST", 302, "link", body=lambda _: {"language": "de"}),
        # /search/
        Endpoint("search", "GET", 200, query="q=welcome"),
        Endpoint("search-suggestions", "GET", 200, query="q=welcome"),
        Endpoint("search-lines", "GET", 200, of="session", query="q=welcome"),
        Endpoint("search-line", "GET", 302, of="session", query="path=hi.srt&track=0&line=0"),
        # /imports/
        Endpoint("import-new", "GET", 200),
        # /jobs/
        Endpoint("job-list", "GET", 200),
        Endpoint("job-detail", "GET", 200, of="job"),
        Endpoint("job-progress", "GET", 200, of="job"),
        Endpoint("job-cancel", "POST", 302, of="job"),
        Endpoint("job-retry", "POST", 302, of="failed"),
        Endpoint("job-save-on-top", "POST", 302, of="failed"),
        Endpoint("job-import", "POST", 302, of="failed"),
        # /exports/, /shares/, /account/tokens/, /s/<token>/
        Endpoint("export-detail", "GET", 200, of="export"),
        Endpoint("export-download", "GET", 200, of="export"),
        Endpoint("export-share", "POST", 200, of="export", body=lambda _: {"days": 7, "note": "for Bob"}),
        Endpoint("share-revoke", "POST", 302, of="share"),
        Endpoint("token-list", "GET", 200),
        Endpoint(
            "token-create", "POST", 200, body=lambda _: {"name": "my laptop", "scope": "read", "days": 90}
        ),
        Endpoint("token-revoke", "POST", 302, of="access"),
        Endpoint("share-page", "GET", 200, "link", "token"),
        Endpoint("share-download", "GET", 200, "link", "token"),
        Endpoint("share-listing", "GET", 200, "link", "token"),
        Endpoint("share-player-lines", "GET", 200, "link", "token", query="language=hi"),
        Endpoint("share-copy", "POST", 302, of="token"),
        Endpoint("share-transcript", "GET", 200, "link", "token"),
        Endpoint("share-track", "GET", 200, "link", "token", rest=("hi.csv",)),
        Endpoint("share-media", "GET", 200, "link", "token"),
        Endpoint("share-media-file", "GET", 404, "link", "token", rest=("0" * 64, "poster-0.webp")),
        Endpoint("share-file", "GET", 404, "link", "token", rest=("missing.wav",)),
    )
}
OWNED = [each for each in ENDPOINTS.values() if each.of not in {"", "token"}]
SIGNED_IN_ONLY = [each for each in ENDPOINTS.values() if each.kind != "link" and each.name != "home"]


def names_in(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_in(pattern.url_patterns)
        else:
            yield str(pattern.name)


def test_every_url_is_tested_here():
    assert set(names_in(urls.urlpatterns)) == set(ENDPOINTS)
    assert {endpoint.of for endpoint in ENDPOINTS.values()} == set(get_args(Thing))


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_owner_gets_the_expected_response(world: World, things: Things, name: str):
    endpoint = ENDPOINTS[name]
    response = endpoint.call(signed_in(world.alice), endpoint.url(things), endpoint.body(things))

    body = bytes_of(response)
    assert response.status_code == endpoint.status, body
    assert body or endpoint.status != 200


@pytest.mark.one_stack
def test_staff_see_the_styleguide(world: World):
    response = signed_in(User.objects.create_superuser("operator")).get(reverse("styleguide"))
    assert response.status_code == 200
    assert response.content.count(b"Confirm</button>") == 2, "once in each theme"


# Refused requests change nothing, so that one database serves all endpoints.


@pytest.mark.one_stack
def test_another_user_sees_and_changes_nothing(world: World, things: Things, subtests: pytest.Subtests):
    client = signed_in(world.charlie)
    before = state_of_all()

    for endpoint in OWNED:
        with subtests.test(endpoint.name):
            response = endpoint.call(client, endpoint.url(things), endpoint.body(things))
            text = bytes_of(response).decode()
            assert response.status_code == 404, endpoint.name
            assert "talk" not in text, endpoint.name
            assert "alice" not in text, endpoint.name

    assert state_of_all() == before


@pytest.mark.one_stack
def test_an_operator_is_another_user_outside_the_admin_site(
    world: World, things: Things, subtests: pytest.Subtests
):
    client = signed_in(User.objects.create_superuser("operator"))
    before = state_of_all()

    for endpoint in OWNED:
        with subtests.test(endpoint.name):
            response = endpoint.call(client, endpoint.url(things), endpoint.body(things))
            assert response.status_code == 404, endpoint.name

    assert state_of_all() == before


@pytest.mark.one_stack
def test_a_viewer_changes_nothing(
    world: World, things: Things, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
):
    """Each page that changes a row asks for more than to view it."""
    monkeypatch.setattr(access, "can", lambda _user, action, _row: action == access.Action.VIEW)
    client = signed_in(world.alice)
    before = state_of_all()

    for endpoint in ENDPOINTS.values():
        with subtests.test(endpoint.name):
            if endpoint.name in {"version-export", "session-star"}:  # belong to the user who asked for them
                continue
            if endpoint.method == "POST" and (endpoint in OWNED or endpoint.name == "session-batch"):
                response = endpoint.call(client, endpoint.url(things), endpoint.body(things))
                assert response.status_code == 403, endpoint.name

    assert state_of_all() == before


def test_rows_of_other_users_look_like_missing_ones(world: World, things: Things, subtests: pytest.Subtests):
    client = signed_in(world.charlie)

    for endpoint in OWNED:
        with subtests.test(endpoint.name):
            body = endpoint.body(things)
            missing = endpoint.call(client, endpoint.url_of(UNKNOWN_CODE), body)
            foreign = endpoint.call(client, endpoint.url(things), body)
            assert missing.status_code == foreign.status_code == 404, endpoint.name


@pytest.mark.one_stack
def test_a_malformed_code_is_not_found(world: World, things: Things, subtests: pytest.Subtests):
    client = signed_in(world.alice)

    codes = cycle(
        (
            "1",
            "not-a-code",
            UNKNOWN_CODE[:-1],
            f"{UNKNOWN_CODE}0",
            "%00",
            "%ff%fe",
            "..%2f",
            "\u0661" * 36,
        )
    )
    # One converter reads the codes of all endpoints: two codes for each of these.
    for endpoint in OWNED:
        url, body = endpoint.url_of(UNKNOWN_CODE), endpoint.body(things)
        for code in islice(codes, 2):
            with subtests.test(endpoint.name, code=code):
                response = endpoint.call(client, url.replace(UNKNOWN_CODE, code), body)
                assert response.status_code == 404, (endpoint.name, code)


@pytest.mark.one_stack
def test_signed_out_users_are_redirected_to_the_sign_in_page(things: Things, subtests: pytest.Subtests):
    before = state_of_all()

    for endpoint in SIGNED_IN_ONLY:
        with subtests.test(endpoint.name):
            response = endpoint.call(Client(), endpoint.url(things), endpoint.body(things))
            assert response.status_code == 302, endpoint.name
            assert response["Location"].startswith(f"{reverse('account_login')}?next=/"), endpoint.name

    assert state_of_all() == before


@pytest.mark.one_stack
def test_other_methods_are_refused(world: World, things: Things, subtests: pytest.Subtests):
    client = signed_in(world.alice)
    before = state_of_all()

    for endpoint in ENDPOINTS.values():
        allowed = {endpoint.method, *(SAFE if endpoint.method == "GET" else ())}
        for method in [method for method in METHODS if method not in allowed and endpoint.name != "home"]:
            with subtests.test(endpoint.name, method=method):
                response = endpoint.call(client, endpoint.url(things), method=method)
                assert response.status_code == 405, (endpoint.name, method)
                assert isinstance(response, HttpResponse)
                assert (int(response["Content-Length"]) > 0) == (method in SAFE), endpoint.name
                assert (b"receives forms" in response.content) == (method == "GET"), endpoint.name

    assert state_of_all() == before


@pytest.mark.one_stack
def test_requests_without_a_csrf_token_are_refused(world: World, things: Things, subtests: pytest.Subtests):
    client = signed_in(world.alice, enforce_csrf_checks=True)
    before = state_of_all()

    for endpoint in ENDPOINTS.values():
        with subtests.test(endpoint.name):
            if endpoint.method not in SAFE:
                response = endpoint.call(client, endpoint.url(things), endpoint.body(things))
                assert response.status_code == 403, endpoint.name

    assert state_of_all() == before


def state_of_all() -> list[list[dict[str, Any]]]:
    """Return all rows that a request could change."""
    models: tuple[type[Model], ...] = (AccessToken, DubbingSession, Upload, Job, Export, Share)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("value", ["x", "x" * 5000, '"\\000aaaaaaaaaaaaaa"', '"\\377\\376aaaaaaaaaaaa"'])
def test_a_malformed_cookie_is_a_signed_out_user(db: None, value: str, subtests: pytest.Subtests):
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages"):
        with subtests.test(name):
            headers = {"Cookie": f"{name}={value}"}
            assert Client(headers=headers).get(reverse("session-list")).status_code == 302
            assert Client(headers=headers).get(reverse("account_login")).status_code == 200


# -- Malformed input: never an internal error --------------------------------------------------------------------------

ODD_TEXTS = {
    "empty": "",
    "blanks": " \t ",
    "nul": "a\0b",
    "surrogate": "a\ud800b",
    "control": "a\x1b[2Jb\x7f",
    "path": "../../etc/passwd",
    "percent": "%_\\%",
    "quote": "'\"`;--",
    "markup": "<script>alert(1)</script>",
    "template": "{{ request.user }}{% debug %}",
    "bidi": "\u202egpj.exe",
    "emoji": "\U0001f3ac" * 40,
    "long": "x" * 100_000,
    "combining": "e" + "\u0301" * 5000,
    "digits": "9" * 5000,
    "expands": "\ufb03" * 120,
}
ODD_VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "minus": -1,
    "float": 1.5,
    "infinite": float("inf"),
    "nan": float("nan"),
    "2**31": 2**31,
    "2**63": 2**63,
    "2**64": 2**64,
    "10**4000": 10**4000,
    "list": [],
    "object": {},
    "nested": [[[[{"a": [None]}]]]],
    **ODD_TEXTS,
}
ODD_QUERIES = [
    "after=abc",
    "after=W10",
    f"after={'9' * 5000}",
    "after=%00",
    "after=%ff",
    "after=",
    "before=abc",
    "before=%00",
    "last",
    "last=%ff&after=abc",
    "q=%00",
    "q=%ff%fe",
    "q=%ed%a0%80",
    "q=%25",
    "q=_",
    f"q={'x' * 5000}",
    "q=%5c",
    "q='%22%3b--",
    "q=hi%20",
    "stage=nonsense",
    "stage=%00",
    "sort=nonsense",
    "sort=-pk",
    f"language={'x' * 5000}",
    "language=%25",
    "language=%00",
    "category=nonsense",
    "category=%00",
    "category=audio&last=1",
    "play=1",
    "from=0&to=99",
    "from=%00&to=-1",
    f"from={'9' * 5000}",
    "by=nonsense&kind=nonsense",
    "kind=changed&by=folder&after=W10",
    "video=%00%ff",
    f"video={'x' * 5000}.mp4",
    "%ff=%ff",
    "&&&===",
    "a[]=1;b=2",
]
QUERIED = [
    *("session-list", "session-detail", "session-compare"),
    *(
        pytest.param(name, marks=pytest.mark.variant)
        for name in (
            *("version-detail", "version-list", "session-trash-list"),
            *("job-list", "share-page", "export-detail"),
        )
    ),
]
"""Pages that read a query; `make test` opens one of each kind."""


@pytest.mark.parametrize("name", QUERIED)
def test_malformed_queries_are_ignored(world: World, things: Things, name: str, subtests: pytest.Subtests):
    client, url = signed_in(world.alice), ENDPOINTS[name].url(things)

    for query in ODD_QUERIES:
        with subtests.test(query):
            assert client.get(f"{url}?{query}").status_code == 200, query


@pytest.mark.parametrize("query", ["", "?q=", "?q=%25"])
def test_a_search_in_a_session_without_words_finds_nothing(world: World, things: Things, query: str):
    address = reverse("search-lines", args=[things.session.code])

    assert b"Nothing found" in bytes_of(signed_in(world.alice).get(address + query))


def test_an_impossible_version_number_is_not_found(world: World, things: Things, subtests: pytest.Subtests):
    client = signed_in(world.alice)

    for number in ("0", "3", "-1", "1.0", "01x", str(2**31), str(2**63), str(2**64), "9" * 5000, "%00"):
        version = f"/sessions/{things.session.code}/versions/{number}"
        for url in (f"{version}/", f"{version}/metadata.json", f"{version}/files/audio/hi_audio.wav"):
            with subtests.test(url):
                assert client.get(url).status_code == 404, url
        assert client.post(f"{version}/export/").status_code == 404, number
        # The session's page reports why a version cannot be restored.
        assert client.post(f"{version}/restore/").status_code in {302, 404}, number

    assert DubbingSession.objects.get(pk=things.session.pk).current_id == things.session.current_id


def test_a_missing_file_is_not_found(world: World, things: Things, subtests: pytest.Subtests):
    client = signed_in(world.alice)
    files = f"/sessions/{things.session.code}/versions/1/files"

    for path in (
        "nothing.wav",
        "audio",
        "audio/",
        "%00",
        "audio/%00",
        "..%2f..%2fetc%2fpasswd",
        "%ff",
        "x" * 3000,
    ):
        with subtests.test(path):
            assert client.get(f"{files}/{path}").status_code == 404, path


def test_a_malformed_share_token_is_not_found(things: Things, subtests: pytest.Subtests):
    for token in ("x", UNKNOWN_CODE, "%00", "%ff", "%ed%a0%80", "x" * 3000, "..%2f", "\u0661"):
        for url in (f"/s/{token}/", f"/s/{token}/download/"):
            with subtests.test(url):
                assert Client().get(url).status_code == 404, url


@pytest.mark.one_stack
@pytest.mark.parametrize("action", ["trash", "export", "nonsense", ""])
def test_a_batch_without_sessions_is_an_error(
    world: World, things: Things, action: str, subtests: pytest.Subtests
):
    client = signed_in(world.alice)
    before = state_of_all()

    for codes in ([], ["x"], ["\0"], [UNKNOWN_CODE], ["9" * 5000], [UNKNOWN_CODE] * 501):
        with subtests.test(codes=codes[:1], count=len(codes)):
            response = client.post("/sessions/batch/", {"codes": codes, "action": action}, follow=True)
            assert response.status_code == 200
            assert [message.level_tag for message in response.context["messages"]] == ["error"]

    assert state_of_all() == before


@pytest.mark.one_stack
def test_an_invalid_expiry_of_a_link_is_refused(world: World, things: Things, subtests: pytest.Subtests):
    client, url = signed_in(world.alice), ENDPOINTS["export-share"].url(things)

    for days in ("", "0", "-1", "366", "1.5", "x", "\0", "9" * 400, str(2**63)):
        with subtests.test(days):
            response = client.post(url, {"days": days, "note": "x" * 500})
            assert response.status_code == 400, days

    assert things.export.shares.count() == 1


ODD_RANGES = ["", "x", "bytes", "bytes=", "bytes=-", "bytes=--1", "bytes=1-0", "bytes=0-0,2-3", "bytes=a-b", "items=0-1",
     "bytes=0-" + "9" * 5000, "bytes=" + "9" * 5000 + "-", "bytes=-0", "bytes=-" + "9" * 5000, "bytes=0-9", "BYTES=0-9",
     "bytes = 0-9", "bytes=0 - 9", "bytes=\t0-9", "bytes=0-0," * 1000, "bytes=\x00", "bytes=\u0661-"]  # fmt: skip


@pytest.mark.parametrize("name", ["export-download", "share-download", "version-file"])
def test_malformed_ranges_return_bytes_or_416(
    world: World, things: Things, name: str, subtests: pytest.Subtests
):
    client, url = signed_in(world.alice), ENDPOINTS[name].url(things)
    data = PROJECT["audio/hi_audio.wav"] if name == "version-file" else ZIP

    for value in ODD_RANGES:
        with subtests.test(value):
            response = client.get(url, headers={"Range": value})
            sent = bytes_of(response)
            match response.status_code:
                case 200:
                    assert sent == data, value
                case 206:
                    first, _, last = (
                        response["Content-Range"][len("bytes ") :].partition("/")[0].partition("-")
                    )
                    assert sent == data[int(first) : int(last) + 1], value
                case status:
                    assert (status, response["Content-Range"], sent) == (416, f"bytes */{len(data)}", b""), (
                        value
                    )
            assert response.get("Content-Length", "0") == str(len(sent))


USER_DATA = (
    *(
        "talk",
        "old",
        "alice",
        "bob",
        "launch",
        "mine",
        "welcome",
        "Dubbing Sessions",
        "SHA-256",
        "CSV",
        "JSON",
        "SRT",
        "TXT",
        "VTT",
    ),
    *(
        "English",
        "Deutsch",
        "KiB",
        "MiB",
        "DELETE",
        "Hindi",
        "Spanish",
        "for Bob",
        "my laptop",
        "ZIP",
    ),
)
"""Texts of users, names of formats and units, and names that each language has for itself."""


def test_every_visible_text_is_translated(world: World, things: Things):
    client = signed_in(world.alice)
    data = {*USER_DATA, things.access.prefix}
    pages = [each for each in ENDPOINTS.values() if each.method == "GET" and each.status == 200]
    found = {}
    with bracketed():
        for endpoint in pages:
            response = endpoint.call(client, endpoint.url(things))
            body = bytes_of(response)
            if response.get("Content-Type", "").startswith("text/html"):
                found[endpoint.name] = find_untranslated(body.decode(), data=data)
    found = {name: texts for name, texts in found.items() if texts}

    assert found == {}
