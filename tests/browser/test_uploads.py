"""Uploads from a browser: which bytes are sent, how an upload resumes, and messages about failures."""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Response, Route, expect

from tests.browser.browser_user import BrowserUser
from tests.services.waits import LIMIT

PART = 8 * 1024 * 1024
VIDEO_PARTS = 2
VIDEO_SIZE = VIDEO_PARTS * PART
PROJECT_PARTS = 2 + 1 + 1
"""Parts of the project's files. Few and small: Chromium copies each body for the test that watches it."""
PARTS = re.compile(r"/api/v1/uploads/[^/]+/parts/\d+$")
STORED_RECORDS = """async () => {
    const records = [];
    const resultOf = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    for (const { name } of await indexedDB.databases()) {
        const database = await resultOf(indexedDB.open(name));
        for (const store of database.objectStoreNames) records.push(...await resultOf(database.transaction(store).objectStore(store).getAll()));
        database.close();
    }
    return records;
}"""
"""Script that returns all records of the browser's databases."""


def wait_for(page: Page, is_met: Callable[[], object]) -> None:
    """Wait for what handlers of the page's events record."""
    deadline = time.monotonic() + LIMIT
    while not is_met():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


@dataclass
class Traffic:
    """Part requests of a page."""

    started: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> Traffic:
        traffic = cls()
        page.on("request", traffic._on_request)
        page.on("response", traffic._on_response)
        return traffic

    def _on_request(self, request: Request) -> None:
        if request.method == "PUT":
            self.started.append(request.url)

    def _on_response(self, response: Response) -> None:
        if response.request.method == "PUT" and response.ok:
            self.arrived.append(response.url)


