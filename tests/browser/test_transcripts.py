"""Transcripts in the browser: panel, languages side by side, search, jumps, copies."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.browser.page_checks import check_load, record_parsed
from tests.browser.recorders import record_texts, wait_for_recorded_text

LINES = {
    "en": [
        "Welcome to the course.",
        "Today we look at rivers.",
        "Where does the water come from?",
        "From <i>the</i> mountains & hills.",
    ],
    "ar": [
        "مرحبا بكم في الدورة.",
        "اليوم ننظر إلى الأنهار (Rivers).",
        "من أين يأتي الماء؟",
        "من الجبال في الغالب.",
    ],
    "hi": ["पाठ्यक्रम में आपका स्वागत है।", "आज हम नदियाँ देखेंगे।", "पानी कहाँ से आता है?", "ज़्यादातर पहाड़ों से।"],
    "pl": ["Witamy na kursie.", "Dziś oglądamy rzeki.", "Skąd płynie woda?", "Głównie z gór."],
    "th": ["ยินดีต้อนรับ", "วันนี้เราดูแม่น้ำ", "น้ำมาจากไหน", "ส่วนใหญ่มาจากภูเขา"],
    "zh": ["欢迎来到本课程。", "今天我们来看河流。", "水从哪里来", "主要来自山区。"],
}


def make_project(folder: Path) -> Path:
    project = folder / "नदियाँ"
    for language, lines in LINES.items():
        kind = "transcriptions" if language == "en" else "translations"
        (project / kind).mkdir(parents=True, exist_ok=True)
        cues = (
            f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{at // 60:02}:{at % 60:02}.900\n<v {'Ana' if at % 3 else 'Ravi'}>"
            f"{lines[at % 4].replace('&', '&amp;').replace('<', '&lt;')}\n\n"
            for at in range(240)
        )
        (project / kind / f"{language}.vtt").write_text("WEBVTT\n\n" + "".join(cues), encoding="utf-8")
    (project / "translations" / "fr.srt").write_text("<!DOCTYPE html><html></html>", encoding="utf-8")
    (project / "rivers.mp4").write_bytes(b"source")
    return project


def test_a_transcript_is_read_and_searched(bob: BrowserUser, tmp_path: Path):
    page = bob.page
    record_parsed(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bob.open("/sessions/new/")
    bob.choose("folder", make_project(tmp_path))
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    address = page.url
    panel = page.locator("#transcript")
    bob.controller.call("read_texts")
    page.goto(address)
    expect(panel.get_by_text("Welcome to the course.").first).to_be_visible()
    check_load(page, "a session with texts in six languages")

    panel.get_by_role("link", name="Open transcript").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Transcript")
    expect(page.get_by_text("Not readable")).to_be_visible()
    page.locator("summary", has_text="Languages").click()
    for key in ("th", "zh"):
        page.locator(f"input[name=show][value={key}]").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader")).to_have_count(8)
    check_load(page, "a transcript in six languages")
    expect(page.locator("td p[lang=ar]").first).to_have_attribute("dir", "rtl")

    page.get_by_label("Search these lines").fill("the</i> MOUNT")
    page.get_by_label("Search these lines").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(60)
    expect(page.locator("mark").first).to_have_text("the</i> mount")
    page.get_by_label("Search these lines").fill("")
    page.get_by_label("Go to time").fill("3:20")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("tr[aria-current=true]")).to_contain_text("3:20.0")
    copy = page.get_by_role("button", name="Copy hi")
    record_texts(copy)
    copy.click()
    wait_for_recorded_text(page, "Copied")
    assert page.evaluate("navigator.clipboard.readText()").count("\n") == 240
    assert bob.errors == []
