"""The player in Chromium, with real media: languages, lines, frames, keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import BrowserUser
from tests.browser.page_checks import find_violations
from tests.browser.player_media import LINES, make_dub, make_other_picture

SECONDS = 40
RECORD_PRESSED = """(button) => {
    window.pressed = [];
    const record = () => pressed.push(button.getAttribute("aria-pressed"));
    new MutationObserver(record).observe(button, { attributeFilter: ["aria-pressed"] });
}"""
RECORD_CURRENT = """(panel) => {
    window.currentLines = [];
    const isCurrent = (line) => line.getAttribute("aria-current") === "true";
    const record = () => currentLines.push([...panel.querySelectorAll("li[data-line]")].findIndex(isCurrent));
    new MutationObserver(record).observe(panel, { subtree: true, attributeFilter: ["aria-current"] });
}"""
TIME = "document.getElementById('player').player.transport.time"
IS_IN_VIEW = """(at) => {
    const list = document.querySelector("#player-lines ol");
    const [line, frame] = [list.children[at], list].map((element) => element.getBoundingClientRect());
    return line.top >= frame.top && line.bottom <= frame.bottom;
}"""
IS_TOGETHER = """() => {
    const { mixer, transport } = document.getElementById("player").player;
    const [sound, picture] = [mixer.audible.element, transport.picture];
    return !sound.paused && Math.abs(sound.currentTime - picture.currentTime) < 0.1 && mixer.sounds.length >= 2;
}"""


@pytest.fixture(scope="module")
def dub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dub(tmp_path_factory.mktemp("dub"), seconds=SECONDS, longer=1.5)


def wait_for_time(page: Page, condition: str) -> None:
    page.wait_for_function(f"() => {{ const time = {TIME}; return {condition}; }}")


def open_player(user: BrowserUser, project: Path) -> None:
    """Save a project; wait until its texts have been read, which shows the lines without a reload."""
    user.open("/sessions/new/")
    user.choose("folder", project)
    user.page.get_by_role("button", name="Save session").click()
    user.wait_for_version(1)
    expect(user.page.locator("#player[data-ready]")).to_be_visible()
    user.controller.call("read_texts")
    expect(user.page.locator("#player-lines li[data-line]")).to_have_count(3)


def test_the_player_switches_languages_and_follows_the_lines(bob: BrowserUser, dub: Path):
    open_player(bob, dub)
    follow_lines(bob.page)
    show_lines_beside_the_player(bob.page)
    read_on_beside_the_picture(bob.page)
    step_and_change_pictures(bob.page)
    compare_versions(bob, dub)
    assert bob.errors == []


def follow_lines(page: Page) -> None:
    lines = page.locator("#player-lines li[data-line]")
    player = page.get_by_role("region", name="Player")
    tabs = player.get_by_role("group", name="Language").get_by_role("button")
    matrix = page.get_by_role("table", name="Progress by language")
    rows = [text.partition(" (")[0] for text in matrix.get_by_role("rowheader").all_inner_texts()]
    assert tabs.all_inner_texts() == ["Original", *rows]
    hindi = tabs.filter(has_text="Hindi")

    # A short list scrolls to the current line.
    page.locator("#player-lines ol").evaluate("(list) => { list.style.maxHeight = '6rem'; }")
    for at in (2, 0):
        page.evaluate(f"document.getElementById('player').player.seek({at * 3 + 1.5})")
        page.wait_for_function(IS_IN_VIEW, arg=at)
    page.locator("#player-lines ol").evaluate("(list) => { list.style.maxHeight = ''; }")

    # A click on a line plays from there; the line is marked.
    page.locator("#player-lines").evaluate(RECORD_CURRENT)
    lines.nth(1).click()
    page.wait_for_function("() => currentLines.includes(1)")
    wait_for_time(page, "time > 4.2")
    expect(player.get_by_role("button", name="Pause")).to_have_count(1)

    # Another language is audible at the same time, beside the same picture. A busy machine may have played almost all of it.
    page.evaluate("document.getElementById('player').player.seek(4.5)")
    page.evaluate("document.getElementById('player').player.play()")
    before = page.evaluate(TIME)
    hindi.click()
    page.wait_for_function(
        "() => document.getElementById('player').player.mixer.audible.file.path.includes('hi_final')"
    )
    after = page.evaluate(TIME)
    assert before <= after
    page.wait_for_function(IS_TOGETHER)
    expect(page.locator(".player-picture")).to_have_attribute("data-path", "rivers.mp4")
    expect(lines.nth(0)).to_contain_text(LINES["en"][0])
    expect(lines.nth(0).locator("p[lang=hi]")).to_have_text(LINES["hi"][0])

    # A: the original and back.
    page.keyboard.press("a")
    expect(tabs.nth(0)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("a")
    expect(hindi).to_have_attribute("aria-pressed", "true")

    # One line repeats: the time never leaves it for long.
    expect(lines.nth(0).get_by_role("button", name="Loop the line at")).to_be_visible()
    lines.nth(0).get_by_role("button", name="Loop the line at").click()
    page.evaluate(
        "window.seeks = 0; document.querySelector('.player-picture').addEventListener('seeked', () => seeks++)"
    )
    page.wait_for_function("() => window.seeks >= 2")
    wait_for_time(page, "time >= 0.9 && time < 3.4")
    page.keyboard.press("r")


def show_lines_beside_the_player(page: Page) -> None:
    """The lines are beside a large player, above its end, and below a small one."""
    lines, player = page.locator("#transcript"), page.locator("#player")
    for width, is_beside in ((1440, True), (1100, False)):
        page.set_viewport_size({"width": width, "height": 900})
        box, frame = lines.bounding_box(), player.bounding_box()
        assert box
        assert frame
        assert (box["x"] >= frame["x"] + frame["width"]) == is_beside
        assert (box["y"] < frame["y"] + frame["height"]) == is_beside


def read_on_beside_the_picture(page: Page) -> None:
    """Scroll while the player plays: its picture stays in a corner until the player is seen again."""
    page.evaluate("document.getElementById('player').player.play()")
    page.evaluate("document.body.style.minHeight = '300vh'")
    page.evaluate("window.scrollTo(0, document.getElementById('player').offsetHeight + 200)")
    frame = page.locator(".player-frame")
    expect(frame).to_have_class(re.compile("is-mini"))
    expect(frame).to_be_in_viewport(ratio=1)
    page.evaluate("window.scrollTo(0, 0)")
    expect(frame).not_to_have_class(re.compile("is-mini"))
    page.evaluate("window.scrollTo(0, document.getElementById('player').offsetHeight + 200)")
    frame.get_by_role("button", name="Pause and close the small picture").click()
    expect(frame).not_to_have_class(re.compile("is-mini"))
    page.evaluate("window.scrollTo(0, 0)")
    page.evaluate("document.getElementById('player').player.play()")


def press_key_of(page: Page, language: str) -> None:
    """Press the digit of a language's tab."""
    tab = page.get_by_role("region", name="Player").get_by_role("button", name=language)
    page.keyboard.press(tab.get_attribute("aria-keyshortcuts") or "")


