"""Comparison of the lines of a text file in two versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from dubbing_core.change_summary import ChangeKind
from dubbing_core.comparison.files import FileDifference
from dubbing_core.comparison.lines import LINE_LIMIT, TooManyLinesError, TrackComparison, compare_tracks
from dubbing_core.sentences import Number, join, sentence
from dubbing_core.timeline.reader import can_read, read_timeline
from dubbing_core.timeline.tracks import Track
from sessions_app.models import BlobTimeline, Entry, Version
from sessions_app.queries.timelines import READ_CATEGORIES
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key

READ_LIMIT = 256 * 1024
"""In bytes, of files that a request reads itself if no task has read them yet."""
TOO_LONG = sentence(
    "has more than %(line_limit)s lines, which are not compared here", line_limit=Number(LINE_LIMIT)
)
UNREAD = sentence("has not been read yet. Try again in a minute")


class UncomparableError(Exception):
    """The lines of a file cannot be compared; the message is a clause."""


@dataclass(frozen=True, kw_only=True)
class TextComparison:
    """The lines of a file that differ between two versions."""

    path: str
    tracks: Sequence[TrackComparison] = ()
    reason: str = ""
    """Why they cannot be compared, as a sentence; "" if they are."""

    @property
    def words(self) -> str:
        """The differences of all tracks in a line."""
        if self.reason:
            return self.reason
        named = [track for track in self.tracks if track.lines.differences] or self.tracks
        return join(
            [
                join([track.language, track.lines.words], ": ")
                if track.language and len(self.tracks) > 1
                else track.lines.words
                for track in named
            ],
            "; ",
        )


def has_comparable_lines(difference: FileDifference) -> bool:
    """Return whether a difference is that of a text, whose lines may be compared."""
    entry = difference.shown
    return (
        difference.kind is ChangeKind.CHANGED and entry.category in READ_CATEGORIES and can_read(entry.path)
    )


def find_text(version: Version, path: str) -> Entry | None:
    """Return an entry whose lines may be compared."""
    if "\0" in path or not can_read(path):
        return None
    rows = Entry.objects.filter(session_id=version.session_id, path=path, category__in=READ_CATEGORIES)
    return rows.at(version.number).files().select_related("blob").first()


def compare_texts(before: Entry, after: Entry) -> TextComparison:
    """Compare two states of a file line by line.

    Lines that a task has read are loaded; small files are read here otherwise.
    """
    path = after.path
    try:
        tracks = _load_tracks([before, after])
        return TextComparison(path=path, tracks=compare_tracks(tracks[before.blob_id], tracks[after.blob_id]))
    except UncomparableError as error:
        return TextComparison(path=path, reason=f"“{path}” {error}.")
    except TooManyLinesError:
        return TextComparison(path=path, reason=f"“{path}” {TOO_LONG}.")


def _load_tracks(entries: Sequence[Entry]) -> dict[int, Sequence[Track]]:
    """Return the tracks by key of the blob.

    :raises UncomparableError: a file has none, or more than are compared.
    """
    ids = [entry.blob_id for entry in entries]
    rows = {row.pk: row for row in BlobTimeline.objects.filter(pk__in=ids).defer("tracks")}
    for row in rows.values():
        if row.reason:
            raise UncomparableError(row.reason)
        if any(track["lines"] > LINE_LIMIT for track in row.summary):
            raise TooManyLinesError
    stored = {row.pk: row.get_tracks() for row in BlobTimeline.objects.filter(pk__in=rows).only("tracks")}
    return {
        entry.blob_id: stored[entry.blob_id] if entry.blob_id in stored else _read(entry) for entry in entries
    }


def _read(entry: Entry) -> Sequence[Track]:
    if entry.blob.size > READ_LIMIT:
        raise UncomparableError(UNREAD)
    chunks = get_store().read(blob_key(entry.blob.sha256), 0, entry.blob.size) if entry.blob.size else ()
    timeline = read_timeline(entry.path, BytesIO(b"".join(chunks)), language=entry.language)
    if timeline.reason:
        raise UncomparableError(timeline.reason)
    return timeline.tracks
