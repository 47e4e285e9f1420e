"""The panel of a page that shows the first lines of a transcript."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from sessions_app.models import Version
from sessions_app.queries.timelines import VersionTexts, choose_offered
from sessions_app.queries.transcripts import TranscriptFilter, choose_columns, get_transcript

PREVIEW_ROWS = 8
PREVIEW_LINES = 2000
"""Lines of the shown tracks up to which the page reads them itself; those of longer ones are loaded by its script."""


def render_panel(
    request: HttpRequest, version: Version, texts: VersionTexts, *, address: str, has_lines: bool
) -> str:
    """Return the first lines and the downloads as HTML.

    "" if the lines are too many to be read for a page.

    :param texts: of the version, or of a part of it.
    :param address: of the page with all lines.
    :param has_lines: the player shows the lines.
    """
    context = {"version": version, **describe_tracks(texts), "address": address, "has_lines": has_lines}
    if not has_lines:
        if sum(track.lines for track in choose_columns(texts, ())) > PREVIEW_LINES:
            return ""
        chosen = TranscriptFilter()
        transcript = get_transcript(texts, chosen, line_audio={}, page_size=PREVIEW_ROWS)
        context |= {"transcript": transcript, "page": transcript.page, "chosen": chosen}
    return render_to_string("transcripts/_panel_body.html", context, request)


def describe_tracks(texts: VersionTexts, *, shown: Collection[str] = ()) -> dict[str, Any]:
    """Return the variables of the list of tracks.

    :param shown: keys of those that the page shows.
    """
    offered = choose_offered(texts.tracks, shown)
    return {"texts": texts, "tracks": offered, "unlisted": len(texts.tracks) - len(offered)}
