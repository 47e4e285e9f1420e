"""The page that saves: what will change, before it is sent."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser

SEGMENTS = 60


@pytest.fixture
def bob(make_signed_in_user: Callable[..., BrowserUser]) -> BrowserUser:
    return make_signed_in_user("bob")


@pytest.fixture
def folder(work_folder: Path) -> Path:
    """A folder of segments and texts, with bytes that no other test uses."""
    folder = work_folder / "talk"
    for part in ("audio", "translations"):
        (folder / part).mkdir(parents=True)
    for number in range(SEGMENTS):
        (folder / "audio" / f"hi_{number:03}.wav").write_bytes(os.urandom(100))
    (folder / "translations" / "hi.srt").write_bytes(os.urandom(50))
    return folder


def open_save_page(bob: BrowserUser) -> None:
    bob.page.get_by_role("link", name="Save new version").click()


@pytest.mark.slow
@pytest.mark.variant
def test_more_rows_stay_when_the_choice_changes(bob: BrowserUser, folder: Path):
    page = bob.page
    bob.open("/sessions/new/")
    bob.choose("folder", folder)
    page.get_by_role("button", name="Show more of audio/").click()
    page.get_by_role("button", name="Leave out talk/audio/hi_000.wav").click()
    expect(page.get_by_text("60 files, 5.8 KiB")).to_be_visible()

    expect(page.get_by_role("row", name="hi_059.wav")).to_be_visible()
    assert bob.errors == []


@pytest.mark.variant
def test_rows_stay_in_place_when_the_hint_to_scroll_goes(bob: BrowserUser, folder: Path):
    bob.open("/sessions/new/")
    bob.choose("folder", folder)
    hint = bob.page.get_by_text("Scroll to see the other files")
    expect(hint).to_be_visible()
    box = bob.page.locator(".placements-box")
    before = box.evaluate("box => box.scrollHeight")

    box.evaluate("box => box.scrollTo(0, box.scrollHeight)")

    expect(hint).to_be_hidden()
    assert box.evaluate("box => box.scrollHeight") == before
    assert bob.errors == []


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.variant)])
def test_a_save_shows_what_it_will_change(bob: BrowserUser, folder: Path, width: int):
    page = bob.page
    page.set_viewport_size({"width": width, "height": 900})
    bob.open("/sessions/new/")
    bob.choose("folder", folder)
    expect(page.get_by_text("Showing 51 of 61 files.")).to_be_visible()
    page.get_by_role("button", name="Show more of audio/").click()
    expect(page.get_by_role("row", name="hi_059.wav")).to_be_visible()
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    (folder / "audio" / "hi_007.wav").write_bytes(os.urandom(100))
    (folder / "audio" / "hi_008.wav").unlink()
    (folder / "audio" / "es.wav").write_bytes(b"spanish")

    open_save_page(bob)
    bob.choose("folder", folder)

    words = "1 new: audio/es.wav; 1 changed: audio/hi_007.wav"
    expect(page.get_by_role("status").filter(has_text=words)).to_have_text(f"{words}.")
    expect(page.locator(".chip")).to_have_text(["1 new 7 B", "1 changed 100 B", "59 unchanged 5.7 KiB"])
    # The folder in which nothing changes is folded.
    row = page.get_by_role("row", name="translations/hi.srt")
    expect(row).to_be_hidden()
    page.get_by_role("button", name="translations/").click()
    expect(row).to_be_visible()

    page.get_by_role("button", name="1 changed").click()
    expect(page.locator(".placements .file")).to_have_text(["talk/audio/hi_007.wav"])
    page.get_by_role("button", name="1 changed").click()
    page.get_by_role("searchbox", name="Search files").fill("AUDIO 058")
    expect(page.locator(".placements .file")).to_have_text(["talk/audio/hi_058.wav"])
    page.get_by_role("searchbox", name="Search files").fill("")

    page.get_by_text("Replace everything").click()
    expect(page.get_by_role("status").filter(has_text=f"{words}; 1 removed.")).to_be_visible()
    page.get_by_role("button", name="1 removed").click()
    expect(page.get_by_role("row", name="audio/hi_008.wav")).to_contain_text("Removed")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("button", name="Save new version").click()
    bob.wait_for_version(2)
    expect(page.get_by_text(f"{words}; 1 removed")).to_be_visible()

    # The rows of the versions fold out what they changed.
    page.get_by_text(f"{words}; 1 removed").click()
    rows = page.get_by_role("list", name="Changed files").get_by_role("listitem")
    expect(rows).to_have_text([re.compile(text) for text in (r"New\s+audio/es.wav", "Changed", "Removed")])
    page.get_by_text(f"{words}; 1 removed").click()
    page.get_by_text("61 new").first.click()
    expect(page.get_by_text("Showing 50 of 61")).to_be_visible()
    page.get_by_role("link", name="Show more").click()
    expect(rows.filter(has_text="hi_059.wav")).to_be_visible()
    page.get_by_role("searchbox", name="Search changed files").fill("058 AUDIO")
    expect(rows.filter(visible=True)).to_have_text([re.compile("audio/hi_058.wav")])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert bob.errors == []


@pytest.mark.variant
def test_what_the_preview_recognizes_can_be_resolved_corrected_and_withdrawn(
    bob: BrowserUser, work_folder: Path
):
    page = bob.page
    folder = work_folder / "shoot"
    folder.mkdir()
    for name in ("one.mp4", "two.mp4"):
        (folder / name).write_bytes(os.urandom(40))
    (folder / "metadata.json").write_text('{"title": "of another tool"}')
    bob.open("/sessions/new/")
    bob.choose("folder", folder)

    # Another tool's metadata.json is a file like any other.
    expect(page.get_by_role("row", name="metadata.json")).to_contain_text("Other")
    page.get_by_label("Which of these files is the source video?").select_option("two.mp4")
    expect(page.get_by_text("Which of these files")).to_be_hidden()
    row = page.get_by_role("row", name="two.mp4")
    expect(row).to_contain_text("Source")
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)

    open_save_page(bob)
    bob.choose("folder", folder)
    expect(row).to_contain_text("Corrected")
    row.get_by_role("checkbox").check()
    # A preview that comes later does not take back what is ticked.
    with page.expect_response(re.compile("/placements")):
        page.get_by_text("Replace everything").click()
    with page.expect_response(re.compile("/placements")):
        page.get_by_text("Add and replace").click()
    bar = page.get_by_role("group", name="Correct labels")
    bar.get_by_label("Category").select_option("As recognized")
    bar.get_by_role("button", name="Correct labels").click()
    expect(page.get_by_text("1 relabeled: two.mp4.")).to_be_visible()
    expect(row).not_to_contain_text("Corrected")
    page.get_by_role("button", name="Save new version").click()
    bob.wait_for_version(2)
    expect(page.get_by_text("1 relabeled: two.mp4")).to_be_visible()
    assert bob.errors == []


@pytest.mark.variant
def test_the_spoken_language_is_found_by_name_and_stays(bob: BrowserUser, work_folder: Path):
    page = bob.page
    folder = work_folder / "dubbed"
    out = folder / "_video_out" / "talk-mp4"
    out.mkdir(parents=True)
    (folder / "talk.mp4").write_bytes(os.urandom(40))
    for tag in ("en", "zh-cn"):
        (out / f"{tag}.m4a").write_bytes(os.urandom(30))
        (out / f"{tag}.srt").write_text(f"1\n00:00:00,000 --> 00:00:02,000\n{os.urandom(9).hex()}\n")
    bob.open("/sessions/new/")
    bob.choose("folder", folder)
    question = page.get_by_role("group", name="Which language is spoken")
    question.get_by_label("Another language").fill("spoken in the north")
    question.get_by_role("button", name="Set").click()
    expect(question.get_by_role("alert")).to_contain_text("is not a language")
    question.get_by_role("button", name="English (en)").click()
    expect(page.get_by_text("Spoken language: English (en).")).to_be_visible()
    expect(page.get_by_role("row", name="en.srt")).to_contain_text("Transcriptions")
    page.get_by_role("button", name="Change the spoken language").click()
    question.get_by_label("Another language").fill("Chinese (China)")
    question.get_by_label("Another language").press("Enter")
    expect(page.get_by_role("row", name="en.srt")).to_contain_text("Translations")
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    expect(page.get_by_label("Spoken in the source")).to_have_value("zh-CN")
    page.get_by_label("Spoken in the source").fill("english")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_text("Set the spoken language to en: saved as version 2.")).to_be_visible()
    page.get_by_role("link", name="Save new version").click()
    bob.choose("folder", folder)
    expect(page.get_by_role("row", name="en.srt")).to_contain_text("Transcriptions")
    expect(question).to_be_hidden()
    assert bob.errors == []


@pytest.mark.variant
def test_a_loose_file_replaces_its_match_or_the_file_that_the_user_chooses(
    bob: BrowserUser, folder: Path, work_folder: Path
):
    page = bob.page
    bob.open("/sessions/new/")
    bob.choose("folder", folder)
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    segment = work_folder / "hi_007.wav"
    segment.write_bytes(os.urandom(80))

    open_save_page(bob)
    bob.choose("files", segment)

    match = page.get_by_label("What hi_007.wav replaces")
    expect(match).to_have_value("audio/hi_007.wav")
    expect(page.get_by_text("1 changed: audio/hi_007.wav.")).to_be_visible()
    match.select_option("Add as a new file")
    expect(page.get_by_text("1 new: hi_007.wav.")).to_be_visible()
    match.select_option("Replace audio/hi_009.wav")
    expect(page.get_by_text("1 changed: audio/hi_009.wav.")).to_be_visible()

    page.get_by_role("button", name="Save new version").click()
    bob.wait_for_version(2)
    expect(page.get_by_text("1 changed: audio/hi_009.wav")).to_be_visible()
    assert bob.errors == []
