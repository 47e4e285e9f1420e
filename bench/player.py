"""Measurements of the player: `python -m bench.player`.

How a switch of the language sounds, and how well two pictures stay together.

Chromium plays real media from a portal of its own, each language another tone. An AudioWorklet at the player's output copies the
samples; what was audible when is computed from them afterwards, so a busy main thread changes no result. Run it on a machine that
does nothing else: 90 s.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.player_media import TONES, make_dub, make_other_picture
from tests.services import chromium
from tests.services.browser import FLAGS
from tests.services.migrated_databases import get_sqlite_file
from tests.services.stacks import without_settings

SIZE = "1280x720"
SWITCHES = 12
PAIR_SECONDS = 10
MUTED_SECONDS = 0.2
"""Silence by which the measurement is checked."""
Row = tuple[str, float, float | None]
"""What was measured, its milliseconds, their limit."""
LIMITS = {"gap": 10, "latency": 60, "drift": 25, "pictures": 40}
"""Milliseconds: longest silence, click to sound, offset of sound and picture after a minute, of two pictures at the median."""
TAP = """
class Tap extends AudioWorkletProcessor {
  constructor() { super(); this.block = new Float32Array(4096); this.at = 0; }
  process([[samples]]) {
    if (samples) this.block.set(samples, this.at);
    else this.block.fill(0, this.at, this.at + 128);
    this.at += 128;
    if (this.at === this.block.length) {
      this.port.postMessage({ start: currentFrame + 128 - this.at, samples: this.block.slice() });
      this.at = 0;
    }
    return true;
  }
}
registerProcessor("tap", Tap);
"""
CONNECT = """async (code) => {
  const { player } = document.getElementById("player");
  const { context, output } = player.mixer;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  window.blocks = [];
  tap.port.onmessage = ({ data }) => blocks.push(data);
  output.connect(tap);
  window.offsets = [];
  setInterval(() => {
    const { mixer, transport } = player;
    if (transport.isPlaying) offsets.push((mixer.audible.element.currentTime - transport.picture.currentTime) * 1000);
  }, 100);
  return context.baseLatency * 1000;
}"""
SWITCH = """async (tag) => {
  const { context } = document.getElementById("player").player.mixer;
  const tab = document.querySelector(`.player-tab[data-tag="${tag}"]`);
  const clicked = context.currentTime;
  tab.click();
  return clicked;
}"""
MUTE = """async (seconds) => {
  const { player } = document.getElementById("player");
  const { context } = player.mixer;
  const muted = context.currentTime;
  player.setVolume(1, true);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  player.setVolume(1, false);
  return muted;
}"""
READ_SWITCH = """([clicked, hertz, seconds]) => {
  const { sampleRate } = document.getElementById("player").player.mixer.context;
  const first = Math.round(clicked * sampleRate);
  const samples = new Float32Array(Math.round(seconds * sampleRate));
  for (const block of blocks) {
    for (let at = 0; at < block.samples.length; at++) {
      const target = block.start + at - first;
      if (target >= 0 && target < samples.length) samples[target] = block.samples[at];
    }
  }
  const measure = (window, step, read) => {
    const [size, hop] = [window, step].map((each) => Math.round(each * sampleRate));
    const values = [];
    for (let at = 0; at + size <= samples.length; at += hop) values.push(read(samples.subarray(at, at + size)));
    return values;
  };
  const getMedian = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const readTone = (part) => {
    let [real, imaginary] = [0, 0];
    part.forEach((value, at) => {
      const angle = (2 * Math.PI * hertz * at) / sampleRate;
      real += value * Math.cos(angle);
      imaginary += value * Math.sin(angle);
    });
    return Math.hypot(real, imaginary) / part.length;
  };
  const readPower = (part) => Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
  const tones = measure(0.01, 0.001, readTone);
  const level = getMedian(tones.slice(-200)); // of the new language alone
  const found = level > 1e-3 ? tones.findIndex((tone) => tone > level / 2) : -1;
  const powers = measure(0.005, 0.001, readPower);
  const silence = getMedian(powers) / 10;
  let [longest, run] = [0, 0];
  for (const power of powers) {
    run = power < silence ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return { latency: found < 0 ? 9999 : found + 10, gap: longest ? longest + 5 : 0 };
}"""
HAS_SOUNDS = """() => {
  const { player } = document.getElementById("player");
  return player.files.every((file) => file.kind !== "video" || file.soundUrl);
}"""
PAIR = """async (seconds) => {
  const { pair } = document.getElementById("pictures");
  pair.offsets.length = 0;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return pair.offsets.map((offset) => offset * 1000);
}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="length of the run whose drift is measured")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")
    import django  # noqa: PLC0415 (after the settings are chosen)

    django.setup()
    from tests.browser.conftest import running_portal  # noqa: PLC0415 (reads Django's settings)

    program = chromium.find()
    assert program is not None, "no Chromium runs here"
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        environment = {**without_settings(os.environ), "DATA_DIR": str(folder / "data"), "LOG_LEVEL": "ERROR"}
        (folder / "data").mkdir()
        shutil.copy(get_sqlite_file(without_settings(os.environ)), folder / "data")
        project = make_dub(folder, seconds=options.seconds + 15, longer=0, size=SIZE)
        with running_portal(environment, media_processes=1) as portal:
            browser = playwright.chromium.launch(
                executable_path=program.program,
                args=[*FLAGS, "--autoplay-policy=no-user-gesture-required"],
                env={**os.environ, **program.environment},
            )
            with portal.browser_user(browser, "bench", bypass_csp=True) as user:
                user.add_login_cookie()
                rows = measure_sound(user, project, options.seconds)
                other = make_other_picture(project, seconds=2 * PAIR_SECONDS, size=SIZE)
                rows += measure_pictures(user, other, PAIR_SECONDS)
            browser.close()
    return print_rows(rows)


