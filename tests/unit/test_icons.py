from __future__ import annotations

import json
import re

from tests.services.processes import ROOT

NAMES = set(json.loads((ROOT / "frontend/icons.json").read_text(encoding="utf-8")))
USES = {
    ROOT / "templates": ("*.html", re.compile(r'{% icon "([^"]+)"')),
    ROOT / "frontend/src": ("*.js", re.compile(r'\bicon\("([^"]+)"\)')),
    ROOT / "sessions_app/templatetags": ("*.py", re.compile(r'icon="([^"]+)"')),
}


def test_every_icon_of_templates_and_scripts_is_in_the_sprite():
    used = {
        name
        for folder, (files, pattern) in USES.items()
        for file in folder.rglob(files)
        for name in pattern.findall(file.read_text(encoding="utf-8"))
    }
    assert {"logo", "search"} <= used
    assert used <= NAMES, "add the missing names to frontend/icons.json"


def test_the_sprite_contains_no_other_icons():
    words = {
        word
        for folder in ("templates", "frontend/src", "sessions_app")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".html", ".js", ".py"}
        for word in re.findall(r"""["']([a-z-]+)["']""", file.read_text(encoding="utf-8"))
    }
    assert set() == NAMES - words, "remove them from frontend/icons.json"
