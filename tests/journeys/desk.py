"""Acts with the portal's settings, in a process of its own: python -m tests.journeys.desk

A line of JSON comes in, ``{"act": NAME, "arguments": {...}}``; one goes out, ``{"answer": ...}`` or ``{"error": TRACEBACK}``.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dubbing_sessions.settings"
    django.setup()
    from tests.journeys import acts  # noqa: PLC0415 (models need the settings)

    for line in sys.stdin:
        asked = json.loads(line)
        try:
            told = {"answer": acts.perform(asked["act"], asked["arguments"])}
        except Exception:  # noqa: BLE001 (whoever asked shall know)
            told = {"error": traceback.format_exc()}
        print(json.dumps(told), flush=True)  # noqa: T201 (its way to speak)


if __name__ == "__main__":
    main()
