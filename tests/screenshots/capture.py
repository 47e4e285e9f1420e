"""Write an animated picture of the demo session: sign in, listen to languages, compare two versions.

`make capture FILE=docs/capture.webp` starts a portal with the demo session, follows the scenes below in Chromium, and encodes the frames
that it drew with ffmpeg. The pointer is drawn by a script, as a browser without a window has none.
"""

from __future__ import annotations

import argparse
import base64
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.screenshots.demo_portal import DemoPortal, running_browser, running_portal
from tests.services.browser import new_context

SIZE = {"width": 1200, "height": 750}
FRAME_RATE = 8
WIDTH = 800
"""Of the animation, in pixels."""
QUALITY = 55
MAX_BYTES = 3_000_000
LENGTH = 20.0
"""Seconds of the animation, which is faster than the scenes where those take longer."""
LONGEST_FRAME = 1.5
"""Seconds that a still picture is shown."""
POINTER = """
addEventListener("DOMContentLoaded", () => {
  const dot = document.createElement("div");
  Object.assign(dot.style, { position: "fixed", width: "18px", height: "18px", margin: "-9px", borderRadius: "50%",
    background: "rgb(58 79 216 / 55%)", border: "2px solid white", zIndex: 1000, pointerEvents: "none" });
  const [x, y] = (sessionStorage.getItem("pointer") ?? "600 400").split(" ");
  Object.assign(dot.style, { left: `${x}px`, top: `${y}px` });
  document.body.append(dot);
  addEventListener("mousemove", ({ clientX, clientY }) => {
    Object.assign(dot.style, { left: `${clientX}px`, top: `${clientY}px` });
    sessionStorage.setItem("pointer", `${clientX} ${clientY}`);
  });
});
"""


class Recorder:
    """Frames of a page with the seconds at which they were drawn."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.folder = folder
        self.frames: list[tuple[Path, float]] = []
        self.devtools: CDPSession = page.context.new_cdp_session(page)
        self.devtools.on("Page.screencastFrame", self._on_frame)

    def start(self) -> None:
        self.devtools.send("Page.startScreencast", {"format": "jpeg", "quality": 90, "everyNthFrame": 2})

    def stop(self) -> None:
        self.devtools.send("Page.stopScreencast")

    def _on_frame(self, event: dict[str, Any]) -> None:
        path = self.folder / f"{len(self.frames):05}.jpg"
        path.write_bytes(base64.b64decode(event["data"]))
        self.frames.append((path, float(event["metadata"]["timestamp"])))
        self.devtools.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    def encode(self, path: Path) -> None:
        """Write the frames as an animated WebP."""
        starts = [start for _, start in self.frames]
        lengths = [min(end - start, LONGEST_FRAME) for start, end in pairwise([*starts, starts[-1] + 1])]
        speed = max(1, sum(lengths) / LENGTH)
        lines = []
        for (frame, _), length in zip(self.frames, lengths, strict=True):
            lines += [f"file '{frame}'", f"duration {length / speed:.3f}"]
        listing = self.folder / "frames.txt"
        listing.write_text("\n".join(lines), encoding="utf-8")
        filters = f"fps={FRAME_RATE},scale={WIDTH}:-2:flags=lanczos"
        command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "concat", "-safe", "0", "-i", str(listing)]
        command += ["-vf", filters, "-c:v", "libwebp_anim", "-quality", str(QUALITY), "-loop", "0", str(path)]
        subprocess.run(command, check=True)


def click(page: Page, target: Locator, *, seconds: float = 0.4) -> None:
    """Move the pointer to an element, then click it."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=12)
    page.wait_for_timeout(1000 * seconds)
    target.click()


def play_scenes(page: Page, demo: DemoPortal, session: str) -> None:
    name = page.get_by_label("User name or e-mail")
    name.press_sequentially("demo", delay=60)
    page.get_by_label("Password", exact=True).press_sequentially(demo.password, delay=30)
    click(page, page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.wait_for_timeout(1000)
    click(page, page.locator(f'a.card-link[href="{session}"]'), seconds=1)
    player = page.get_by_role("region", name="Player")
    expect(page.locator("#player[data-ready]")).to_be_visible()
    tabs = player.get_by_role("group", name="Language").get_by_role("button")
    click(page, tabs.filter(has_text="Hindi"), seconds=0.8)
    click(page, player.get_by_role("button", name="Play", exact=True).last)
    page.wait_for_timeout(3500)
    for language in ("Spanish", "Original"):
        click(page, tabs.filter(has_text=language))
        page.wait_for_timeout(2000)
    page.goto(f"{demo.address}{session}compare/?from=1")
    page.wait_for_timeout(1200)
    click(page, page.get_by_role("link", name="Compare pictures"))
    page.wait_for_timeout(1500)
    click(page, page.get_by_role("button", name="Play", exact=True).last)
    page.wait_for_timeout(2500)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    with (
        running_portal() as demo,
        running_browser() as browser,
        tempfile.TemporaryDirectory() as folder,
        new_context(browser, viewport=SIZE, color_scheme="light") as context,
    ):
        page = context.new_page()
        session = demo.sign_in(page)
        context.clear_cookies()
        page.add_init_script(POINTER)
        page.goto(f"{demo.address}/accounts/login/")
        recorder = Recorder(page, Path(folder))
        recorder.start()
        play_scenes(page, demo, session)
        recorder.stop()
        recorder.encode(options.file)
    size = options.file.stat().st_size
    print(f"{options.file}: {len(recorder.frames)} frames, {size / 1e6:.1f} MB")
    return 0 if size <= MAX_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