def step_and_change_pictures(page: Page) -> None:
    lines = page.locator("#player-lines li[data-line]")
    player = page.get_by_role("region", name="Player")
    # Frames: the middle of each is shown.
    page.keyboard.press("k")
    expect(player.get_by_role("button", name="Play", exact=True)).to_have_count(2)
    page.evaluate("document.getElementById('player').player.seek(2)")
    page.keyboard.press(".")
    wait_for_time(page, "Math.abs(time - 51.5 / 25) < 0.001")
    page.keyboard.press(",")
    wait_for_time(page, "Math.abs(time - 50.5 / 25) < 0.001")

    # A language of another length has its own picture, at the same time.
    press_key_of(page, "Spanish")
    expect(page.locator(".player-picture:not(.is-next)")).to_have_attribute(
        "data-path", "final_videos/es_final.mp4"
    )
    wait_for_time(page, "Math.abs(time - 50.5 / 25) < 0.1")
    expect(page.locator(".player-picture")).to_have_count(1)

    # Audio alone is audible beside the source's picture, with its subtitles, from right to left.
    press_key_of(page, "Arabic")
    expect(page.locator(".player-picture:not(.is-next)")).to_have_attribute("data-path", "rivers.mp4")
    page.keyboard.press("c")
    expect(page.locator(".player-picture track")).to_have_attribute("srclang", "ar")
    page.wait_for_function("() => document.querySelector('.player-picture').textTracks[0].cues?.length === 3")
    expect(lines.nth(2).locator("p[lang=ar]")).to_have_attribute("dir", "rtl")

    # The audio of one line plays in place.
    press_key_of(page, "Hindi")
    clip = lines.nth(2).get_by_role("button", name="Play the generated audio of this line")
    clip.evaluate(RECORD_PRESSED)
    clip.click()
    page.wait_for_function("() => window.pressed.join() === 'true,false'")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of the player")).to_be_visible()
    page.keyboard.press("Escape")


