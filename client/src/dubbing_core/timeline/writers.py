"""Writers of tracks as SubRip, WebVTT, CSV, plain text and JSON."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from dubbing_core.enums import StrEnum
from dubbing_core.timeline.line_times import repair_ends, resolve_times
from dubbing_core.timeline.tracks import Segment

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for a legacy encoding."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class TextFormat(StrEnum):
    """Format of a downloaded track."""

    SRT = "srt"
    VTT = "vtt"
    CSV = "csv"
    TXT = "txt"
    JSON = "json"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]

    @property
    def needs_times(self) -> bool:
        return self in {TextFormat.SRT, TextFormat.VTT}


MEDIA_TYPES = {
    TextFormat.SRT: "application/x-subrip",
    TextFormat.VTT: "text/vtt",
    TextFormat.CSV: "text/csv",
    TextFormat.TXT: "text/plain",
    TextFormat.JSON: "application/json",
}


def write_track(segments: Sequence[Segment], text_format: TextFormat) -> Iterator[str]:
    """Yield a track's file in pieces."""
    return WRITERS[text_format](segments)


def write_srt(segments: Sequence[Segment]) -> Iterator[str]:
    for number, (segment, (start, end)) in enumerate(zip(segments, resolve_times(segments), strict=True), 1):
        text = _remove_blank_lines(segment.text).replace("-->", "->")
        yield f"{number}\n{_format(start, ',')} --> {_format(end, ',')}\n{text}\n\n"


def write_vtt(segments: Sequence[Segment]) -> Iterator[str]:
    yield "WEBVTT\n\n"
    for segment, (start, end) in zip(segments, resolve_times(segments), strict=True):
        text = _escape(_remove_blank_lines(segment.text))
        speaker = " ".join(_escape(segment.speaker).split())
        voice = f"<v {speaker}>" if speaker else ""
        yield f"{_format(start, '.')} --> {_format(end, '.')}\n{voice}{text}\n\n"


def write_csv(segments: Sequence[Segment]) -> Iterator[str]:
    rows = (
        [
            str(number),
            format_time(segment.start_ms),
            format_time(segment.end_ms),
            segment.speaker,
            segment.text,
        ]
        for number, segment in enumerate(repair_ends(segments), 1)
    )
    return write_table(["number", "start", "end", "speaker", "text"], rows)


def write_text(segments: Sequence[Segment]) -> Iterator[str]:
    """Yield the lines alone, each in one line."""
    for segment in segments:
        yield " ".join(segment.text.split()) + "\n"


def write_json(segments: Sequence[Segment]) -> Iterator[str]:
    """Yield the lines as Whisper writes them.

    Times are seconds, null where there are none.
    """
    yield '{"segments": ['
    for index, segment in enumerate(repair_ends(segments)):
        line = {
            "id": index,
            "start": None if segment.start_ms is None else segment.start_ms / 1000,
            "end": None if segment.end_ms is None else segment.end_ms / 1000,
            **({"speaker": segment.speaker} if segment.speaker else {}),
            "text": segment.text,
        }
        yield f"{',' if index else ''}\n{json.dumps(line, ensure_ascii=False)}"
    yield "\n]}\n"


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield CSV in which no cell is a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BYTE_ORDER_MARK
    for row in itertools.chain([header], rows):
        writer.writerow([neutralize_formula(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def neutralize_formula(cell: str) -> str:
    """Return a cell that spreadsheets show as text.

    What begins a formula gets an apostrophe, as OWASP recommends.
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell


def format_time(time_ms: int | None) -> str:
    """Return a time as ``1:02:03.456``; "" if there is none."""
    return "" if time_ms is None else _format(time_ms, ".")


def _format(time_ms: int, point: str) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{milliseconds:03}"


def _remove_blank_lines(text: str) -> str:
    """Return a text that does not end its cue."""
    return "\n".join(line for line in text.splitlines() if line.strip())


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


WRITERS: dict[TextFormat, Callable[[Sequence[Segment]], Iterator[str]]] = {
    TextFormat.SRT: write_srt,
    TextFormat.VTT: write_vtt,
    TextFormat.CSV: write_csv,
    TextFormat.TXT: write_text,
    TextFormat.JSON: write_json,
}
