"""Exports: request, contents, download."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from unittest.mock import Mock
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from dubbing_core.selection import Selection
from dubbing_core.zips.layout import write_layout
from sessions_app.exports.layout_cache import LayoutBusyError, LayoutCache
from sessions_app.models import DubbingSession, Export, Job, Version
from sessions_app.operations.exports import layout
from sessions_app.operations.exports.layout import get_export_layout
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.jobs.cancel import cancel_job
from sessions_app.operations.sessions.trash import trash_sessions
from tests.query_plans import record_plans
from tests.world import PROJECT, World, read_object, stored_keys


def test_an_export_has_the_tree_the_metadata_and_a_checksum_of_every_member(world: World):
    session = world.saved("my talk", PROJECT)
    assert session.current is not None

    export = world.exported(session.current)

    assert export.filename == "my talk_export.zip"
    files = world.zip_of(export)
    manifest = json.loads(files[".dubbing/manifest.json"])
    assert {member["path"]: member["sha256"] for member in manifest["members"]} == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in files.items()
        if name != ".dubbing/manifest.json"
    }
    assert {name: data for name, data in files.items() if "/" in name and not name.startswith(".")} == {
        path: data for path, data in PROJECT.items() if "/" in path
    }


def test_exports_of_a_version_are_identical(world: World):
    session = world.saved()
    assert session.current is not None
    first = read_object(world.exported(session.current).key)
    Export.objects.all().delete()
    Job.objects.filter(kind=Job.Kind.EXPORT).delete()
    world.clock.forward(days=1)
    session.touch(now=world.clock())

    second = read_object(world.exported(session.current).key)

    assert first == second
    assert len(first) == get_export_layout(session.current, session_name=session.name).size


def test_a_ready_export_is_reused(world: World):
    session = world.saved()
    assert session.current is not None
    export = world.exported(session.current)

    again = request_export(version=session.current, owner=world.alice, now=world.clock())

    assert again.pk == export.job_id
    world.clock.forward(days=6)
    assert request_export(version=session.current, owner=world.alice, now=world.clock()).pk == again.pk
    export.refresh_from_db()
    assert export.expires_at == world.clock() + settings.EXPORT_RETENTION  # extended to that of a new one
    world.clock.forward(days=8)
    later = request_export(version=session.current, owner=world.alice, now=world.clock())
    assert later.pk != export.job_id


def test_equal_requests_share_one_job(world: World):
    session = world.saved()
    assert session.current is not None

    first = request_export(version=session.current, owner=world.alice, now=world.clock())
    second = request_export(version=session.current, owner=world.alice, now=world.clock())

    assert first.pk == second.pk


def test_a_cancelled_export_has_no_effect(world: World):
    session = world.saved()
    assert session.current is not None
    job = request_export(version=session.current, owner=world.alice, now=world.clock())
    assert job.claim(now=world.clock(), lease_until=world.clock() + settings.JOB_LEASE)
    cancel_job(job=job, now=world.clock())
    job.requeue()

    world.run(job)

    assert job.state == Job.State.CANCELLED
    assert stored_keys("exports/") == []
    assert not Export.objects.exists()


def test_a_session_in_the_trash_is_not_exported(world: World):
    session = world.saved()
    assert session.current is not None
    job = request_export(version=session.current, owner=world.alice, now=world.clock())
    trash_sessions(sessions=[session], now=world.clock())

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "trashed")


def test_a_download_resumes(world: World, client: Client):
    session = world.saved()
    assert session.current is not None
    Export.objects.filter(pk=world.exported(session.current).pk).update(
        expires_at=world.clock() + timedelta(days=10_000)
    )
    export = Export.objects.get()
    data = read_object(export.key)
    client.force_login(world.alice)
    url = f"/exports/{export.code}/download/"

    whole = client.get(url)
    assert (whole.status_code, whole["Content-Length"], whole["Accept-Ranges"]) == (
        200,
        str(len(data)),
        "bytes",
    )
    assert body_of(whole) == data
    assert 'filename="talk_export.zip"' in whole["Content-Disposition"]

    rest = client.get(url, headers={"Range": "bytes=100-", "If-Range": whole["ETag"]})
    assert (rest.status_code, rest["Content-Range"]) == (206, f"bytes 100-{len(data) - 1}/{len(data)}")
    assert body_of(rest) == data[100:]

    changed = client.get(url, headers={"Range": "bytes=100-", "If-Range": '"another"'})
    assert (changed.status_code, body_of(changed)) == (200, data)
    beyond = client.get(url, headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(data)}")
    head = client.head(url)
    assert (head.status_code, head["Content-Length"], head.content) == (200, str(len(data)), b"")


def test_a_version_is_downloaded_without_an_export(world: World, client: Client):
    session = world.saved()
    assert session.current is not None
    data = read_object(world.exported(session.current).key)
    client.force_login(world.alice)
    url = f"/sessions/{session.code}/versions/1/archive.zip"

    whole = client.get(url)
    assert (whole.status_code, whole["Content-Length"], body_of(whole)) == (200, str(len(data)), data)
    assert 'filename="talk_export.zip"' in whole["Content-Disposition"]

    middle = client.get(url, headers={"Range": "bytes=1000-4999", "If-Range": whole["ETag"]})
    assert (middle.status_code, middle["Content-Range"]) == (206, f"bytes 1000-4999/{len(data)}")
    assert body_of(middle) == data[1000:5000]

    changed = client.get(url, headers={"Range": "bytes=1000-4999", "If-Range": '"another"'})
    assert (changed.status_code, body_of(changed)) == (200, data)
    tail = client.get(url, headers={"Range": "bytes=-1000"})
    assert (tail.status_code, body_of(tail)) == (206, data[-1000:])
    head = client.head(url)
    assert (head.status_code, head["Content-Length"], head.content) == (200, str(len(data)), b"")
    assert client.get(url, headers={"If-None-Match": whole["ETag"]}).status_code == 304
    client.force_login(world.charlie)
    assert client.get(url).status_code == 404


def test_a_download_in_ranges_is_planned_and_recorded_once(world: World, client: Client):
    session = world.saved()
    client.force_login(world.alice)
    url = f"/sessions/{session.code}/versions/1/archive.zip"
    whole = body_of(client.get(url))
    session.refresh_from_db()
    accessed = session.last_accessed

    with record_plans() as plans:
        rest = body_of(client.get(url, headers={"Range": "bytes=1000-"}))

    assert rest == whole[1000:]
    assert plans.statements
    assert not [each for each in plans.statements if "sessions_app_entry" in each.sql]
    assert not [each for each in plans.statements if each.sql.startswith("UPDATE")]
    session.refresh_from_db()
    assert accessed == session.last_accessed
    assert timezone.now() - accessed < timedelta(hours=1)


def test_concurrent_requests_plan_a_zip_once(world: World, monkeypatch):
    session = world.saved()
    planner = Mock(wraps=write_layout)
    monkeypatch.setattr(layout, "LARGE_COUNT", 0)
    monkeypatch.setattr(layout, "write_layout", planner)
    started = threading.Barrier(6)

    def request_head(_: int) -> tuple[int, str]:
        client = Client()
        client.force_login(world.alice)
        started.wait()
        try:
            response = client.head(f"/sessions/{session.code}/versions/1/archive.zip")
        finally:
            connections.close_all()
        return response.status_code, response["ETag"]

    with ThreadPoolExecutor(6) as threads:
        responses = set(threads.map(request_head, range(6)))

    assert [status for status, _ in responses] == [200]
    assert planner.call_count == 1


def test_a_range_of_a_planned_zip_costs_few_queries(world: World, client: Client, django_assert_num_queries):
    session = world.saved()
    client.force_login(world.alice)
    url = f"/sessions/{session.code}/versions/1/archive.zip"
    client.head(url)

    with record_plans() as plans, django_assert_num_queries(3):  # the session, the user, the version
        response = client.get(url, headers={"Range": "bytes=-100"})

    assert len(body_of(response)) == 100
    assert len(plans.statements) == 3
    assert not [each for each in plans.statements if '"document"' in each.sql]


def test_a_zip_that_cannot_be_planned_now_is_a_503(world: World, client: Client, monkeypatch):
    session = world.saved()
    client.force_login(world.alice)
    monkeypatch.setattr(LayoutCache, "get", Mock(side_effect=LayoutBusyError))

    response = client.get(f"/sessions/{session.code}/versions/1/archive.zip")

    assert (response.status_code, "Retry-After" in response) == (503, True)
    assert b"Try again in a minute." in response.content


def test_plans_differ_by_everything_that_the_bytes_depend_on(world: World):
    """A restored database may have another version of the same number."""
    session = world.saved()
    version = session.current
    assert version is not None
    etags = [get_export_layout(version, session_name="talk").etag]
    for changes in (
        {"created_at": version.created_at + timedelta(days=1)},
        {"message": "Another take"},
        {"fingerprint": "0" * 64},
    ):
        Version.objects.filter(pk=version.pk).update(**changes)
        version.refresh_from_db()
        etags.append(get_export_layout(version, session_name="talk").etag)
    whole = Selection.from_choices(history=True)
    etags.append(get_export_layout(version, session_name="talk", selection=whole).etag)
    User.objects.filter(pk=world.alice.pk).update(username="alice-2")
    etags.append(get_export_layout(version, session_name="talk", selection=whole).etag)

    assert len(set(etags)) == 6


def test_a_download_after_a_renaming_has_the_new_name(world: World, client: Client):
    session = world.saved("talk")
    client.force_login(world.alice)
    url = f"/sessions/{session.code}/versions/1/archive.zip"
    before = client.get(url)
    before.close()
    DubbingSession.objects.filter(pk=session.pk).update(name="keynote")

    after = client.get(url)

    assert 'filename="keynote_export.zip"' in after["Content-Disposition"]
    assert after["ETag"] != before["ETag"]
    with ZipFile(BytesIO(body_of(after))) as archive:
        assert b"sessions/keynote/audio/" in archive.read("metadata.json")


def body_of(response) -> bytes:
    data = b"".join(response)
    response.close()
    return data


def test_an_export_is_invisible_to_other_users(world: World, client: Client):
    session = world.saved()
    assert session.current is not None
    export = world.exported(session.current)
    client.force_login(world.charlie)

    assert client.get(f"/exports/{export.code}/download/").status_code == 404


def test_texts_are_deflated_and_media_stored(world: World):
    subtitles = "1\n00:00:00,000 --> 00:00:01,000\nनमस्ते\n\n".encode() * 500
    files = {
        "translations/hi.srt": subtitles,
        "audio/hi_audio.wav": b"x" * 5000,
        "other/noise.txt": os.urandom(5000),
    }
    session = world.saved(files=files)
    assert session.current is not None

    data = read_object(world.exported(session.current).key)

    with ZipFile(BytesIO(data)) as archive:
        methods = {info.filename: info.compress_type for info in archive.infolist()}
        assert archive.read("translations/hi.srt") == subtitles
    assert methods["translations/hi.srt"] == methods["metadata.json"] == ZIP_DEFLATED
    assert methods["audio/hi_audio.wav"] == methods["other/noise.txt"] == ZIP_STORED
    assert len(data) < len(subtitles)
