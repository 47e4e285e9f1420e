"""Write screenshots of all pages, and print what each page weighs and how fast it is drawn.

`make screenshots DIR=folder` starts a portal with the demo session, opens each page in three widths, light and dark, and writes
PAGE-WIDTH-THEME.png. The figures are of the first load of a page, with an empty cache: bytes as transferred without pictures and
media, largest contentful paint, cumulative layout shift.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import page_checks
from tests.screenshots.demo_portal import DemoPortal, running_browser, running_portal
from tests.services.browser import new_context

WIDTHS = (1440, 1024, 390)
THEMES = ("light", "dark")
SIGNED_OUT = {
    "sign-in": "/accounts/login/",
    "reset-password": "/accounts/password/reset/",
    "not-found": "/nothing",
}
SIGNED_IN = {
    "sessions": "/sessions/?view=cards",
    "sessions-table": "/sessions/?view=table",
    "search": "/search/?q=welcome",
    "new-session": "/sessions/new/",
    "import": "/imports/",
    "jobs": "/jobs/",
    "trash": "/sessions/trash/",
    "storage": "/account/storage/",
    "tokens": "/account/tokens/",
    "password": "/accounts/password/change/",
    "api": "/api/v1/docs",
    "styleguide": "/styleguide/",
    "admin": "/admin/",
    "admin-sessions": "/admin/sessions_app/dubbingsession/",
}
OF_SESSION = {
    "session": "",
    "save": "save/",
    "versions": "versions/",
    "compare": "compare/?from=1",
    "transcript": "transcript/",
    "restore-part": "versions/1/restore/part/",
    "export": "versions/1/export/new/",
    "rename": "name/",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", dest="pages", help="names of pages, with commas between them")
    parser.add_argument("--widths", help="in pixels, with commas between them")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    pages = set(options.pages.split(",")) if options.pages else None
    widths = tuple(int(width) for width in options.widths.split(",")) if options.widths else WIDTHS
    with running_portal() as demo, running_browser() as browser:
        Photographer(browser, demo, options.folder, pages, widths).visit_all()
    return 0


class Photographer:
    def __init__(
        self,
        browser: Browser,
        demo: DemoPortal,
        folder: Path,
        pages: set[str] | None,
        widths: tuple[int, ...],
    ) -> None:
        self.browser = browser
        self.demo = demo
        self.folder = folder
        self.pages = pages
        self.widths = widths

    def visit_all(self) -> None:
        print(f"{'page':<16}{'kB':>8}{'LCP ms':>8}{'CLS':>8}", flush=True)
        with new_context(self.browser) as context:
            for name, path in SIGNED_OUT.items():
                self.visit(context, name, path)
            page = context.new_page()
            session = self.demo.sign_in(page)
            page.close()
            for name, path in SIGNED_IN.items():
                self.visit(context, name, path)
            for name, path in OF_SESSION.items():
                self.visit(context, name, session + path)

    def visit(self, context: BrowserContext, name: str, path: str) -> None:
        if self.pages is not None and name not in self.pages:
            return
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Network.clearBrowserCache")
        page.set_viewport_size({"width": self.widths[0], "height": 900})
        page.goto(self.demo.address + path, wait_until="networkidle")
        weight = sum(page_checks.list_loaded(page).values()) / 1000
        vitals = page_checks.measure_vitals(page)
        print(f"{name:<16}{weight:>8.0f}{vitals['largest']:>8.0f}{vitals['shift']:>8.3f}", flush=True)
        for width, theme in product(self.widths, THEMES):
            self.take(page, name, width, theme)
        page.close()

    def take(self, page: Page, name: str, width: int, theme: str) -> None:
        # The styles of both themes are loaded, so that the page need not be.
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("new Promise(requestAnimationFrame)")
        page.screenshot(path=self.folder / f"{name}-{width}-{theme}.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main())