def compare_versions(user: BrowserUser, project: Path) -> None:
    """Save another picture of a language; play both side by side, in sync, one of them audible."""
    page = user.page
    session = page.url.partition("?")[0]
    page.goto(f"{session}save/")
    user.choose("folder", make_other_picture(project, seconds=SECONDS))
    page.get_by_role("button", name="Save new version").click()
    user.wait_for_version(2)
    page.goto(f"{session}compare/pictures/?from=1&to=2")
    pictures = page.locator("#pictures[data-ready]")
    expect(page.get_by_label("Video").locator("option").first).to_have_text("final_videos/hi_final.mp4")
    sounds = [page.get_by_role("button", name=f"Sound of version {number}") for number in (1, 2)]
    expect(sounds[1]).to_have_attribute("aria-pressed", "true")
    expect(pictures).to_be_visible()
    assert find_violations(page) == []
    page.keyboard.press("k")
    # Within two frames at the median, when the follower has caught up; on a quiet machine it is one (bench.player).
    page.wait_for_function(
        """() => {
            const last = document.getElementById("pictures").pair.offsets.slice(-50).map(Math.abs);
            return last.length === 50 && last.sort((a, b) => a - b)[25] <= 0.08;
        }"""
    )
    page.keyboard.press("a")
    expect(sounds[0]).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("[...document.querySelectorAll('#pictures video')].map((video) => video.muted)") == [
        False,
        True,
    ]
    page.keyboard.press("k")
    page.keyboard.press(".")
    page.wait_for_function(
        """() => {
            const [before, after] = document.querySelectorAll("#pictures video");
            const frame = before.currentTime * 25;
            return before.currentTime === after.currentTime && Math.abs((frame % 1) - 0.5) < 0.01;
        }"""
    )
    position = page.get_by_role("slider", name="Position")
    position.press("Home")
    position.press("ArrowRight")
    expect(position).to_have_attribute("aria-valuenow", "5.0")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of the player")
    expect(keys).to_contain_text("Sound of the other version")
    expect(keys).not_to_contain_text("Subtitles")
    page.keyboard.press("Escape")
    show_the_difference(page)


def show_the_difference(page: Page) -> None:
    """Show only what differs: pictures and controls stay in the window, and nothing moves."""
    box = page.locator("#pictures")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(box).to_be_in_viewport(ratio=1)
    before = box.bounding_box()
    page.keyboard.press("d")
    expect(page.get_by_role("button", name="Difference")).to_have_attribute("aria-pressed", "true")
    assert box.bounding_box() == before


def test_files_that_cannot_be_loaded_play_as_soon_as_they_can(bob: BrowserUser, dub: Path):
    open_player(bob, dub)
    page = bob.page
    files = re.compile(r"\?play=1$")
    page.route(files, lambda route: route.fulfill(status=503, body="The store does not respond."))
    page.reload()
    expect(page.locator("#player[data-ready]")).to_be_visible()
    press_key_of(page, "Hindi")
    page.get_by_role("button", name="Play the generated audio of this line").last.click()
    expect(page.locator("#toasts")).to_contain_text("This audio cannot be played.")
    page.evaluate("document.getElementById('player').player.play()")
    player = page.get_by_role("region", name="Player")
    expect(player.get_by_text("rivers.mp4 cannot be loaded at the moment.")).to_be_visible()

    page.unroute(files)
    wait_for_time(page, "time > 0.5")
    page.wait_for_function(IS_TOGETHER)
    expect(player.get_by_text("cannot be loaded at the moment.")).to_be_hidden()