def measure_sound(user: Any, project: Path, seconds: int) -> list[Row]:
    """Play a project and switch its languages.

    Measure gaps, latencies and offsets.
    """
    page: Page = user.page
    user.open("/sessions/new/")
    user.choose("folder", project)
    page.get_by_role("button", name="Save session").click()
    user.wait_for_version(1, timeout=60_000)
    page.wait_for_function(HAS_SOUNDS, timeout=60_000)
    page.locator("#player[data-ready] [data-ref=play]").click()
    page.wait_for_function("() => document.getElementById('player').player.transport.time > 0.5")
    base_latency = page.evaluate(CONNECT, TAP)
    page.wait_for_timeout(500)
    every = seconds / SWITCHES
    switches = []
    for tag in ["es", "", "hi", "ar", "", "hi"] * (SWITCHES // 6):
        switches.append((page.evaluate(SWITCH, tag), TONES[tag]))
        page.wait_for_timeout(every * 1000)
    offsets = [abs(each) for each in page.evaluate("offsets")]
    muted = page.evaluate(MUTE, MUTED_SECONDS)
    page.wait_for_timeout(2000)
    silence = page.evaluate(READ_SWITCH, [muted, switches[-1][1], 1.5])["gap"]
    assert silence > MUTED_SECONDS * 500, f"a silence of {MUTED_SECONDS} s was measured as {silence} ms"
    results = [page.evaluate(READ_SWITCH, [*each, min(2, every - 0.2)]) for each in switches]
    latencies = [each["latency"] for each in results]
    return [
        ("switch: longest silence", max(each["gap"] for each in results), LIMITS["gap"]),
        ("switch: click until audible, first", latencies[0], LIMITS["latency"]),
        (f"switch: click until audible, median of {len(latencies)}", median(latencies), LIMITS["latency"]),
        ("switch: click until audible, longest", max(latencies), None),
        ("latency of the browser's output, in addition", base_latency, None),
        (f"sound and picture over {seconds} s: median", median(offsets), None),
        (f"sound and picture over {seconds} s: 95 %", quantile(offsets), LIMITS["drift"]),
        (f"sound and picture over {seconds} s: largest", max(offsets), None),
        (f"sound and picture after {seconds} s", median(offsets[-20:]), LIMITS["drift"]),
    ]


def measure_pictures(user: Any, other: Path, seconds: int) -> list[Row]:
    """Save another picture of a video; measure the offsets of both side by side."""
    page: Page = user.page
    session = page.url.partition("?")[0]
    page.goto(f"{session}save/")
    user.choose("folder", other)
    page.get_by_role("button", name="Save new version").click()
    user.wait_for_version(2, timeout=60_000)
    page.goto(f"{session}compare/pictures/?from=1&to=2")
    page.locator("#pictures[data-ready] [data-ref=play]").click()
    page.wait_for_timeout(2000)
    offsets = [abs(each) for each in page.evaluate(PAIR, seconds)]
    return [
        (
            f"two pictures over {seconds} s: median of {len(offsets)} frames",
            median(offsets),
            LIMITS["pictures"],
        ),
        (f"two pictures over {seconds} s: 95 %", quantile(offsets), None),
        (f"two pictures over {seconds} s: largest", max(offsets), None),
    ]


def quantile(values: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[int(len(values) * 0.95)]


def print_rows(rows: list[Row]) -> int:
    """Print figures with their limits; return the exit status."""
    failed = False
    for label, value, limit in rows:
        failed = failed or (limit is not None and value > limit)
        print(f"{label:<58}{value:8.1f} ms" + (f"   at most {limit}" if limit is not None else ""))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
