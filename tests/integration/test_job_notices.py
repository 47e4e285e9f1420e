"""Notices of ended jobs, what helps after a failure, and the pages that show both."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sessions_app.models import DubbingSession, Job
from sessions_app.templatetags.jobs import remedy
from tests.integration.sketches import (
    now,
    signed_in,
    sketch_export,
    sketch_job,
    sketch_session,
    sketch_version,
)
from tests.integration.worlds import world_of_rows
from tests.world import World

pytestmark = pytest.mark.one_stack

world = world_of_rows


@pytest.fixture
def alice(world: World) -> Client:
    return signed_in(world.alice)


@pytest.fixture
def talk(world: World) -> DubbingSession:
    return sketch_session(world.alice, name="talk")


def ended(session: DubbingSession, kind: Job.Kind, state: Job.State, **fields: Any) -> Job:
    return sketch_job(session, kind=kind, state=state, finished_at=now(), **fields)


def notice_of(client: Client, job: Job) -> dict[str, Any]:
    jobs = client.get("/updates/").json()["jobs"]
    return next(each for each in jobs if each["code"] == str(job.code))


@pytest.mark.parametrize(
    ("kind", "result", "expected"),
    [
        (Job.Kind.SAVE, {"version": 6}, ("Saved as version 6", "good", "Open")),
        (Job.Kind.SAVE, {"version": 6, "left_out": 2}, ("Saved as version 6", "warn", "Open")),
        (Job.Kind.IMPORT, {"sessions": [{}]}, ("Import finished: 1 session", "good", "Open")),
        (Job.Kind.IMPORT, {"sessions": [{}] * 3}, ("Import finished: 3 sessions", "good", "Show sessions")),
        (Job.Kind.PREVIEW, {"sessions": [{}]}, ("Import preview ready", "good", "Show")),
        (Job.Kind.CLEANUP, {"freed": 2048}, ("2.0\xa0KiB freed", "good", "Show")),
    ],
)
def test_a_notice_has_what_the_job_made(
    alice: Client,
    talk: DubbingSession,
    kind: Job.Kind,
    result: dict[str, Any],
    expected: tuple[str, ...],
):
    job = ended(talk, kind, Job.State.SUCCEEDED, result=result)

    notice = notice_of(alice, job)

    assert (notice["text"], notice["level"], notice["action"]["label"]) == expected
    assert notice["action"]["url"].startswith(("/sessions/", f"/jobs/{job.code}/"))


def test_the_notice_of_an_export_downloads_it_while_it_exists(alice: Client, talk: DubbingSession):
    export = sketch_export(talk)
    job = ended(talk, Job.Kind.EXPORT, Job.State.SUCCEEDED)
    type(export).objects.filter(pk=export.pk).update(job=job)

    action = notice_of(alice, job)["action"]

    assert action == {"label": "Download", "url": f"/exports/{export.code}/download/", "download": True}
    type(export).objects.filter(pk=export.pk).update(expires_at=now())
    assert notice_of(alice, job)["action"] is None


def test_a_renamed_session_and_warnings_are_part_of_the_notice(alice: Client, talk: DubbingSession):
    result = {
        "version": 1,
        "requested_name": "talk",
        "name": "talk 2",
        "left_out": 1,
        "warnings": ["“a.json” is not valid JSON."],
    }
    job = ended(talk, Job.Kind.SAVE, Job.State.SUCCEEDED, result=result)

    assert notice_of(alice, job)["detail"] == (
        "You already have a session named “talk”, so this one is named “talk 2”. 1 file was left out, as you chose. "
        "“a.json” is not valid JSON. The file itself is kept."
    )


def test_an_unfinished_job_can_be_cancelled(alice: Client, talk: DubbingSession):
    waiting = sketch_job(talk)

    assert alice.post(notice_of(alice, waiting)["cancel"]).status_code == 200
    assert notice_of(alice, waiting)["cancel"] is None


@pytest.mark.parametrize(("state", "code"), [(Job.State.FAILED, "storage"), (Job.State.CANCELLED, "")])
def test_a_failed_or_cancelled_job_can_be_tried_again(
    alice: Client, talk: DubbingSession, state: Job.State, code: str
):
    job = ended(talk, Job.Kind.EXPORT, state, error_code=code, params={"version": 1})
    assert f'action="/jobs/{job.code}/retry/"' in alice.get("/jobs/").content.decode()

    assert alice.post(notice_of(alice, job)["retry"]).status_code == 202
    assert notice_of(alice, job)["state"] == "queued"


@pytest.mark.parametrize(
    ("kind", "code", "label"),
    [
        (Job.Kind.IMPORT, "zip_damaged", "Choose another file"),
        (Job.Kind.SAVE, "uploads_deleted", "Choose the files again"),
        (Job.Kind.SAVE, "unchanged", None),
        (Job.Kind.SAVE, "conflict", None),
        (Job.Kind.EXPORT, "storage", None),
    ],
)
def test_the_notice_of_a_job_that_cannot_be_tried_again_links_to_what_helps(
    alice: Client, talk: DubbingSession, kind: Job.Kind, code: str, label: str | None
):
    job = ended(talk, kind, Job.State.FAILED, error_code=code)

    action = notice_of(alice, job)["action"]

    assert (action["label"] if action else None) == label


@pytest.mark.parametrize("state", [Job.State.QUEUED, Job.State.SUCCEEDED])
def test_trying_a_job_again_that_waits_or_has_succeeded_leads_to_the_job(
    alice: Client, talk: DubbingSession, state: Job.State
):
    finished_at = now() if state == Job.State.SUCCEEDED else None
    job = sketch_job(talk, state=state, finished_at=finished_at, result={"filename": "talk.zip", "size": 5})

    response = alice.post(f"/jobs/{job.code}/retry/")

    assert response["Location"] == f"/jobs/{job.code}/"
    assert 'class="message' not in alice.get(f"/jobs/{job.code}/").content.decode()


@pytest.mark.parametrize(
    ("kind", "code", "label"),
    [
        (Job.Kind.IMPORT, "zip_damaged", "Choose another file"),
        (Job.Kind.PREVIEW, "too_large", "Choose another file"),
        (Job.Kind.IMPORT, "storage", "Try again"),
        (Job.Kind.IMPORT, "over_quota", "Try again"),
        (Job.Kind.EXPORT, "disk_full", "Try again"),
        (Job.Kind.SAVE, "worker_lost", "Try again"),
        (Job.Kind.SAVE, "uploads_deleted", "Choose the files again"),
        (Job.Kind.SAVE, "conflict", "Save on top of version 1"),
    ],
)
def test_a_failed_job_offers_what_can_help_and_one_primary_button(
    alice: Client, talk: DubbingSession, kind: Job.Kind, code: str, label: str
):
    job = ended(talk, kind, Job.State.FAILED, error_code=code, error_message="It failed.")
    offered = remedy(job)
    assert offered is not None
    assert offered.label == label

    page = alice.get(f"/jobs/{job.code}/").content.decode()
    history = alice.get("/jobs/?state=failed").content.decode()

    assert page.count("button primary") + page.count("button  primary") == 1
    assert label in page
    assert label in history
    assert offered.sentence in history


def test_a_save_without_changes_has_no_remedy(talk: DubbingSession):
    assert remedy(ended(talk, Job.Kind.SAVE, Job.State.FAILED, error_code="unchanged")) is None


def test_the_history_is_filtered_by_state_and_kind(alice: Client, talk: DubbingSession):
    save = ended(talk, Job.Kind.SAVE, Job.State.FAILED)
    export = ended(talk, Job.Kind.EXPORT, Job.State.FAILED)
    waiting = sketch_job(talk, kind=Job.Kind.SAVE)

    def shown(query: str) -> set[Job]:
        page = alice.get(f"/jobs/?{query}").content.decode()
        return {job for job in (save, export, waiting) if f'data-job="{job.code}"' in page}

    assert shown("") == {save, export, waiting}
    assert shown("state=failed") == {save, export}
    assert shown("state=failed&kind=save") == {save}
    assert shown("state=unfinished") == {waiting}
    assert shown("state=done") == set()
    assert shown("state=unknown&kind=unknown") == {save, export, waiting}


def test_a_session_shows_running_jobs_and_a_save_that_failed_after_its_version(
    alice: Client, talk: DubbingSession
):
    def shown() -> str:
        return alice.get(f"/sessions/{talk.code}/").content.decode().partition('class="columns"')[0]

    waiting = sketch_job(talk, kind=Job.Kind.SAVE)
    assert f'data-job="{waiting.code}"' in shown()
    assert "No worker is running" in shown()
    Job.objects.filter(pk=waiting.pk).update(
        state=Job.State.FAILED, error_code="storage", error_message="The storage is full.", finished_at=now()
    )
    assert "The storage is full." in shown()
    sketch_version(talk, {"a.wav": b"new"})
    assert "The storage is full." not in shown()


def test_the_page_after_the_first_upload_forwards_to_the_new_session(alice: Client, talk: DubbingSession):
    job = sketch_job(talk, kind=Job.Kind.SAVE)
    page, part = f"/jobs/{job.code}/?then=session", f"/jobs/{job.code}/progress/?then=session"
    assert '"then": "session"' in alice.get(page).content.decode()
    assert "HX-Redirect" not in alice.get(part)
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.SUCCEEDED, result={"version": 1, "files": 1, "stored_size": 5}, finished_at=now()
    )

    assert alice.get(part)["HX-Redirect"] == f"/sessions/{talk.code}/"
    assert alice.get(page)["Location"] == f"/sessions/{talk.code}/"
    assert alice.get(f"/jobs/{job.code}/").status_code == 200  # the job page stays as an address


@pytest.mark.parametrize(
    "report",
    [
        {"requested_name": "another"},
        {"left_out": ["b.txt"], "left_out_count": 1},
        {"failed": [{"folder": "b", "message": "It is damaged."}], "failed_count": 1},
        {"warnings": [{"folder": "", "messages": ["The language is unknown."]}]},
    ],
)
def test_an_import_forwards_to_its_session_unless_it_reports_more(
    alice: Client, talk: DubbingSession, report: dict[str, Any]
):
    job = sketch_job(talk, kind=Job.Kind.IMPORT)
    page = f"/jobs/{job.code}/?then=session"
    result = {
        "requested_name": "talk",
        "name": "talk",
        "files": 1,
        "total_size": 5,
        "left_out_count": 0,
        "warnings": [],
    }
    finished = {"state": Job.State.SUCCEEDED, "finished_at": now()}
    Job.objects.filter(pk=job.pk).update(**finished, result=result)
    assert alice.get(page)["Location"] == f"/sessions/{talk.code}/"
    assert alice.get(f"/jobs/{job.code}/progress/?then=session")["HX-Redirect"] == f"/sessions/{talk.code}/"
    Job.objects.filter(pk=job.pk).update(result=result | report)

    response = alice.get(page)

    assert response.status_code == 200
    assert f'data-shows-job="{job.code}"' in response.content.decode()  # and no notice repeats it


def test_an_import_of_several_sessions_lists_them(alice: Client, talk: DubbingSession):
    job = sketch_job(talk, kind=Job.Kind.IMPORT)
    imported = [
        {"session": str(talk.code), "name": name, "requested_name": name, "files": 1, "total_size": 5}
        for name in ("talk", "walk")
    ]
    Job.objects.filter(pk=job.pk).update(
        session=None,
        state=Job.State.SUCCEEDED,
        finished_at=now(),
        result={**imported[0], "sessions": imported},
    )

    page = alice.get(f"/jobs/{job.code}/?then=session")

    assert page.status_code == 200
    assert "walk" in page.content.decode()


def test_an_export_stays_on_its_page_with_the_progress_and_the_download(
    world: World, alice: Client, talk: DubbingSession
):
    response = alice.post(f"/sessions/{talk.code}/versions/1/export/")
    job = Job.objects.get(kind=Job.Kind.EXPORT)
    address = response["Location"]
    assert address == f"/sessions/{talk.code}/versions/1/export/new/?job={job.code}"
    page = alice.get(address).content.decode()
    assert f"/jobs/{job.code}/progress/" in page
    assert f'action="/jobs/{job.code}/cancel/"' in page
    export = sketch_export(talk)
    type(export).objects.filter(pk=export.pk).update(job=job)
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.SUCCEEDED, result={"filename": "talk_export.zip", "size": 5}, finished_at=now()
    )

    page = alice.get(address).content.decode()

    assert f"/exports/{export.code}/download/" in page
    assert page.count("button primary") == 1
    other = sketch_session(world.bob)
    assert str(job.code) not in signed_in(world.bob).get(
        f"/sessions/{other.code}/versions/1/export/new/?job={job.code}"
    ).content.decode().replace(address, "")


def test_names_written_from_right_to_left_are_isolated_in_notices(world: World, alice: Client):
    name = "مقابلة 3"
    session = sketch_session(world.alice, name=name)
    job = ended(session, Job.Kind.EXPORT, Job.State.SUCCEEDED, params={"version": 1})

    assert notice_of(alice, job)["title"] == f"Export of \u2068{name}\u2069, version 1"
    alice.post(f"/sessions/{session.code}/trash/")
    assert f"“\u2068{name}\u2069” was moved to the trash" in alice.get("/sessions/").content.decode()
