"""Recognition of a folder with very many files, in CPU seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.contest import Bench, Row
from dubbing_core.layouts.recognizers import recognize

GROUP = "recognizers"
COUNT = 10_000
ROOT = ("download.mp4", "transcript.json", "translation.json", "audio.wav", "video.mp4")
FOLDERS = {
    "one tool": [
        "log/cleaned_chunks.xlsx",
        "talk.mp4",
        *(f"audio/segs/{number}_0.wav" for number in range(COUNT - 2)),
    ],
    "many tool folders": [
        f"videos/ana/{number}/{name}" for number in range(COUNT // len(ROOT)) for name in ROOT
    ],
    "no tool, audio": [f"tts/line_{number}_hello_es.wav" for number in range(COUNT)],
    "no tool, videos": [f"clips/scene {number}_take_es.mp4" for number in range(COUNT)],
}


def rows(_bench: Bench) -> Iterator[Row]:
    for name, paths in FOLDERS.items():
        recognize(paths[:10])  # loads language tags
        start = time.process_time()
        recognize(paths)
        seconds = time.process_time() - start
        yield Row(
            work=f"recognize {len(paths):,} files", against=name, value=seconds, unit="CPU s", at_most=0.5
        )
