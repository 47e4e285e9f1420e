"""The user's storage: page, meter, discarding of unfinished uploads by page, API and command."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from sessions_app.models import Upload
from sessions_app.operations.errors import OverQuotaError
from sessions_app.operations.imports.request import request_import
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.shares import copy_shared_export
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.queries.quotas import get_usage
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import now, signed_in, sketch_export, sketch_session, sketch_share
from tests.world import World, stored_keys


def abandon(world: World, *sizes: int) -> list[Upload]:
    files = [NewFile(path=f"{size}.wav", size=size) for size in sizes]
    return create_uploads(owner=world.alice, files=files, now=world.clock())


def test_the_page_shows_used_and_allowed_bytes_and_where_they_are(world: World, settings: LazySettings):
    settings.USER_QUOTA = 100_000
    world.saved("kept", {"a.mp4": bytes(10_000)})
    trash_sessions(sessions=[world.saved("old", {"b.mp4": b"b" * 20_000})], now=world.clock())
    abandon(world, 30_000)
    alice = signed_in(world.alice)

    response = alice.get("/account/storage/")

    assert (response.context["storage"].used, response.context["storage"].percent) == (60_000, 60)
    parts = response.context["parts"]
    assert (parts.sessions, parts.trash, parts.uploads) == (10_000, 20_000, 30_000)
    assert [upload.path for upload in response.context["uploads"]] == ["30000.wav"]
    assert (
        Program.of(world.alice).get("/storage").json().items()
        >= {
            "used": 60_000,
            "limit": 100_000,
            "sessions": 10_000,
            "trash": 20_000,
            "uploads": 30_000,
        }.items()
    )
    for page in ("/sessions/new/", "/imports/"):
        text = alice.get(page).content.decode()
        assert "of 97.7\N{NO-BREAK SPACE}KiB used" in text
        assert 'href="/account/storage/"' in text


def test_the_page_shows_by_how_much_the_quota_is_exceeded(world: World, settings: LazySettings):
    settings.USER_QUOTA = 1_000_000
    world.saved("kept", {"a.mp4": bytes(10_000)})
    alice = signed_in(world.alice)
    assert "above the limit" not in alice.get("/account/storage/").content.decode()

    settings.USER_QUOTA = 9_000

    page = alice.get("/account/storage/").content.decode()
    assert "of 8.8\N{NO-BREAK SPACE}KiB used: 1000\N{NO-BREAK SPACE}B above the limit" in page


def test_a_full_quota_is_a_message_with_a_link_and_emptying_the_trash_helps(
    world: World, settings: LazySettings
):
    settings.USER_QUOTA = 25_000
    trash_sessions(sessions=[world.saved("old", {"b.mp4": b"b" * 20_000})], now=world.clock())
    alice = Program.of(world.alice)
    new = {"uploads": [{"path": "a.wav", "size": 10_000}]}

    problem = problem_of(alice.post("/uploads", new), 413, "over_quota")

    assert (problem["needed"], problem["used"], problem["limit"]) == (10_000, 20_000, 25_000)
    assert signed_in(world.alice).get(problem["page"]).status_code == 200
    assert alice.delete("/trash").json() == {"count": 1, "size": 20_000}
    assert alice.post("/uploads", new).status_code == 201


@pytest.mark.one_stack
def test_a_copy_that_exceeds_the_quota_is_refused_with_a_link(world: World, settings: LazySettings):
    share = sketch_share(sketch_export(sketch_session(world.alice)))
    settings.USER_QUOTA = 1000
    with pytest.raises(OverQuotaError):
        copy_shared_export(share=share.share, owner=world.bob, now=now())

    response = signed_in(world.bob).post(f"/s/{share.token}/copy/", follow=True)

    assert "Manage storage" in response.content.decode()
    assert not world.bob.dubbing_sessions.exists()


def test_unfinished_uploads_are_discarded_one_by_one_or_all(world: World):
    first, second, _ = abandon(world, 10, 20, 30)
    world.upload({"c.wav": bytes(1000)})
    alice = signed_in(world.alice)

    alice.post(f"/account/storage/uploads/{first.code}/discard/")
    assert set(Upload.objects.values_list("size", flat=True)) == {20, 30, 1000}
    assert signed_in(world.bob).post(f"/account/storage/uploads/{second.code}/discard/").status_code == 404
    response = alice.post("/account/storage/uploads/discard/", follow=True)

    messages = [str(message) for message in response.context["messages"]]
    assert messages[-1] == "3 uploads were discarded, 1.0 KiB."
    assert not Upload.objects.exists()
    assert stored_keys("staging/") == []
    assert get_usage(world.alice.pk) == 0


def test_an_upload_that_a_job_reads_is_not_discarded(world: World):
    (upload,) = world.upload({"talk.zip": b"PK"})
    request_import(upload=upload, owner=world.alice, name="", now=world.clock())
    abandon(world, 10)

    assert Program.of(world.alice).delete("/uploads").json() == {"count": 1, "size": 10}
    assert Upload.objects.get() == upload
    assert Program.of(world.bob).delete("/uploads").json() == {"count": 0, "size": 0}


def discard(*arguments: str) -> Any:
    output = StringIO()
    call_command("discard_uploads", "--json", *arguments, stdout=output)
    return json.loads(output.getvalue())


def test_the_command_discards_idle_uploads(world: World):
    world.clock.now = now()
    abandon(world, 10)
    (active,) = create_uploads(owner=world.bob, files=[NewFile(path="b.wav", size=20)], now=world.clock())
    idle = Upload.objects.exclude(pk=active.pk).get()
    Upload.objects.filter(pk=idle.pk).update(expires_at=idle.expires_at - (idle.expires_at - now()) / 2)

    assert discard("--dry-run") == {"dry_run": True, "uploads": 1, "size": 10}
    assert discard("--owner", "bob") == {"dry_run": False, "uploads": 0, "size": 0}
    assert discard() == {"dry_run": False, "uploads": 1, "size": 10}
    assert Upload.objects.get() == active
    assert discard("--idle", "0") == {"dry_run": False, "uploads": 1, "size": 20}
