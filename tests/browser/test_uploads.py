"""Files on their way from a browser: what is sent, what is not sent again, and what people hear while something is in the way."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Response, Route, expect

from tests.browser.browser_user import BrowserUser

PART = 8 * 1024 * 1024
PARTS = re.compile(r"/api/v1/uploads/[^/]+/parts/\d+$")
KEPT = """async () => {
    const kept = [];
    const settled = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    for (const { name } of await indexedDB.databases()) {
        const database = await settled(indexedDB.open(name));
        for (const store of database.objectStoreNames) kept.push(...await settled(database.transaction(store).objectStore(store).getAll()));
        database.close();
    }
    return kept;
}"""
"""Everything that a page has put into the browser's databases."""
TIMEOUT = 30_000
"""In milliseconds: of what waits for a server that fails now and then."""


@dataclass
class Traffic:
    """The parts that a page has sent."""

    begun: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> Traffic:
        traffic = cls()
        page.on("request", traffic._on_request)
        page.on("response", traffic._on_response)
        return traffic

    def _on_request(self, request: Request) -> None:
        if request.method == "PUT":
            self.begun.append(request.url)

    def _on_response(self, response: Response) -> None:
        if response.request.method == "PUT" and response.ok:
            self.arrived.append(response.url)


class Gate:
    """Stops parts on their way, so that a test finds a transfer in its middle however fast the machine is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.held: list[Route] = []
        self.is_open = False
        page.route(PARTS, self._on_part)

    def _on_part(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.held.append(route)

    def let_one_through(self) -> int:
        """Return the part's number when it has arrived."""
        while not self.held:
            self.page.wait_for_timeout(20)
        with self.page.expect_response(PARTS) as arrived:
            self.held.pop(0).continue_()
        assert arrived.value.ok
        return int(arrived.value.url.rpartition("/")[2])

    def open(self) -> None:
        """Let everything through: what waits, and what comes."""
        self.is_open = True
        for route in self.held:
            route.continue_()

    def close(self) -> None:
        """Hold what comes; the page has given up what waits."""
        self.held.clear()

    def forget(self) -> None:
        """Let through what comes; the page has given up what waits."""
        self.is_open = True


@pytest.fixture
def bob(make_signed_in_user: Callable[..., BrowserUser]) -> BrowserUser:
    """Bob, who is signed in; whoever closes a page in the middle of an upload is asked, and he does."""
    bob = make_signed_in_user("bob")
    bob.page.on("dialog", lambda dialog: dialog.accept())
    return bob


@pytest.fixture
def video(work_folder: Path) -> Path:
    """One file that is large enough to be seen being read."""
    file = work_folder / "talk.mp4"
    file.write_bytes(os.urandom(4 * PART))
    return file


@pytest.fixture
def project(work_folder: Path) -> Path:
    """A folder of a few large files and a small one; nobody has ever seen their bytes."""
    folder = work_folder / "talk"
    (folder / "audio").mkdir(parents=True)
    (folder / "talk.mp4").write_bytes(os.urandom(3 * PART + 5))
    (folder / "audio" / "hi_audio.wav").write_bytes(os.urandom(PART + 7))
    (folder / "notes.txt").write_bytes(os.urandom(100))
    return folder


def begin(person: BrowserUser, name: str, folder: Path) -> None:
    """Choose a folder for a new session and press Save."""
    person.open("/sessions/new/")
    person.page.get_by_label("Name", exact=True).fill(name)
    person.choose("folder", folder)
    person.page.get_by_role("button", name="Save session").click()


def begin_video(person: BrowserUser, video: Path) -> None:
    person.open("/sessions/new/")
    person.page.get_by_label("Name", exact=True).fill("talk")
    person.choose("files", video)
    person.page.get_by_role("button", name="Save session").click()


def note_what_rows_say(page: Page) -> None:
    """Have each page that opens from now on keep what its rows say, however short."""
    page.add_init_script("""
        window.said = [];
        new MutationObserver(() => {
            for (const words of document.querySelectorAll(".sorting .state")) said.push(words.textContent);
        }).observe(document, { childList: true, subtree: true });
    """)


def has_read(page: Page) -> bool:
    """Tell whether the page has said that it reads a file."""
    return "Reads" in page.evaluate("said")


def change_unnoticed(file: Path, at: int, data: bytes) -> None:
    """Change bytes of a file as tools do that set its time back."""
    before = file.stat()
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def refuse(route: Route, status: int, code: str, detail: str) -> None:
    told = {"type": "about:blank", "title": "Refused", "status": status, "code": code, "detail": detail}
    route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(told))


