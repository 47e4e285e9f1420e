"""Reading of subtitles and transcripts: CPU seconds, and memory of a large one."""

from __future__ import annotations

import io
import json
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

from bench.contest import Bench, Row
from bench.measure import get_memory, reset_peak
from dubbing_core.timeline.reader import read_timeline
from dubbing_core.timeline.tracks import Timeline

GROUP = "content"
CUES = 10_000
WHISPERX_SIZE = 50_000_000
WORDS_IN_LINE = 10
MIB = 1024 * 1024


def rows(bench: Bench) -> Iterator[Row]:
    seconds = _measure_cpu("talk.srt", _write_srt())
    yield Row(work=f"read {CUES:,} cues", against="SubRip", value=seconds, unit="CPU s", at_most=0.4)
    file = bench.folder / "whisperx.json"
    lines = _write_whisperx(file)
    seconds, memory, count = _read_in_process(file)
    assert count == lines
    size = f"read {WHISPERX_SIZE // 1_000_000} MB"
    yield Row(work=size, against="WhisperX", value=seconds, unit="CPU s", at_most=3)
    yield Row(work=size, against="WhisperX, peak memory", value=memory / MIB, unit="MiB", at_most=200)
    file.unlink()


def _measure_cpu(name: str, data: bytes) -> float:
    start = time.process_time()
    timeline = read_timeline(name, io.BytesIO(data))
    seconds = time.process_time() - start
    assert _count(timeline) == CUES
    return seconds


def _count(timeline: Timeline) -> int:
    return sum(len(track.segments) for track in timeline.tracks)


def _write_srt() -> bytes:
    return "\n".join(
        f"{number}\n{_clock(number)},000 --> {_clock(number)},900\nLine {number} with <i>some</i> words\nin two rows\n"
        for number in range(1, CUES + 1)
    ).encode()


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _write_whisperx(file: Path) -> int:
    """Write a transcript with words on one line; return its number of lines of dialog."""
    count, size = 0, 0
    with file.open("w", encoding="utf-8") as output:
        size += output.write('{"segments": [')
        while size < WHISPERX_SIZE:
            words = [
                {
                    "word": f"word{number}",
                    "start": count + number / 10,
                    "end": count + number / 10 + 0.087,
                    "score": 0.912,
                }
                for number in range(WORDS_IN_LINE)
            ]
            text = " ".join(str(word["word"]) for word in words)
            line = {
                "start": count + 0.123,
                "end": count + 0.987,
                "text": text,
                "words": words,
                "speaker": "SPEAKER_00",
            }
            size += output.write(("," if count else "") + json.dumps(line))
            count += 1
        output.write('], "language": "en"}')
    return count


def _read_in_process(file: Path) -> tuple[float, int, int]:
    """Read it in a new process; return CPU seconds, peak memory and lines of dialog."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_read_file, (file,))


def _read_file(file: Path) -> tuple[float, int, int]:
    read_timeline("warm-up.json", io.BytesIO(b'{"language": "en", "text": "x"}'))
    reset_peak()
    idle = get_memory("VmRSS")
    start = time.process_time()
    with file.open("rb") as opened:
        timeline = read_timeline(file.name, opened)
    return time.process_time() - start, get_memory("VmHWM") - idle, _count(timeline)
