"""Names, roles and states of the player and of the progress matrix, as a screen reader gets them."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.accessibility_tree import Node, read_table, read_tree
from tests.browser.browser_user import BrowserUser
from tests.browser.player_media import LINES, make_dub

SECONDS = 12
LANGUAGES = ("Original", "Arabic", "Spanish", "Hindi")


def open_session(user: BrowserUser, folder: Path) -> Page:
    page = user.page
    user.open("/sessions/new/")
    user.choose("folder", make_dub(folder, seconds=SECONDS, longer=0))
    page.get_by_role("button", name="Save session").click()
    user.wait_for_version(1)
    expect(page.locator("#player[data-ready]")).to_be_visible()
    expect(page.locator("#player-lines li[data-line]")).to_have_count(3, timeout=60_000)
    return page


def test_a_screen_reader_gets_names_roles_and_states(bob: BrowserUser, tmp_path: Path):
    page = open_session(bob, tmp_path)

    check_controls_at_rest(page)
    check_controls_in_use(page)
    check_matrix(page)
    check_selection(page)
    assert bob.errors == []


def read_player(page: Page) -> Node:
    (player,) = (node for node in read_tree(page).find_all("region") if node.name.startswith("Player: "))
    return player


def read_pressed(node: Node) -> dict[str, str]:
    """Return which of the buttons below a node are pressed, by name."""
    return {each.name: each.states["pressed"] for each in node.find_all("button") if "pressed" in each.states}


def check_controls_at_rest(page: Page) -> None:
    player = read_player(page)
    languages = read_pressed(player.find("group", "Language"))
    assert languages == dict.fromkeys(LANGUAGES, "false") | {"Original": "true"}
    others = {"A/B: compare with the original": "true", "Subtitles": "false"}
    assert read_pressed(player) == languages | others
    names = {button.name for button in player.find_all("button")}
    assert {"Play", "Previous frame", "Next frame", "Mute", "Keys", "Full screen"} <= names
    position = player.find("slider", "Position").states
    # Chromium passes this to screen readers, but not to its developer tools.
    slider = page.get_by_role("slider", name="Position")
    expect(slider).to_have_attribute("aria-valuetext", f"0 seconds of {SECONDS} seconds")
    assert (position["valuemin"], position["valuemax"], position["focusable"]) == (0, SECONDS, True)
    expect(page.get_by_label("Volume", exact=True)).to_have_attribute("aria-valuetext", "100\xa0%")
    volume = player.find("slider", "Volume").states
    assert (volume["valuemin"], volume["valuemax"], volume["value"]) == (0, 1, 1)
    assert player.find("DisclosureTriangle", "Settings").states["expanded"] is False


def check_controls_in_use(page: Page) -> None:
    region = page.locator("#player")
    hindi = region.get_by_role("button", name="Hindi", exact=True).get_attribute("aria-keyshortcuts") or ""
    for key, name in (("m", "Unmute"), ("c", "Subtitles"), (hindi, "Hindi")):
        page.keyboard.press(key)
        expect(region.get_by_role("button", name=name, exact=True)).to_be_visible()
    lines = page.get_by_role("region", name="Lines").get_by_role("listitem")
    expect(lines.nth(2)).to_contain_text(LINES["hi"][2])
    page.locator("#player .player-settings > summary").click()
    check_settings(read_player(page))
    lines.nth(1).get_by_role("button", name="Loop the line at").click()
    expect(lines.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    expect(page.locator("#player").get_by_role("button", name="Play", exact=True).first).to_be_visible()

    player = read_player(page)
    pressed = read_pressed(player)
    assert [pressed[name] for name in LANGUAGES] == ["false", "false", "false", "true"]
    assert (pressed["A/B: compare with the original"], pressed["Subtitles"]) == ("false", "true")
    position = player.find("slider", "Position").states
    assert 4 <= position["value"] <= 6
    (lines_region,) = (node for node in read_tree(page).find_all("region") if node.name == "Lines")
    loops = [
        each.states["pressed"]
        for each in lines_region.find_all("button")
        if each.name.startswith("Loop the line at ")
    ]
    assert loops == ["false", "true", "false"]


def check_settings(player: Node) -> None:
    assert player.find("DisclosureTriangle", "Settings").states["expanded"] is True
    assert player.find("combobox", "Speed").states["value"] == "1\N{MULTIPLICATION SIGN}"
    assert player.find("combobox", "Subtitles").states["value"] == "Language of the sound"
    assert player.find("checkbox", "Match volumes").states["checked"] == "true"


def check_matrix(page: Page) -> None:
    matrix = read_table(read_tree(page).find("table", "Progress by language"))
    assert matrix.columns == ["Language", "Translation", "Audio", "Dubbed video"]
    assert {headers: cell.text for headers, cell in matrix.cells.items()} == {
        ("Arabic (ar)", "Translation"): "Done",
        ("Arabic (ar)", "Audio"): "Done",
        ("Arabic (ar)", "Dubbed video"): "Missing",
        ("Hindi (hi)", "Translation"): "Done",
        ("Hindi (hi)", "Audio"): "Partial",
        ("Hindi (hi)", "Dubbed video"): "Done",
        ("Spanish (es)", "Translation"): "Missing",
        ("Spanish (es)", "Audio"): "Missing",
        ("Spanish (es)", "Dubbed video"): "Done",
    }
    links = [link.name for link in matrix.cells["Hindi (hi)", "Audio"].find_all("link")]
    assert links == ["Partial"]
    assert [note.text for note in matrix.notes] == ["Hindi, Audio: 3 of 3 lines voiced, not joined yet"]


def check_selection(page: Page) -> None:
    """Check the matrix whose cells are selected: each box has the name of its language, step and state."""
    page.get_by_role("link", name="Select cells").click()
    page.get_by_role("checkbox", name="Hindi Translation: Done").check()
    matrix = read_table(read_tree(page).find("table", "Progress by language"))
    boxes = {
        headers: {box.name: box.states["checked"] for box in cell.find_all("checkbox")}
        for headers, cell in matrix.cells.items()
    }
    assert boxes["All of Hindi Hindi (hi)", "Translation"] == {"Hindi Translation: Done": "true"}
    assert boxes["All of Arabic Arabic (ar)", "Audio"] == {"Arabic Audio: Done": "false"}
    assert boxes["All of Arabic Arabic (ar)", "Dubbed video"] == {}