def test_hundreds_of_small_files_travel_together_and_not_a_second_time(bob: BrowserUser, work_folder: Path):
    folder = work_folder / "segments"
    folder.mkdir()
    for number in range(400):
        (folder / f"hi_{number:03}.wav").write_bytes(os.urandom(1000 + number))
    (folder / "empty.txt").touch()
    traffic = Traffic.of(bob.page)

    begin(bob, "hundreds", folder)
    bob.wait_for_job("Saved as version 1")
    assert len(traffic.begun) == 1

    (folder / "hi_007.wav").write_bytes(b"another take")
    bob.page.get_by_role("link", name="Open the session").click()
    bob.page.get_by_role("link", name="Save new version").click()
    bob.choose("folder", folder)
    bob.page.route("**/versions", lambda route: route.abort())  # so that the page can be looked at
    bob.page.get_by_role("button", name="Save new version").click()
    expect(bob.page.get_by_text(re.compile("400 files, .*, are here already"))).to_be_visible()
    row = bob.page.get_by_role("row", name=re.compile("hi_008.wav"))
    expect(row).to_contain_text("Here already")
    expect(bob.page.get_by_role("row", name=re.compile("hi_007.wav"))).to_contain_text("Sent")
    expect(bob.page.get_by_text("The portal cannot be reached. Trying again")).to_be_visible()
    bob.page.unroute("**/versions")
    bob.wait_for_job("Saved as version 2")
    assert len(traffic.begun) == 2


def test_who_pauses_goes_on_where_it_stopped(bob: BrowserUser, project: Path):
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    begin(bob, "paused", project)
    expect(bob.page.locator("[data-phase='sending']")).to_have_attribute("aria-current", "step")
    gate.let_one_through()

    bob.page.get_by_role("button", name="Pause").click()
    resume = bob.page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    expect(bob.page.get_by_text("Paused")).to_be_attached()
    gate.forget()
    resume.click()

    bob.wait_for_job("Saved as version 1")
    assert Counter(traffic.arrived) == Counter(set(traffic.arrived))
    assert len(traffic.arrived) == 4 + 2 + 1


def test_who_pauses_in_the_last_moment_can_go_on_too(bob: BrowserUser, project: Path):
    held: list[Route] = []
    bob.page.route("**/uploads/complete", lambda route: held.append(route), times=1)  # noqa: PLW0108 (it marks the handler)
    begin(bob, "paused late", project)
    while not held:
        bob.page.wait_for_timeout(20)

    bob.page.get_by_role("button", name="Pause").click()
    held[0].continue_()
    expect(bob.page.locator("[data-phase='saving']")).to_have_attribute("aria-current", "step")
    bob.page.get_by_role("button", name="Resume").click()

    bob.wait_for_job("Saved as version 1")


def test_after_a_refresh_the_same_folder_goes_on_where_it_stopped(bob: BrowserUser, project: Path):
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    begin(bob, "refreshed", project)
    gate.let_one_through()
    arrived = set(traffic.arrived)

    bob.page.reload()
    gate.forget()
    traffic.begun.clear()
    begin(bob, "refreshed", project)
    bob.wait_for_job("Saved as version 1")

    assert not arrived & set(traffic.begun)
    assert len(traffic.begun) < 4 + 2 + 1


def test_after_a_refresh_a_large_file_goes_on_without_being_read_again(bob: BrowserUser, video: Path):
    note_what_rows_say(bob.page)
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    begin_video(bob, video)
    gate.let_one_through()
    assert has_read(bob.page)

    bob.page.reload()
    gate.close()
    arrived = set(traffic.arrived)
    traffic.begun.clear()
    begin_video(bob, video)
    gate.let_one_through()
    assert not has_read(bob.page)
    gate.open()

    bob.wait_for_job("Saved as version 1")
    assert not arrived & set(traffic.begun)
    assert len(set(traffic.begun)) == 4 - len(arrived)


def test_what_is_here_already_is_read_again_because_none_of_it_travels(bob: BrowserUser, video: Path):
    note_what_rows_say(bob.page)
    begin_video(bob, video)
    bob.wait_for_job("Saved as version 1")
    bob.page.route("**/api/v1/sessions", lambda route: route.abort())  # so that the page can be looked at
    for _ in range(2):
        begin_video(bob, video)
        expect(bob.page.get_by_text("1 file, 32.0 MiB, is here already.")).to_be_visible()
        assert has_read(bob.page)


def test_what_is_remembered_of_a_file_is_not_believed_over_its_bytes(bob: BrowserUser, video: Path):
    gate = Gate(bob.page)
    begin_video(bob, video)
    arrived = gate.let_one_through()
    bob.page.reload()
    another = arrived % 4  # counted from none, so it is the one that comes after
    change_unnoticed(video, at=another * PART + 1_000_000, data=b"another take")
    gate.forget()
    begin_video(bob, video)

    bob.wait_for_job("is not the file that was announced")

    begin_video(bob, video)
    bob.wait_for_job("Saved as version 1")


