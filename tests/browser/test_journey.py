"""The main use case in Chromium, against a running portal: web server, worker and broker."""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser, make_project
from tests.services.media import Media

AUTO_NAME = re.compile(r"^conference-talk_\d{8}_\d{6}$")
ISO_MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 20_000}
"""An upload of two minutes, which shows its progress until it is accelerated."""
FAST = SLOW | {"uploadThroughput": -1}
FILE_ROWS = "table.files tbody tr"


@pytest.mark.slow
def test_alice_saves_restores_exports_and_shares_a_project(make_user, media: Media, work_folder: Path):
    alice, bob = make_user("alice"), make_user("bob")
    contents = make_project(work_folder, media)
    journey = Journey(alice=alice, bob=bob, contents=contents, folder=work_folder, media=media)
    alice.open("/")
    alice.sign_in()
    expect(alice.page.get_by_role("heading", name="Save your first dubbing project")).to_be_visible()
    journey.save_folder_with_automatic_name()
    journey.check_session_page()
    journey.save_again_and_restore()
    journey.export_and_compare()
    journey.import_with_new_and_taken_names()
    journey.export_hindi_audio()
    journey.preview_and_import_history()
    journey.share_with_bob()
    journey.delete_and_undo()
    alice.sign_out()
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert alice.errors == []


