"""Checks of a page that is open: accessibility, weight, and what moved while it loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.services.processes import ROOT

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
MAX_WEIGHT = 200_000
"""Bytes of a page as transferred, with its styles, scripts, icons and fonts, without pictures and media."""
MAX_SHIFT = 0.001
"""Cumulative layout shift: what rounding leaves, with a cold cache and a slow processor, too."""
SLOWDOWN = 4
"""Factor by which the processor is slower while a page loads: a page that is drawn in parts shows what moves."""
THEME_RULES = ["color-contrast", "link-in-text-block", "target-size"]
"""Rules of axe whose results depend on the theme or the width of a page; the others depend on its elements alone."""
RUN_AXE = """
async (rules) => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const options = { runOnly: rules ?? tags, resultTypes: ["violations"], preload: false };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) => nodes.map(
    ({ html, any, all, none }) => `${id}: ${html.slice(0, 200)} ${[...any, ...all, ...none][0]?.message ?? ""}`
  ));
}
"""
LIST_LOADED = """
async () => {
  await document.fonts.ready;
  // Chromium reports the fonts of the pages before, too, as pages share a parsed style sheet: only those in use count.
  const rules = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules]);
  const faces = rules.filter((rule) => rule instanceof CSSFontFaceRule);
  const inUse = [...document.fonts].map(({ status }, at) => (status === "unloaded" ? "" : faces[at].style.src)).join();
  return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter(({ initiatorType }) => !["img", "video", "audio", "track"].includes(initiatorType))
    .filter(({ name }) => !name.endsWith(".woff2") || inUse.includes(name.split("/").at(-1)))
    .map(({ name, encodedBodySize }) => [name, encodedBodySize]);
}
"""
RECORD_PARSED = """
document.addEventListener("readystatechange", () => {
  // Deferred scripts and modules run after this.
  if (document.readyState === "interactive") window.parsedElements = new WeakSet(document.querySelectorAll("*"));
});
"""
MEASURE_VITALS = """
() => document.fonts.ready.then(() => new Promise((resolve) => {
  const vitals = { shift: 0, moved: [], largest: 0, element: "", isParsed: true };
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      vitals.shift += entry.value;
      for (const { node, previousRect, currentRect } of entry.sources) {
        const name = node?.outerHTML?.slice(0, 120) ?? node?.textContent?.slice(0, 60) ?? "a removed element";
        vitals.moved.push(`${name} from ${place(previousRect)} to ${place(currentRect)}`);
      }
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const { startTime, element } of list.getEntries()) {
      // A notice of an event, such as a job that ended, is no content of the page, but may be larger than a short one.
      if (element?.closest("#toasts")) continue;
      vitals.largest = startTime;
      vitals.element = element?.outerHTML.slice(0, 120) ?? "";
      // An element that was removed since is not named.
      vitals.isParsed = !element || (window.parsedElements?.has(element) ?? false);
    }
  }).observe({ type: "largest-contentful-paint", buffered: true });
  // Buffered entries are delivered in tasks before this one; scripts have done what they do at first.
  requestAnimationFrame(() => requestIdleCallback(() => resolve(vitals)));
}))
"""


@cache
def _read_axe() -> str:
    return AXE.read_text(encoding="utf-8")


def find_violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return the violations of WCAG 2.2 AA that axe finds.

    :param rules: names of the rules, all if None.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_read_axe())
    return list(page.evaluate(RUN_AXE, rules))


def list_loaded(page: Page) -> dict[str, int]:
    """Return the bytes of each address that the page loaded, without pictures and media."""
    return dict(page.evaluate(LIST_LOADED))


def measure_vitals(page: Page) -> dict[str, Any]:
    """Return the layout shift and what moved, and the largest content: the milliseconds until it was drawn, its element,
    and whether the element is part of the response, which needs `record_parsed` before the page is opened."""
    return dict(page.evaluate(MEASURE_VITALS))


def record_parsed(page: Page) -> None:
    """Record the elements of the response in pages that are opened from now on."""
    page.add_init_script(RECORD_PARSED)


@contextmanager
def cold_cache(page: Page) -> Iterator[None]:
    """Let pages load without cache on a slow processor, as on a phone that opens them for the first time."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    yield
    devtools.detach()


def check_load(page: Page, path: str) -> str:
    """Check what the page loaded, that nothing moved, and that the largest content waited for no script.

    :returns: the figures as a line.
    """
    loaded = list_loaded(page)
    weight = sum(loaded.values())
    vitals = measure_vitals(page)
    assert weight <= MAX_WEIGHT, (path, weight, loaded)
    is_of_staff = path.startswith(("/admin/", "/styleguide/"))
    assert vitals["shift"] <= MAX_SHIFT, f"{path} moves by {vitals['shift']:.4f}:\n" + "\n".join(
        vitals["moved"]
    )
    # Django's widget for several choices is a script.
    assert vitals["isParsed"] or is_of_staff, (
        f"{path}: a script creates the largest content: {vitals['element']}"
    )
    return f"{weight / 1000:4.0f} kB, LCP {vitals['largest']:5.0f} ms  {path}"


BROKEN_WORDS = """() => {
    const found = new Set();
    const labels = "button, .button, th, legend, label, nav a, .badge, .cell-state, .cell-note, .cell-label, summary";
    for (const label of document.querySelectorAll(labels)) {
        if (!label.checkVisibility({ visibilityProperty: true })) continue;
        const walker = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (node.parentElement.closest("bdi, [dir], [lang]:not(html), .visually-hidden")) continue;
            let last = null;
            for (let at = 0; at < node.length; at++) {
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                const { bottom, height } = range.getBoundingClientRect();
                const isLetter = height > 0 && /\\p{L}/u.test(node.data[at]);
                if (isLetter && last !== null && bottom - last > height / 2) found.add(label.textContent.trim());
                last = isLetter ? bottom : null;
            }
        }
    }
    return [...found];
}"""


def find_broken_words(page: Page) -> list[str]:
    """Return the labels in which a line ends within a word, without a hyphen."""
    found: list[str] = page.evaluate(BROKEN_WORDS)
    return found