def test_a_file_of_the_same_size_and_time_is_another_one(bob: BrowserUser, video: Path):
    gate = Gate(bob.page)
    begin_video(bob, video)
    gate.let_one_through()
    bob.page.reload()
    change_unnoticed(video, at=0, data=os.urandom(4 * PART))
    gate.forget()

    begin_video(bob, video)

    bob.wait_for_job("Saved as version 1")


def test_who_signs_out_leaves_nothing_of_the_files_that_were_read(bob: BrowserUser, video: Path):
    gate = Gate(bob.page)
    begin_video(bob, video)
    gate.let_one_through()
    (kept,) = bob.page.evaluate(KEPT)
    assert sorted(kept) == ["at", "mark", "sha256"]
    assert video.name not in str(kept)

    elsewhere = bob.open_tab()
    elsewhere.open("/")
    elsewhere.sign_out()
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    elsewhere.page.wait_for_function("indexedDB.databases().then((all) => all.length === 0)")

    bob.add_login_cookie()
    bob.page.reload()
    gate.forget()
    begin_video(bob, video)
    bob.wait_for_job("Saved as version 1")


def test_a_lost_network_is_waited_for(bob: BrowserUser, project: Path):
    gate = Gate(bob.page)
    begin(bob, "offline", project)
    gate.let_one_through()

    bob.page.context.set_offline(True)
    gate.open()
    expect(bob.page.get_by_text("No connection. This goes on by itself when it is back.")).to_be_visible()
    bob.page.context.set_offline(False)

    bob.wait_for_job("Saved as version 1")


def test_a_server_that_fails_is_asked_again(bob: BrowserUser, project: Path):
    def fail(route: Route) -> None:
        refuse(route, 503, "storage", "The storage is away.")

    bob.page.route(PARTS, fail, times=3)
    bob.page.route("**/api/v1/blobs/missing", fail, times=1)
    bob.page.route("**/api/v1/uploads/complete", lambda route: route.abort(), times=1)

    begin(bob, "unlucky", project)

    expect(bob.page.get_by_text("The storage is away.")).to_be_visible(timeout=TIMEOUT)
    bob.wait_for_job("Saved as version 1")


def test_what_is_refused_is_listed_with_its_reason_and_can_be_tried_again(bob: BrowserUser, project: Path):
    refused = "You use all the storage that you may. Delete something first."
    traffic = Traffic.of(bob.page)

    def refuse_the_smallest(route: Route) -> None:
        told = route.fetch()
        smallest = min(told.json()["uploads"], key=lambda upload: upload["size"])
        bob.page.route(
            f"**/uploads/{smallest['code']}/parts/1",
            lambda part: refuse(part, 413, "over_quota", refused),
        )
        route.fulfill(response=told)

    bob.page.route("**/api/v1/uploads", refuse_the_smallest)
    begin(bob, "refused", project)
    failures = bob.page.get_by_role("alert").filter(has_text="1 file could not be sent")
    expect(failures).to_contain_text(f"talk/notes.txt: {refused}")
    row = bob.page.get_by_role("row", name=re.compile("notes.txt"))
    expect(row).to_contain_text("Failed")
    expect(row).to_contain_text(refused)
    expect(bob.page.get_by_role("row", name=re.compile("talk.mp4"))).to_contain_text("Sent")
    expect(bob.page.get_by_role("button", name="Try these again")).to_be_focused()
    bob.page.unroute_all()
    traffic.begun.clear()
    bob.page.get_by_role("button", name="Try these again").click()

    bob.wait_for_job("Saved as version 1")
    assert len(traffic.begun) == 1


def test_a_file_that_changes_while_it_is_saved_has_its_own_sentence_and_can_be_left_out(
    bob: BrowserUser, project: Path
):
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("moving")
    bob.choose("folder", project)
    expect(bob.page.get_by_role("button", name="Save session")).to_be_enabled()
    (project / "notes.txt").write_bytes(b"written since")
    os.utime(project / "notes.txt", (1, 1))
    (project / "audio" / "hi_audio.wav").unlink()

    bob.page.get_by_role("button", name="Save session").click()
    failures = bob.page.get_by_role("alert").filter(has_text="2 files could not be sent")
    expect(failures).to_contain_text("notes.txt: It was changed after it was chosen")
    expect(failures).to_contain_text("hi_audio.wav: It was moved, renamed or deleted")
    bob.page.get_by_role("button", name="Leave out talk/notes.txt").click()
    bob.page.get_by_role("button", name="Leave out talk/audio/hi_audio.wav").click()
    bob.page.get_by_role("button", name="Save session").click()

    bob.wait_for_job("Saved as version 1")