@dataclass
class Journey:
    alice: BrowserUser
    bob: BrowserUser
    contents: dict[str, bytes]
    folder: Path
    media: Media
    name: str = ""
    session_url: str = ""
    export_url: str = ""

    @property
    def archive(self) -> Path:
        return self.folder / f"{self.name}_export.zip"

    def save_folder_with_automatic_name(self) -> None:
        page = self.alice.page
        page.get_by_role("main").get_by_role("link", name="New session").first.click()
        self.alice.choose("folder", self.folder / "conference")
        table = page.get_by_role("table", name="File placement")
        expect(table.get_by_role("row", name=re.compile("hi_audio.wav Audio"))).to_be_visible()
        expect(
            table.get_by_role("row", name=re.compile("conference-talk.mp4 Original video"))
        ).to_be_visible()
        page.get_by_role("button", name="Auto name").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value(AUTO_NAME)
        self.name = page.get_by_label("Name", exact=True).input_value()
        page.get_by_label("Message").fill("Day 1")
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", SLOW)
        page.get_by_role("button", name="Save session").click()
        expect(page.locator('[data-meter="percent"]')).to_have_text(re.compile(r"^[1-9]\d?\s%$"))
        expect(page.locator('[data-meter="left"]')).to_have_text(re.compile("left"))
        network.send("Network.emulateNetworkConditions", FAST)
        self.alice.wait_for_version(1)
        expect(page.get_by_role("heading", level=1)).to_have_text(self.name)
        self.session_url = page.url

    def check_session_page(self) -> None:
        page = self.alice.page
        star = page.get_by_role("button", name=f"Star {self.name}")
        star.click()
        expect(star.and_(page.locator("[aria-pressed=true]:not([aria-busy])"))).to_be_visible()
        page.reload()
        expect(star).to_have_attribute("aria-pressed", "true")
        progress = page.get_by_role("table", name="Progress by language")
        for language, video in (("hi", "Done"), ("es", "Missing")):
            row = progress.get_by_role("row", name=re.compile(rf"\({language}\)"))
            expect(row).to_have_text(re.compile(f"Done.*Done.*{video}", re.DOTALL))
        expect(page.locator("#about")).to_contain_text("conference-talk.mp4")
        expect(page.locator("#voices")).to_contain_text("gemini_hi_deep")
        for label in ("Created", "Updated", "Last opened"):
            shown = page.locator(f"dt:text-is('{label}') + dd time")
            assert ISO_MICROSECONDS.fullmatch(str(shown.get_attribute("datetime")))
        expect(page.locator(FILE_ROWS)).to_have_count(len(self.contents))
        page.locator("#metadata-texts > summary").click()
        page.locator(".texts summary", has_text="Transcription").click()
        expect(page.locator(".reading").first).to_contain_text("Hello and welcome")
        page.get_by_role("link", name="Play audio/hi_audio.wav").click()
        expect(page.locator(".player-row audio")).to_be_visible()

    def save_again_and_restore(self) -> None:
        page = self.alice.page
        page.get_by_role("link", name="Save new version").click()
        fresh = self.folder / "new" / "audio"
        fresh.mkdir(parents=True)
        shutil.copy(self.media.voices[1], fresh / "hi_audio.wav")
        shutil.copy(self.media.voices[0], fresh / "fr_audio.wav")
        self.alice.choose("folder", self.folder / "new")
        page.get_by_label("Message").fill("Day 2: French")
        expect(page.get_by_label("Add and replace")).to_be_checked()
        page.get_by_role("button", name="Save new version").click()
        self.alice.wait_for_version(2)
        self.alice.wait_for_notice("Saved as version 2")
        expect(page.locator(".timeline")).to_contain_text("Day 2: French")
        expect(page.locator(FILE_ROWS)).to_have_count(len(self.contents) + 1)
        self.alice.open_menu("Version 2")
        page.get_by_role("link", name="Version 1", exact=True).first.click()
        expect(page.locator(".banner").filter(has_text="This is version 1")).to_be_visible()
        page.get_by_role("button", name="Restore this version").click()
        expect(page.locator(".message")).to_contain_text("Version 1 was restored as version 3")
        expect(page.locator(FILE_ROWS)).to_have_count(len(self.contents))
        page.get_by_role("link", name="Save new version").click()
        self.alice.choose("folder", self.folder / "conference")
        page.get_by_role("button", name="Save new version").click()
        self.alice.wait_for_notice("Nothing to save")

    def export_and_compare(self) -> None:
        page = self.alice.page
        page.goto(self.session_url)
        self.alice.open_menu("Download")
        page.get_by_role("button", name="Export ZIP").click()
        self.alice.wait_for_job(self.archive.name)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download", exact=True).click()
        assert download.value.suggested_filename == self.archive.name
        download.value.save_as(self.archive)
        with zipfile.ZipFile(self.archive) as opened:
            assert opened.testzip() is None
            exported = {path: opened.read(path) for path in opened.namelist()}
        assert {path: exported[path] for path in self.contents} == self.contents
        other_paths = [
            path for path in exported if path not in self.contents and not path.startswith(".dubbing/")
        ]
        assert other_paths == ["metadata.json"]
        page.get_by_role("link", name="Contents and sharing").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(self.archive.name)
        self.export_url = page.url

    def import_with_new_and_taken_names(self) -> None:
        page = self.alice.page
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Import").click()
        self.alice.choose("zip", self.archive)
        page.get_by_label("Name").fill("Konferenz für Bob")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Konferenz für Bob")
        expect(page.locator(FILE_ROWS)).to_have_count(len(self.contents))
        self.import_archive(self.archive, outcome=f"You already have a session named “{self.name}”")
        damaged = self.folder / "damaged.zip"
        damaged.write_bytes(self.archive.read_bytes()[:-100])
        self.import_archive(damaged, outcome="Import failed")

    def export_hindi_audio(self) -> None:
        page = self.alice.page
        page.goto(self.session_url)
        self.alice.open_menu("Download")
        page.get_by_role("link", name="Export options").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Export version")
        for box in page.get_by_role("group", name="Categories").get_by_role("checkbox").all():
            box.uncheck()
        expect(page.get_by_role("main").get_by_role("status")).to_contain_text(
            "Choose at least one category."
        )
        expect(page.get_by_role("button", name="Create ZIP")).to_be_disabled()
        page.get_by_role("checkbox", name="Audio").check()
        page.get_by_role("group", name="Languages").get_by_role("checkbox", name="Spanish").uncheck()
        expect(page.get_by_role("main").get_by_role("status")).to_contain_text("1 file")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download now").click()
        assert download.value.suggested_filename == f"{self.name}_audio_hi_export.zip"
        with zipfile.ZipFile(download.value.path()) as opened:
            files = {name for name in opened.namelist() if not name.startswith(".dubbing/")}
        assert files == {"metadata.json", "audio/hi_audio.wav"}

    def preview_and_import_history(self) -> None:
        page = self.alice.page
        page.goto(self.session_url)
        count = page.locator(".timeline > li").count()
        self.alice.open_menu("Download")
        page.get_by_role("link", name="Export options").click()
        page.get_by_role("radio", name="Full history").check()
        page.get_by_role("button", name="Create ZIP").click()
        self.alice.wait_for_job(f"{self.name}_history_export.zip")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download", exact=True).click()
        archive = self.folder / download.value.suggested_filename
        download.value.save_as(archive)
        self.alice.open("/imports/")
        self.alice.choose("zip", archive)
        page.get_by_role("button", name="Preview").click()
        self.alice.wait_for_job(f"{count} versions")
        expect(page.locator("#job")).to_contain_text(f"You already have a session named “{self.name}”")
        page.get_by_label("Name").fill("full history")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("full history")
        expect(page.locator(".timeline > li")).to_have_count(count)

    def import_archive(self, archive: Path, *, outcome: str) -> None:
        self.alice.open("/imports/")
        self.alice.choose("zip", archive)
        self.alice.page.get_by_role("button", name="Import", exact=True).click()
        self.alice.wait_for_job(outcome)

    def share_with_bob(self) -> None:
        page = self.alice.page
        page.goto(self.export_url)
        page.get_by_label("Recipient").fill("Bob")
        page.get_by_role("button", name="Create link").click()
        link = page.get_by_label("Link", exact=True).input_value()
        bob = self.bob
        bob.page.goto(link)
        expect(bob.page.get_by_role("heading", level=1)).to_have_text(self.name)
        expect(bob.page.get_by_role("region", name="Files")).to_contain_text("hi_final.mp4")
        with bob.page.expect_download() as download:
            bob.page.get_by_role("link", name="Download ZIP").click()
        assert Path(download.value.path()).read_bytes() == self.archive.read_bytes()
        bob.page.get_by_role("link", name="Sign in to copy it").click()
        bob.sign_in()
        bob.page.get_by_role("button", name="Copy to my sessions").click()
        expect(bob.page.locator(".message")).to_contain_text(f"“{self.name}” was copied to your sessions")
        expect(bob.page.locator(FILE_ROWS)).to_have_count(len(self.contents))
        assert bob.errors == []
        bob.page.goto(self.session_url)
        expect(bob.page.get_by_role("heading", level=1)).to_have_text("Page not found")
        page.goto(self.export_url)
        expect(page.locator(".row", has_text="Bob")).to_contain_text("1 download")
        page.get_by_role("button", name="Revoke Bob").click()
        bob.page.goto(link)
        expect(bob.page.get_by_role("heading", level=1)).to_have_text("This link is not available")

    def delete_and_undo(self) -> None:
        page = self.alice.page
        page.goto(self.session_url)
        self.alice.open_menu("More actions")
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Move to trash").click()
        expect(page.locator(".message")).to_contain_text("moved to the trash")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".message")).to_contain_text("restored")
        expect(page.get_by_role("heading", level=1)).to_have_text(self.name)
        self.alice.open("/sessions/?q=konferenz")
        page.get_by_label("Select all on this page").check()
        expect(page.locator("[data-batch]")).to_contain_text("1 selected")
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Move to trash").click()
        expect(page.locator(".message")).to_contain_text("moved to the trash")
        self.alice.open("/sessions/trash/")
        page.get_by_role("button", name="Restore Konferenz für Bob").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Konferenz für Bob")
