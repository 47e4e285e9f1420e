"""Versions: pages, downloads of files, restoring, saving on top, conflicts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from sessions_app.models import DubbingSession, Entry, Job, Version
from tests.integration.programs import ROOT
from tests.integration.sketches import (
    bytes_of,
    current_of,
    now,
    post_json,
    signed_in,
    sketch_job,
    sketch_session,
    sketch_version,
    store_blobs,
)
from tests.integration.worlds import world_of_rows
from tests.world import World

pytestmark = pytest.mark.either_stack

WAV = b"RIFF" + b"wave" * 100
FILES = {
    "audio/hi_audio.wav": WAV,
    "final_videos/hi_final.mp4": b"mp4",
    "transcriptions/original_asr.json": b'{"text": "Hello"}',
    "translations/subtitles.srt": b"1\n",
    "other/page.html": b"<script>alert(1)</script>",
    "other/picture.svg": b"<svg onload='alert(1)'/>",
    "other/empty.txt": b"",
    "other/“hi”, O'Neil; 100%.wav": b"quotes",
    "other/नमस्ते #1?.wav": b"unicode",
}


@pytest.fixture(scope="module", autouse=True)
def _bytes(module_store: None) -> None:
    store_blobs(FILES.values())


world = world_of_rows


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


@pytest.fixture
def session(world: World) -> DubbingSession:
    return sketch_session(world.alice, files=FILES)


def url_of(session: DubbingSession, name: str, number: int = 1) -> str:
    path = Entry.objects.filter(session=session, path__endswith=name).values_list("path", flat=True)[0]
    return reverse("version-file", args=[session.code, number, path])


# -- Files ------------------------------------------------------------------------------------------------------------------


def test_every_file_is_downloaded_unchanged(alice: Client, session: DubbingSession):
    by_hash = {hashlib.sha256(data).hexdigest(): data for data in FILES.values()}

    for entry in Entry.objects.filter(session=session).select_related("blob"):
        response = alice.get(url_of(session, entry.path))
        assert bytes_of(response) == by_hash[entry.blob.sha256]
        assert response["Content-Length"] == str(entry.blob.size)
        assert response["ETag"] == f'"{entry.blob.sha256}"'


@pytest.mark.one_stack
@pytest.mark.parametrize("name", FILES)
def test_no_file_can_run_scripts_on_the_portal(alice: Client, session: DubbingSession, name: str):
    url = url_of(session, name.rpartition("/")[2])
    plays = name.endswith((".wav", ".mp4"))

    for query, inline in (("", False), ("?play", plays)):
        response = alice.get(url + query)
        bytes_of(response)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"].startswith("sandbox;")
        assert response["Content-Disposition"].startswith("inline" if inline else "attachment")
        expected = (
            ("audio/wav" if name.endswith(".wav") else "video/mp4") if inline else "application/octet-stream"
        )
        assert response["Content-Type"] == expected


def test_file_names_are_downloaded_unchanged(alice: Client, session: DubbingSession):
    quoted = alice.head(url_of(session, "O'Neil; 100%.wav"))["Content-Disposition"]
    unicode = alice.head(url_of(session, "#1?.wav"))["Content-Disposition"]

    assert quoted == "attachment; filename*=utf-8''%E2%80%9Chi%E2%80%9D%2C%20O%27Neil%3B%20100%25.wav"
    assert unicode.startswith("attachment; filename*=utf-8''%E0%A4%A8")
    assert unicode.isascii()


def test_a_cached_file_is_not_sent_again(alice: Client, session: DubbingSession):
    url = url_of(session, "hi_audio.wav")
    etag = alice.head(url)["ETag"]

    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        response = alice.get(url, headers={"If-None-Match": known})
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    for other in ('"x"', "", "nonsense", etag.strip('"')):
        assert bytes_of(alice.get(url, headers={"If-None-Match": other})) == WAV


def test_ranges_of_a_file_are_sent_exactly(alice: Client, session: DubbingSession, subtests: pytest.Subtests):
    url = url_of(session, "hi_audio.wav")
    size = len(WAV)

    for requested, start, end in (
        ("0-0", 0, 1),
        ("0-99", 0, 100),
        ("100-", 100, size),
        ("-4", size - 4, size),
        ("0-999999", 0, size),
    ):
        with subtests.test(requested):
            response = alice.get(url, headers={"Range": f"bytes={requested}"})
            assert (response.status_code, bytes_of(response)) == (206, WAV[start:end])
            assert response["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
            assert response["Content-Length"] == str(end - start)
            head = alice.head(url, headers={"Range": f"bytes={requested}"})
            assert (head.content, head["Accept-Ranges"]) == (b"", "bytes")
    for missing in (f"{size}-", "-0"):
        response = alice.get(url, headers={"Range": f"bytes={missing}"})
        assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{size}")
    assert bytes_of(alice.get(url, headers={"Range": "bytes=0-3", "If-Range": '"older"'})) == WAV


def test_an_empty_file_has_an_empty_body(alice: Client, session: DubbingSession):
    url = url_of(session, "empty.txt")

    response = alice.get(url)
    assert (response.status_code, bytes_of(response), response["Content-Length"]) == (200, b"", "0")
    assert alice.get(url, headers={"Range": "bytes=0-"}).status_code == 416


def test_an_unreadable_file_is_refused_as_retryable(alice: Client, world: World):
    session = sketch_session(world.alice, "lost", {"audio/hi_audio.wav": b"never stored"})

    for headers in ({}, {"Range": "bytes=0-3"}):
        response = alice.get(url_of(session, "hi_audio.wav"), headers=headers)
        assert (response.status_code, response["Content-Type"].partition(";")[0]) == (503, "text/html")
        assert "Content-Disposition" not in response


# -- Versions ---------------------------------------------------------------------------------------------------------------


def paths_of(session: DubbingSession) -> set[str]:
    version = current_of(session)
    return set(Entry.objects.filter(session=session).at(version.number).values_list("path", flat=True))


def message_of(response: Any) -> tuple[str, str]:
    (message,) = response.context["messages"]
    return message.level_tag, str(message)


def test_every_version_lists_and_sends_its_own_files(alice: Client, session: DubbingSession):
    sketch_version(session, {"audio/es_audio.wav": b"only this"})

    old, new = (alice.get(f"/sessions/{session.code}/versions/{number}/") for number in (1, 2))

    assert (old.context["is_current"], new.context["is_current"]) == (False, True)
    assert len(old.context["files"].items) == len(FILES)
    assert [entry.path for entry in new.context["files"]] == ["audio/es_audio.wav"]
    assert alice.get(f"/sessions/{session.code}/").context["version"].number == 2
    url = url_of(session, "hi_audio.wav")
    assert bytes_of(alice.get(url)) == WAV
    assert alice.get(url.replace("/versions/1/", "/versions/2/")).status_code == 404


def test_files_are_filtered_by_category(alice: Client, session: DubbingSession):
    found = alice.get(f"/sessions/{session.code}/", {"category": "audio"}).context["files"]

    assert {entry.category for entry in found} == {"audio"}


def test_an_older_version_is_restored_as_the_newest_one(alice: Client, session: DubbingSession):
    before = paths_of(session)
    sketch_version(session, {"audio/es_audio.wav": b"only this"})

    response = alice.post(f"/sessions/{session.code}/versions/1/restore/", follow=True)

    assert message_of(response) == ("success", "Version 1 was restored as version 3.")
    assert paths_of(session) == before
    assert current_of(session).restored_from == 1
    assert Version.objects.filter(session=session).count() == 3


def test_each_version_states_what_it_changed(alice: Client, session: DubbingSession):
    """Rows, API and a restore; the words are stored, so that each row needs no further query."""
    changed = {**FILES, "audio/hi_audio.wav": b"another take", "audio/es_audio.wav": b"new"}
    del changed["translations/subtitles.srt"]
    sketch_version(session, changed)
    alice.post(reverse("version-restore", args=[session.code, 1]))

    words = [
        "1 new: translations/subtitles.srt; 1 changed: audio/hi_audio.wav; 1 removed",
        "1 new: audio/es_audio.wav; 1 changed: audio/hi_audio.wav; 1 removed",
        "9 new: audio/hi_audio.wav, final_videos/hi_final.mp4 and 7 more",
    ]
    for url in (reverse("session-detail", args=[session.code]), reverse("version-list", args=[session.code])):
        page = alice.get(url).content.decode()
        assert [text in page for text in words] == [True, True, True]
    items = alice.get(f"/api/v1/sessions/{session.code}/versions").json()["items"]
    assert [item["change_summary"] for item in items] == words
    assert items[1]["changes"] == {
        "new": {"count": 1, "size": 3, "paths": ["audio/es_audio.wav"]},
        "changed": {"count": 1, "size": 12, "paths": ["audio/hi_audio.wav"]},
        "removed": {"count": 1, "size": 2, "paths": ["translations/subtitles.srt"]},
    }


@pytest.mark.parametrize(
    ("number", "message"), [(1, "Nothing changed"), (2, "no version 2"), (2**63, "no version")]
)
def test_a_restore_without_effect_shows_an_error(
    alice: Client, session: DubbingSession, number: int, message: str
):
    response = alice.post(f"/sessions/{session.code}/versions/{number}/restore/", follow=True)

    assert message_of(response)[0] == "error"
    assert message in message_of(response)[1]
    assert current_of(session).number == 1


def test_metadata_json_is_that_of_the_original_with_full_paths(alice: Client, world: World):
    session = sketch_session(
        world.alice, "my talk", FILES, document={"video_name": "a.mp4", "future": {"list": [1]}}
    )

    response = alice.get(f"/sessions/{session.code}/versions/1/metadata.json")

    document = json.loads(response.content)
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="metadata.json"'
    assert (document["session_name"], document["video_name"], document["future"]) == (
        "my talk",
        "a.mp4",
        {"list": [1]},
    )
    assert document["audio_paths"] == {"hi": "sessions/my talk/audio/hi_audio.wav"}
    assert list(document)[:3] == ["session_name", "video_name", "languages"]
    assert len(document["created_at"].partition(".")[2]) >= 6


def test_an_export_requested_twice_is_one_job(alice: Client, session: DubbingSession):
    url = f"/sessions/{session.code}/versions/1/export/"

    assert alice.post(url)["Location"] == alice.post(url)["Location"]
    assert Job.objects.count() == 1


# -- Saving on top --------------------------------------------------------------------------------------------------------------


def test_a_save_on_an_outdated_version_names_the_author_of_the_current_one(
    alice: Client, session: DubbingSession
):
    sketch_version(session, {"audio/es_audio.wav": b"mine"})

    response = post_json(
        alice, f"{ROOT}/sessions/{session.code}/versions", {"parent": 1, "removed": ["audio/hi_audio.wav"]}
    )

    assert (response.status_code, response.json()["code"], response.json()["current"]) == (409, "conflict", 2)
    assert "alice saved version 2" in response.json()["detail"]
    assert not Job.objects.exists()


def test_only_a_save_can_be_put_on_top(alice: Client, session: DubbingSession):
    export = sketch_job(session)

    response = alice.post(f"/jobs/{export.code}/save-on-top/", follow=True)

    assert message_of(response) == ("error", "Only a save can be repeated on top of another version.")


def test_an_unfinished_job_is_shown_instead_of_retried(alice: Client, session: DubbingSession):
    save = sketch_job(session, Job.Kind.SAVE, params={"parent": 1, "upload_count": 0})

    for act in ("save-on-top", "retry"):
        response = alice.post(f"/jobs/{save.code}/{act}/", follow=True)
        assert "can be retried" not in response.content.decode()
        assert str(save.code) in response.content.decode()

    save.refresh_from_db()
    assert save.state == Job.State.QUEUED


def test_a_job_is_cancelled_once(alice: Client, session: DubbingSession):
    job = sketch_job(session)

    first, second = (alice.post(f"/jobs/{job.code}/cancel/", follow=True) for _ in range(2))

    assert message_of(first) == ("success", "The job was cancelled.")
    assert message_of(second) == ("error", "This job has ended already.")


def test_a_running_job_is_cancelled_later(alice: Client, session: DubbingSession):
    job = sketch_job(session)
    assert job.claim(now=now(), lease_until=now() + settings.JOB_LEASE)

    response = alice.post(f"/jobs/{job.code}/cancel/", follow=True)

    assert message_of(response) == ("success", "The job is being cancelled.")


def test_the_list_of_jobs_keeps_its_filter_after_cancelling(alice: Client, session: DubbingSession):
    job = sketch_job(session)
    page = alice.get("/jobs/?state=unfinished&kind=export").content.decode()
    assert '<input type="hidden" name="state" value="unfinished">' in page

    response = alice.post(
        f"/jobs/{job.code}/cancel/", {"from": "jobs", "state": "unfinished", "kind": "export", "after": "x"}
    )

    assert response["Location"] == "/jobs/?state=unfinished&kind=export"
