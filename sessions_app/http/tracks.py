"""Downloads of tracks: the lines of one text as a file."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, StreamingHttpResponse
from django.utils.http import content_disposition_header

from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.sentences import sentence
from dubbing_core.session_names import sanitize_session_name
from dubbing_core.timeline.writers import TextFormat, write_track
from sessions_app.models import Version
from sessions_app.operations.errors import NotAllowedError
from sessions_app.queries.timelines import get_version_texts

PIECES = 500
"""Lines that are sent together."""


def track_response(
    version: Version, name: str, *, selection: Selection = WHOLE_VERSION
) -> StreamingHttpResponse:
    """Return a track as a file.

    :param name: key of the track and format, such as `hi.srt`.
    :raises Http404: there is no such track or format.
    :raises NotAllowedError: `no_times`, the format needs times that the track has not.
    """
    key, _, extension = name.rpartition(".")
    if extension not in set(TextFormat):
        raise Http404
    text_format = TextFormat(extension)
    texts = get_version_texts(version, selection)
    track = texts.find_track(key)
    if track is None:
        raise Http404
    if text_format.needs_times and not track.has_times:
        raise NotAllowedError(
            sentence(
                "This text has no times, so there is no %(format)s of it. Choose CSV, TXT or JSON.",
                format=extension.upper(),
            ),
            code="no_times",
        )
    (loaded,) = texts.load([track])
    response = StreamingHttpResponse(
        _encode(write_track(loaded.segments, text_format)),
        content_type=f"{text_format.media_type}; charset=utf-8",
    )
    label = track.language or key
    filename = f"{sanitize_session_name(version.session.name)}.{label if track.is_first else key}.{extension}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=filename) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _encode(pieces: Iterator[str]) -> Iterator[bytes]:
    batch: list[str] = []
    for piece in pieces:
        batch.append(piece)
        if len(batch) == PIECES:
            yield "".join(batch).encode()
            batch.clear()
    if batch:
        yield "".join(batch).encode()