def test_who_was_signed_out_signs_in_again_and_goes_on(bob: BrowserUser, project: Path):
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    begin(bob, "signed out", project)
    gate.let_one_through()
    bob.page.context.clear_cookies()
    gate.open()
    warning = bob.page.get_by_role("alert").filter(has_text="You are signed out.")
    expect(warning).to_contain_text("What was sent is kept")
    with bob.page.context.expect_page() as opened:
        warning.get_by_role("link", name="sign in again").click()
    elsewhere = BrowserUser(opened.value, bob.address, bob.controller, bob.name)
    elsewhere.sign_in()
    bob.focus_tab()
    bob.page.get_by_role("button", name="Resume").click()

    bob.wait_for_job("Saved as version 1")
    assert Counter(traffic.arrived) == Counter(set(traffic.arrived))


def test_a_cancelled_save_leaves_nothing(bob: BrowserUser, project: Path):
    gate = Gate(bob.page)
    begin(bob, "cancelled", project)
    gate.let_one_through()

    with bob.page.expect_response(lambda response: response.request.method == "DELETE") as discarded:
        bob.page.get_by_role("button", name="Cancel").click()
    assert discarded.value.status == 204
    expect(bob.page.get_by_text("Cancelled. Nothing was saved.")).to_be_visible()
    expect(bob.page.get_by_role("button", name="Save session")).to_be_enabled()
    bob.open("/sessions/?q=cancelled")
    expect(bob.page.get_by_role("link", name="cancelled", exact=True)).to_have_count(0)


def test_what_a_power_cut_took_is_sent_again(bob: BrowserUser, work_folder: Path):
    video = work_folder / "talk.mp4"
    video.write_bytes(os.urandom(100_000))
    traffic = Traffic.of(bob.page)

    def lose(route: Route) -> None:
        (code,) = json.loads(route.request.post_data or "{}")["uploads"]
        told = {
            "status": 409,
            "code": "upload_incomplete",
            "detail": "Parts were lost.",
            "incomplete": [{"upload": code, "missing": [1]}],
        }
        route.fulfill(status=409, content_type="application/problem+json", body=json.dumps(told))

    bob.page.route("**/api/v1/uploads/complete", lose, times=1)
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("after the power cut")
    bob.choose("files", video)
    bob.page.get_by_role("button", name="Save session").click()

    bob.wait_for_job("Saved as version 1")
    assert len(traffic.begun) == 2
    assert traffic.begun[0] == traffic.begun[1]


def test_a_save_on_top_of_another_sends_nothing_again(bob: BrowserUser, project: Path, work_folder: Path):
    begin(bob, "both", project)
    bob.wait_for_job("Saved as version 1")
    bob.page.get_by_role("link", name="Open the session").click()
    bob.page.wait_for_url("**/sessions/*/")
    session = bob.page.url
    second = bob.open_tab()
    for person, language in ((bob, "hi"), (second, "es")):
        person.focus_tab()
        file = work_folder / f"{language}_voice.wav"
        file.write_bytes(os.urandom(100_000))
        person.page.goto(f"{session}save/")
        person.choose("files", file)
        expect(person.page.get_by_role("button", name="Save new version")).to_be_enabled()
    second.page.get_by_role("button", name="Save new version").click()
    second.wait_for_job("Saved as version 2")
    bob.focus_tab()
    traffic = Traffic.of(bob.page)
    bob.page.get_by_role("button", name="Save new version").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("saved version 2")
    assert len(traffic.begun) == 1
    bob.page.get_by_role("button", name="Save on top of it").click()

    bob.wait_for_job("Saved as version 3")
    assert len(traffic.begun) == 1


def test_an_import_goes_on_after_a_refresh(bob: BrowserUser, work_folder: Path):
    archive = work_folder / "no.zip"
    archive.write_bytes(os.urandom(4 * PART))
    traffic = Traffic.of(bob.page)
    gate = Gate(bob.page)
    bob.open("/imports/")
    bob.choose("zip", archive)
    bob.page.get_by_role("button", name="Import").click()
    gate.let_one_through()
    arrived = set(traffic.arrived)
    bob.page.reload()
    gate.forget()
    traffic.begun.clear()
    bob.choose("zip", archive)
    bob.page.get_by_role("button", name="Import").click()

    bob.wait_for_job("Import failed")  # it is no ZIP; all of it has arrived
    assert not arrived & set(traffic.begun)
