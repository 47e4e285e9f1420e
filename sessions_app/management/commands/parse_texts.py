from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from sessions_app.management.reading_command import ReadingCommand
from sessions_app.operations import timelines


class Command(ReadingCommand):
    help = "Read the subtitles, transcripts and translations that have not been read yet."

    def mark_all_unread(self) -> None:
        timelines.mark_all_unread()

    def read(self) -> dict[str, Any]:
        return asdict(timelines.read_pending_texts(clock=timezone.now))
