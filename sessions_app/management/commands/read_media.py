from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from sessions_app.management.errors import Error
from sessions_app.management.reading_command import ReadingCommand
from sessions_app.media.client import MediaReaderUnavailableError
from sessions_app.media.plan import Workload
from sessions_app.models import DubbingSession
from sessions_app.operations import media
from sessions_app.operations.derivatives.make import (
    DerivativeReport,
    discard_all_derivatives,
    make_pending_derivatives,
)


class Command(ReadingCommand):
    help = "Read the facts of audio and video files, and make their posters, waveforms and others, where they are missing."
    left_reason = "the storage did not respond, or there was no space"

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        super().add_command_arguments(parser)
        parser.add_argument(
            "--again",
            action="store_true",
            help="Make all posters, waveforms and others again; the present ones are shown until then.",
        )

    def perform(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["again"]:
            discard_all_derivatives()
        return super().perform(options)

    def mark_all_unread(self) -> None:
        media.mark_all_unread()

    def read(self) -> dict[str, Any]:
        try:
            report = asdict(media.read_pending_media(clock=timezone.now))
            made = make_pending_derivatives(clock=timezone.now)
            # Their worker begins when the previews of a session are made, while the command makes those of others.
            finished = DubbingSession.objects.filter(pk__in=made.queued, has_missing_proxies=False).count()
            copies = make_pending_derivatives(clock=timezone.now, workload=Workload.PROXIES)
            return report | {
                "derivatives": _numbers(made),
                "proxies": _numbers(copies) | {"sessions_of_worker": finished},
            }
        except MediaReaderUnavailableError as error:
            raise Error(str(error), code="media_unavailable") from error

    def describe_more(self, result: Mapping[str, Any]) -> list[str]:
        parts = {"previews": result["derivatives"], "light copies": result["proxies"]}
        lines = [
            f"Made {part['made']} {name} of {part['sessions']} sessions; {part['failed']} cannot be made."
            for name, part in parts.items()
        ]
        if finished := result["proxies"]["sessions_of_worker"]:
            lines.append(f"The worker for light copies made those of {finished} sessions in the meantime.")
        return lines

    def count_left(self, result: Mapping[str, Any]) -> int:
        parts: list[int] = [result[name]["left"] for name in ("derivatives", "proxies")]
        return max(super().count_left(result), *parts)


def _numbers(report: DerivativeReport) -> dict[str, int]:
    return {name: getattr(report, name) for name in ("sessions", "made", "failed", "left")}
