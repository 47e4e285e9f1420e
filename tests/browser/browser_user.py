"""A user in a browser, and the errors that the browser reports."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.journeys.controller import Controller
from tests.services.media import Media


@dataclass
class BrowserUser:
    page: Page
    address: str
    controller: Controller
    name: str
    errors: list[str] = field(default_factory=list)

    @classmethod
    def with_browser(
        cls, context: BrowserContext, address: str, controller: Controller, name: str
    ) -> BrowserUser:
        page = context.new_page()
        user = cls(page, address, controller, name)
        page.on("console", user._on_console)
        page.on("pageerror", lambda error: user.errors.append(f"error in a script: {error}"))
        return user

    def focus_tab(self) -> None:
        """Bring this tab to the front: Chromium draws background tabs only once a second, which delays clicks."""
        self.page.bring_to_front()

    def open_tab(self) -> BrowserUser:
        """Open another tab of the same browser."""
        return BrowserUser.with_browser(self.page.context, self.address, self.controller, self.name)

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium also reports violations of the content security policy here, and requests to other hosts, which it
        # cannot resolve (tests.services.browser).
        if message.type in {"error", "warning"}:
            self.errors.append(f"{message.type}: {message.text} ({self.page.url})")

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def choose_language(self, language: str) -> None:
        """Choose the language of pages without the form in the footer."""
        self.page.context.add_cookies([{"name": "django_language", "value": language, "url": self.address}])

    def add_login_cookie(self) -> None:
        """Sign in without the form."""
        cookie = self.controller.call("create_login_cookie", name=self.name)
        self.page.context.add_cookies(
            [{"name": cookie["name"], "value": cookie["value"], "url": self.address}]
        )

    def sign_in(self) -> None:
        """Sign in with the form."""
        password = self.controller.call("set_password", name=self.name)
        if "/accounts/login/" not in self.page.url:
            self.open("/accounts/login/")
        self.page.get_by_label("User name or e-mail").fill(self.name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()

    def sign_out(self) -> None:
        self.page.get_by_text(self.name, exact=True).first.click()
        self.page.get_by_role("button", name="Sign out").click()

    def choose(self, kind: str, *paths: Path) -> None:
        """Choose files with the input of a kind: ``files``, ``folder`` or ``zip``."""
        expect(self.page.locator(f'[data-choose="{kind}"]')).to_be_enabled()
        chooser = self.page.locator(f'input[data-kind="{kind}"]')
        chooser.set_input_files(paths[0] if kind == "folder" else list(paths))

    def drop(self, *paths: Path, on: str) -> None:
        """Drop files or folders from the desktop onto an element."""
        expect(self.page.locator("[data-choose]").last).to_be_enabled()
        box = self.page.locator(on).bounding_box()
        assert box is not None
        devtools = self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
            event = {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": data}
            devtools.send("Input.dispatchDragEvent", event)

    def open_menu(self, name: str) -> None:
        """Open a menu of the page by the name of its button."""
        self.page.locator("main [data-menu] > summary").filter(has_text=name).or_(
            self.page.locator(f'main [data-menu] > summary[aria-label="{name}"]')
        ).click()

    def wait_for_job(self, outcome: str | re.Pattern[str]) -> None:
        expect(self.page.locator("#job")).to_contain_text(outcome)

    def wait_for_version(self, number: int, *, timeout: float | None = None) -> None:
        """Wait until the page of the session shows a version as the current one, after a save.

        :param timeout: milliseconds, more than usual for large projects.
        """
        shown = self.page.locator(f'[data-saved-version="{number}"]')
        expect(shown).to_be_attached(timeout=timeout)

    def wait_for_notice(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("#toasts")).to_contain_text(text)


def make_project(folder: Path, media: Media) -> dict[str, bytes]:
    """Create a dubbing project with real media; return the files that its export must contain."""
    project = folder / "conference"
    for part in ("transcriptions", "translations", "voices", "audio", "final_videos"):
        (project / part).mkdir(parents=True)
    shutil.copy(media.video, project / "conference-talk.mp4")
    shutil.copy(media.voices[0], project / "audio" / "hi_audio.wav")
    shutil.copy(media.silence, project / "audio" / "es_audio.wav")
    shutil.copy(media.dubbed_video, project / "final_videos" / "hi_final.mp4")
    for path, value in {
        "transcriptions/original_asr.json": {"text": "Hello and welcome to this talk."},
        "translations/translated.json": {"hi": "नमस्ते", "es": "Hola"},
        "voices/voice_assignments.json": {"hi": "gemini_hi_deep", "es": "edge_es_bright"},
    }.items():
        (project / path).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    contents = {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file()
    }
    contents["original_video.mp4"] = contents.pop("conference-talk.mp4")
    return contents