class Gate:
    """Hold back part requests, so that a test can act in the middle of a transfer."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pending: list[Route] = []
        self.is_open = False
        page.route(PARTS, self._on_part)

    def _on_part(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.pending.append(route)

    def release_one(self) -> int:
        """Release one request and return the number of its part when it has arrived."""
        wait_for(self.page, lambda: self.pending)
        with self.page.expect_response(PARTS) as arrived:
            self.pending.pop(0).continue_()
        assert arrived.value.ok
        arrived.value.finished()  # the page has read it, too
        return int(arrived.value.url.rpartition("/")[2])

    def open(self) -> None:
        """Release all pending and later requests."""
        self.is_open = True
        for route in self.pending:
            route.continue_()

    def close(self) -> None:
        """Hold back later requests; the page has aborted the pending ones."""
        self.pending.clear()

    def let_through(self) -> None:
        """Release later requests; the page has aborted the pending ones."""
        self.is_open = True


@pytest.fixture
def bob(make_signed_in_user: Callable[..., BrowserUser]) -> BrowserUser:
    """Bob, who is signed in and confirms to leave pages that upload."""
    bob = make_signed_in_user("bob")
    bob.page.on("dialog", lambda dialog: dialog.accept())
    return bob


@pytest.fixture
def video(work_folder: Path) -> Path:
    """One file, large enough for the page to show that it is being read."""
    file = work_folder / "talk.mp4"
    file.write_bytes(os.urandom(VIDEO_SIZE))
    return file


@pytest.fixture
def project(work_folder: Path) -> Path:
    """A folder of large files and a small one, with bytes that no other test uses."""
    folder = work_folder / "talk"
    (folder / "audio").mkdir(parents=True)
    (folder / "talk.mp4").write_bytes(os.urandom(PART + 5))
    (folder / "audio" / "hi_audio.wav").write_bytes(os.urandom(PART // 4))
    (folder / "notes.txt").write_bytes(os.urandom(100))
    return folder


def begin(user: BrowserUser, name: str, folder: Path) -> None:
    """Choose a folder for a new session and press Save."""
    user.open("/sessions/new/")
    begin_on_page(user, name, folder)


def begin_on_page(user: BrowserUser, name: str, folder: Path) -> None:
    user.page.get_by_label("Name", exact=True).fill(name)
    user.choose("folder", folder)
    user.page.get_by_role("button", name="Save session").click()


def begin_video(user: BrowserUser, video: Path) -> None:
    user.open("/sessions/new/")
    user.page.get_by_label("Name", exact=True).fill("talk")
    user.choose("files", video)
    user.page.get_by_role("button", name="Save session").click()


def record_hashing(page: Page) -> None:
    """Make each page that opens from now on record what its workers report while they read a large file."""
    page.add_init_script("""
        window.hashedBytes = [];
        window.Worker = class extends Worker {
            constructor(...options) {
                super(...options);
                this.addEventListener("message", ({ data }) => data.hashedBytes && hashedBytes.push(data.hashedBytes));
            }
        };
    """)


def has_read(page: Page) -> bool:
    """Return whether the page has read a large file, not only looked its digest up."""
    return bool(page.evaluate("hashedBytes.length"))


def change_keeping_time(file: Path, at: int, data: bytes) -> None:
    """Change bytes of a file, and restore its modification time as some tools do."""
    before = file.stat()
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def fulfill_problem(route: Route, status: int, code: str, detail: str) -> None:
    problem = {"type": "about:blank", "title": "Refused", "status": status, "code": code, "detail": detail}
    route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(problem))


def test_small_files_are_sent_as_one_pack_and_only_once(bob: BrowserUser, work_folder: Path):
    folder = work_folder / "segments"
    folder.mkdir()
    for number in range(100):
        (folder / f"hi_{number:03}.wav").write_bytes(os.urandom(1000 + number))
    (folder / "empty.txt").touch()
    traffic = Traffic.of(bob.page)

    begin(bob, "hundreds", folder)
    bob.wait_for_version(1)
    assert len(traffic.started) == 1

    (folder / "hi_007.wav").write_bytes(b"another take")
    bob.page.get_by_role("link", name="Save new version").click()
    bob.choose("folder", folder)
    bob.page.route("**/versions", lambda route: route.abort())  # keeps the page open
    bob.page.get_by_role("button", name="Save new version").click()
    expect(bob.page.get_by_text(re.compile("100 files, .*, already stored"))).to_be_visible()
    row = bob.page.get_by_role("row", name=re.compile("hi_008.wav"))
    expect(row).to_contain_text("Already stored")
    expect(bob.page.get_by_role("row", name=re.compile("hi_007.wav"))).to_contain_text("Uploaded")
    expect(bob.page.get_by_text("The portal cannot be reached. Trying again")).to_be_visible()
    bob.page.unroute("**/versions")
    bob.wait_for_version(2)
    assert len(traffic.started) == 2


def test_a_paused_upload_resumes_without_sending_a_part_twice(bob: BrowserUser, project: Path):
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    begin(bob, "paused", project)
    expect(bob.page.locator("[data-phase='uploading']")).to_have_attribute("aria-current", "step")
    gate.release_one()

    bob.page.get_by_role("button", name="Pause").click()
    resume = bob.page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    expect(bob.page.get_by_text("Paused")).to_be_attached()
    gate.let_through()
    resume.click()

    bob.wait_for_version(1)
    assert Counter(traffic.arrived) == Counter(set(traffic.arrived))
    assert len(traffic.arrived) == PROJECT_PARTS


@pytest.mark.accident
def test_an_upload_paused_in_the_last_moment_can_be_resumed(bob: BrowserUser, project: Path):
    requests: list[Route] = []
    bob.page.route("**/uploads/complete", lambda route: requests.append(route), times=1)  # noqa: PLW0108 (it marks the handler)
    begin(bob, "paused late", project)
    wait_for(bob.page, lambda: requests)

    bob.page.get_by_role("button", name="Pause").click()
    requests[0].continue_()
    expect(bob.page.locator("[data-phase='saving']")).to_have_attribute("aria-current", "step")
    bob.page.get_by_role("button", name="Resume").click()

    bob.wait_for_version(1)


def test_after_a_refresh_the_same_folder_resumes(bob: BrowserUser, project: Path):
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    bob.open("/sessions/new/")
    bob.page.get_by_label("Message").fill("First upload")
    bob.choose("folder", project)
    row = bob.page.get_by_role("row").filter(has_text="notes.txt")
    row.get_by_role("checkbox").check()
    bar = bob.page.get_by_role("group", name="Correct labels")
    bar.get_by_label("Category").select_option("Translations")
    bar.get_by_role("button", name="Correct labels").click()
    begin_on_page(bob, "refreshed", project)
    gate.release_one()
    gate.release_one()  # at least one of the two is not of the file that changes
    arrived = set(traffic.arrived)

    bob.page.reload()
    gate.let_through()
    traffic.started.clear()
    card = bob.page.get_by_role("region", name="An upload was interrupted")
    expect(card).to_contain_text("“refreshed”: 3 files")
    expect(card.get_by_role("button", name="Choose the folder again")).to_be_visible()
    expect(bob.page.get_by_label("Name", exact=True)).to_have_value("refreshed")
    expect(bob.page.get_by_label("Message")).to_have_value("First upload")
    (project / "notes.txt").write_bytes(b"changed")
    bob.choose("folder", project)
    expect(
        bob.page.get_by_text("Missing or changed since the interrupted upload: “talk/notes.txt”.")
    ).to_be_visible()
    expect(card).to_be_hidden()
    expect(row).to_contain_text("Translations")
    bob.page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)

    assert not arrived & set(traffic.started)
    assert len(traffic.started) < PROJECT_PARTS


@pytest.mark.accident
def test_after_a_refresh_a_large_file_is_not_read_again(bob: BrowserUser, video: Path):
    record_hashing(bob.page)
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    begin_video(bob, video)
    gate.release_one()
    assert has_read(bob.page)

    bob.page.reload()
    gate.close()
    arrived = set(traffic.arrived)
    traffic.started.clear()
    begin_video(bob, video)
    gate.release_one()
    assert not has_read(bob.page)
    gate.open()

    bob.wait_for_version(1)
    assert not arrived & set(traffic.started)
    assert len(set(traffic.started)) == VIDEO_PARTS - len(arrived)


@pytest.mark.variant
def test_a_file_that_the_portal_has_is_read_again_because_it_is_not_sent(bob: BrowserUser, video: Path):
    record_hashing(bob.page)
    begin_video(bob, video)
    bob.wait_for_version(1)
    bob.page.route("**/api/v1/saves", lambda route: route.abort())  # keeps the page open
    for _ in range(2):
        begin_video(bob, video)
        expect(bob.page.get_by_text("1 file, 16.0 MiB, already stored.")).to_be_visible()
        assert has_read(bob.page)


@pytest.mark.variant
def test_a_cached_digest_of_a_changed_file_fails_the_save_and_is_discarded(bob: BrowserUser, video: Path):
    gate = Gate(bob.page)
    begin_video(bob, video)
    arrived = gate.release_one()
    bob.page.reload()
    another = arrived % VIDEO_PARTS  # arrived is counted from 1, so this is the part after it
    change_keeping_time(video, at=another * PART + 1_000_000, data=b"another take")
    gate.let_through()
    begin_video(bob, video)

    bob.wait_for_job("does not have the SHA-256 that was declared for it")

    begin_video(bob, video)
    bob.wait_for_version(1)


@pytest.mark.variant
def test_the_digest_cache_distinguishes_files_of_the_same_size_and_time(bob: BrowserUser, video: Path):
    gate = Gate(bob.page)
    begin_video(bob, video)
    gate.release_one()
    bob.page.reload()
    change_keeping_time(video, at=0, data=os.urandom(VIDEO_SIZE))
    gate.let_through()

    begin_video(bob, video)

    bob.wait_for_version(1)


@pytest.mark.variant
def test_a_sign_out_deletes_the_digest_cache(bob: BrowserUser, video: Path):
    gate = Gate(bob.page)
    begin_video(bob, video)
    gate.release_one()
    (record,) = bob.page.evaluate(STORED_RECORDS)
    assert sorted(record) == ["key", "savedAt", "sha256"]
    assert video.name not in str(record)

    elsewhere = bob.open_tab()
    elsewhere.open("/")
    elsewhere.sign_out()
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    elsewhere.page.wait_for_function("indexedDB.databases().then((all) => all.length === 0)")

    bob.add_login_cookie()
    bob.page.reload()
    gate.let_through()
    begin_video(bob, video)
    bob.wait_for_version(1)


@pytest.mark.accident
def test_an_upload_waits_for_a_lost_network(bob: BrowserUser, project: Path):
    gate = Gate(bob.page)
    begin(bob, "offline", project)
    gate.release_one()

    bob.page.context.set_offline(True)
    gate.open()
    expect(bob.page.get_by_text("No connection. The upload resumes when it is back.")).to_be_visible()
    bob.page.context.set_offline(False)

    bob.wait_for_version(1)


@pytest.mark.accident
def test_failed_requests_are_repeated(bob: BrowserUser, project: Path):
    failed: list[str] = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        fulfill_problem(route, 503, "storage", "The storage is unavailable.")

    bob.page.route(PARTS, fail)
    bob.page.route("**/api/v1/blobs/missing", fail, times=1)
    bob.page.route("**/api/v1/uploads/complete", lambda route: route.abort(), times=1)

    begin(bob, "failing", project)

    wait_for(bob.page, lambda: any(PARTS.search(url) for url in failed))
    expect(bob.page.get_by_text("The storage is unavailable.")).to_be_visible()
    bob.page.unroute(PARTS)
    bob.wait_for_version(1)


@pytest.mark.variant
def test_refused_files_are_listed_with_the_reason_and_can_be_tried_again(bob: BrowserUser, project: Path):
    refused = "You use all the storage that you may. Delete something first."
    traffic = Traffic.of(bob.page)

    def refuse_the_smallest_upload(route: Route) -> None:
        response = route.fetch()
        smallest = min(response.json()["uploads"], key=lambda upload: upload["size"])
        bob.page.route(
            f"**/uploads/{smallest['code']}/parts/1",
            lambda part: fulfill_problem(part, 413, "over_quota", refused),
        )
        route.fulfill(response=response)

    bob.page.route("**/api/v1/uploads", refuse_the_smallest_upload)
    begin(bob, "refused", project)
    failures = bob.page.get_by_role("alert").filter(has_text="1 file could not be uploaded")
    expect(failures).to_contain_text(f"talk/notes.txt: {refused}")
    row = bob.page.get_by_role("row", name=re.compile("notes.txt"))
    expect(row).to_contain_text("Failed")
    expect(row).to_contain_text(refused)
    expect(bob.page.get_by_role("row", name=re.compile("talk.mp4"))).to_contain_text("Uploaded")
    expect(bob.page.get_by_role("button", name="Retry these files")).to_be_focused()
    bob.page.unroute_all()
    traffic.started.clear()
    bob.page.get_by_role("button", name="Retry these files").click()

    bob.wait_for_version(1)
    assert len(traffic.started) == 1


@pytest.mark.variant
def test_a_file_that_changes_after_it_was_chosen_is_reported_and_can_be_left_out(
    bob: BrowserUser, project: Path
):
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("moving")
    bob.choose("folder", project)
    expect(bob.page.get_by_role("button", name="Save session")).to_be_enabled()
    (project / "notes.txt").write_bytes(b"changed")
    os.utime(project / "notes.txt", (1, 1))
    (project / "audio" / "hi_audio.wav").unlink()

    bob.page.get_by_role("button", name="Save session").click()
    failures = bob.page.get_by_role("alert").filter(has_text="2 files could not be uploaded")
    expect(failures).to_contain_text("notes.txt: It was changed after it was chosen")
    expect(failures).to_contain_text("hi_audio.wav: It was moved, renamed or deleted")
    bob.page.get_by_role("button", name="Leave out talk/notes.txt").click()
    bob.page.get_by_role("button", name="Leave out talk/audio/hi_audio.wav").click()
    bob.page.get_by_role("button", name="Save session").click()

    bob.wait_for_version(1)


@pytest.mark.accident
def test_an_upload_resumes_after_a_sign_out_and_a_new_sign_in(bob: BrowserUser, project: Path):
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    begin(bob, "signed out", project)
    gate.release_one()
    bob.page.context.clear_cookies()
    gate.open()
    warning = bob.page.get_by_role("alert").filter(has_text="You are signed out.")
    expect(warning).to_contain_text("The uploaded files are kept")
    with bob.page.context.expect_page() as opened:
        warning.get_by_role("link", name="sign in again").click()
    elsewhere = BrowserUser(opened.value, bob.address, bob.controller, bob.name)
    elsewhere.sign_in()
    bob.focus_tab()
    bob.page.get_by_role("button", name="Resume").click()

    bob.wait_for_version(1)
    assert Counter(traffic.arrived) == Counter(set(traffic.arrived))


@pytest.mark.variant
def test_a_cancelled_save_deletes_its_uploads_and_creates_no_session(bob: BrowserUser, project: Path):
    gate = Gate(bob.page)
    begin(bob, "cancelled", project)
    gate.release_one()

    with bob.page.expect_response(lambda response: response.request.method == "DELETE") as discarded:
        bob.page.get_by_role("button", name="Cancel", exact=True).click()
    assert discarded.value.status == 204
    expect(bob.page.get_by_text("Cancelled. Nothing was saved.")).to_be_visible()
    expect(bob.page.get_by_role("button", name="Save session")).to_be_enabled()
    bob.open("/sessions/?q=cancelled")
    expect(bob.page.get_by_role("link", name="cancelled", exact=True)).to_have_count(0)


@pytest.mark.accident
def test_parts_that_the_server_lost_are_sent_again(bob: BrowserUser, work_folder: Path):
    video = work_folder / "talk.mp4"
    video.write_bytes(os.urandom(100_000))
    traffic = Traffic.of(bob.page)

    def report_lost_part(route: Route) -> None:
        (code,) = json.loads(route.request.post_data or "{}")["uploads"]
        problem = {
            "status": 409,
            "code": "upload_incomplete",
            "detail": "Parts were lost.",
            "incomplete": [{"upload": code, "missing": [1]}],
        }
        route.fulfill(status=409, content_type="application/problem+json", body=json.dumps(problem))

    bob.page.route("**/api/v1/uploads/complete", report_lost_part, times=1)
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("lost parts")
    bob.choose("files", video)
    bob.page.get_by_role("button", name="Save session").click()

    bob.wait_for_version(1)
    assert len(traffic.started) == 2
    assert traffic.started[0] == traffic.started[1]


@pytest.mark.variant
def test_a_refused_first_version_leaves_no_session(bob: BrowserUser, work_folder: Path):
    (work_folder / "talk.mp4").write_bytes(os.urandom(1000))
    bob.page.route(
        "**/api/v1/saves",
        lambda route: fulfill_problem(route, 413, "over_quota", "Your quota is full."),
        times=1,
    )
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("Refused")
    bob.choose("files", work_folder / "talk.mp4")
    bob.page.get_by_role("button", name="Save session").click()
    expect(bob.page.get_by_text("Your quota is full.")).to_be_visible()
    names = bob.page.evaluate(
        "async () => (await (await fetch('/api/v1/sessions?name=Refused')).json()).items"
    )
    assert names == []
    expect(bob.page.get_by_label("Name", exact=True)).to_be_editable()

    bob.page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    expect(bob.page.get_by_role("heading", level=1)).to_contain_text("Refused")


@pytest.mark.variant
def test_files_that_cannot_be_saved_are_left_out_after_a_question(bob: BrowserUser, work_folder: Path):
    folder = work_folder / "talk"
    for number in range(22):
        place = folder
        for name in [*["n" * 200] * 6, f"{number:02}"]:
            place /= name
            place.mkdir(exist_ok=True, parents=True)
        (place / "take.wav").write_bytes(b"x")
    (folder / "00:01:00.wav").write_bytes(b"colon")
    page = bob.page
    bob.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill("Left out")
    bob.choose("folder", folder)
    question = page.get_by_role("region", name="22 files cannot be saved")
    expect(question.get_by_role("listitem")).to_have_count(21)
    expect(question).to_contain_text("is longer than 1024 bytes. Shorten its folders.")
    expect(question).to_contain_text("… and 2 files more.")
    expect(page.get_by_role("button", name="Save session")).to_be_hidden()

    question.get_by_role("button", name="Save without these").click()
    bob.wait_for_version(1)
    bob.wait_for_notice("22 files were left out, as you chose.")
    expect(page.get_by_text("1 file · 22 left out")).to_be_visible()
    page.get_by_text("22 files of the folder were left out, because of their names").click()
    expect(page.locator("details .failures li")).to_have_count(22)
    expect(page.get_by_role("row", name="00:01:00.wav")).to_be_visible()


@pytest.mark.variant
def test_a_save_on_top_of_another_version_sends_no_part_again(
    bob: BrowserUser, project: Path, work_folder: Path
):
    begin(bob, "both", project)
    bob.wait_for_version(1)
    bob.page.wait_for_url("**/sessions/*/")
    session = bob.page.url
    second = bob.open_tab()
    for user, language in ((bob, "hi"), (second, "es")):
        user.focus_tab()
        file = work_folder / f"{language}_voice.wav"
        file.write_bytes(os.urandom(100_000))
        user.page.goto(f"{session}save/")
        user.choose("files", file)
        expect(user.page.get_by_role("button", name="Save new version")).to_be_enabled()
    second.page.get_by_role("button", name="Save new version").click()
    second.wait_for_version(2)
    bob.focus_tab()
    traffic = Traffic.of(bob.page)
    bob.page.get_by_role("button", name="Save new version").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("saved version 2")
    assert len(traffic.started) == 1
    bob.page.get_by_role("button", name="Save on top of it").click()

    bob.wait_for_version(3)
    assert len(traffic.started) == 1


@pytest.mark.accident
def test_an_import_resumes_after_a_refresh(bob: BrowserUser, work_folder: Path):
    archive = work_folder / "no.zip"
    archive.write_bytes(os.urandom(PART + 5))
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    bob.open("/imports/")
    bob.choose("zip", archive)
    bob.page.get_by_role("button", name="Import", exact=True).click()
    gate.release_one()
    arrived = set(traffic.arrived)
    bob.page.reload()
    gate.let_through()
    traffic.started.clear()
    bob.choose("zip", archive)
    bob.page.get_by_role("button", name="Import", exact=True).click()

    bob.wait_for_job("Import failed")  # it is not a ZIP, but all of it has arrived
    assert not arrived & set(traffic.started)


@pytest.mark.variant
def test_a_dropped_folder_that_the_browser_cannot_read_is_listed(bob: BrowserUser, project: Path):
    (project / "bad").mkdir()
    (project / "bad" / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"x")
    (project / os.fsdecode(b"\xe9")).mkdir()
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("Dropped")
    drop(bob.page, project)

    banner = bob.page.get_by_role("region", name="2 files cannot be saved")
    expect(banner).to_contain_text("“talk/\ufffd” is not valid Unicode.")
    expect(banner).to_contain_text("“talk/bad/\ufffd” is not valid Unicode.")
    expect(bob.page.get_by_role("button", name="Save session")).to_be_hidden()
    banner.get_by_role("button", name="Save without these").click()
    bob.wait_for_version(1)
    bob.wait_for_notice("2 files were left out")


def drop(page: Page, folder: Path) -> None:
    """Drop a folder onto the page, as from a file manager."""
    box = page.get_by_text("Drop files or a whole folder here").bounding_box()
    assert box is not None
    place = {"x": box["x"] + 5, "y": box["y"] + 5}
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
