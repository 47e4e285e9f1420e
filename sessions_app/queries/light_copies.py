"""Light copies of the listed files that browsers do not play."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import F

from sessions_app.media.plan import Kind, is_playable_file
from sessions_app.models import Derivative
from sessions_app.queries.derivatives import MakeUrl
from sessions_app.queries.versions import FileRow, get_row_facts


class LightCopy(NamedTuple):
    player: str
    """``video`` or ``audio``."""
    url: str


def get_light_copies(files: Iterable[FileRow], make_url: MakeUrl) -> dict[int, LightCopy]:
    """Return the copies that are made, by the files' primary keys.

    That takes one query, and none if browsers play all files.
    """
    kinds = {file.pk: kind for file in files if (kind := _choose_kind(file)) is not None}
    if not kinds:
        return {}
    rows: Any = Derivative.objects.stored().filter(
        kind__in=set(kinds.values()), reason="", source__entries__in=list(kinds)
    )
    rows = rows.annotate(entry_id=F("source__entries__pk"), source_sha256=F("source__sha256"))
    return {
        row.entry_id: LightCopy(
            player="video" if row.kind == Kind.PROXY else "audio",
            url=make_url(row.source_sha256, row.name),
        )
        for row in rows.defer("content")
        if row.kind == kinds[row.entry_id]
    }


def _choose_kind(file: FileRow) -> Kind | None:
    facts = get_row_facts(file)
    if not (facts.video_codec or facts.audio_codec) or is_playable_file(facts, file.path):
        return None
    return Kind.PROXY if facts.video_codec else Kind.AUDIO
