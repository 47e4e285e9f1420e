"""Lines of the versions of a session, with the last ones in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from dubbing_core.comparison.translated_lines import DatedText, find_stale_translation
from dubbing_core.stale_results import Staleness
from dubbing_core.staleness import OutdatedResult
from dubbing_core.steps import Step
from dubbing_core.timeline.catalog import SOURCE_KEY, CatalogTrack
from dubbing_core.timeline.line_changes import find_stale_lines, find_translation
from dubbing_core.timeline.tracks import Segment, Track
from sessions_app.models import BlobTimeline, DubbingSession, Version
from sessions_app.queries.same_texts import TextOrigin
from sessions_app.queries.timelines import VersionTexts, get_version_texts

NO_TEXTS: Mapping[int, VersionTexts] = MappingProxyType({})
FILES_CACHED = 16
"""Most versions have the same files."""
VERSIONS_CACHED = 20


class TrackLoader:
    """Loader of tracks of the versions of a session."""

    def __init__(
        self,
        session: DubbingSession,
        origins: Iterable[TextOrigin],
        *,
        planned: Mapping[int, VersionTexts] = NO_TEXTS,
    ) -> None:
        """Load from a session.

        :param origins: those of all its texts.
        :param planned: texts of versions that are not committed, by number.
        """
        self._session = session
        self._origins = {origin.blob_id: origin for origin in origins}
        self._planned = planned
        self._load_file = lru_cache(maxsize=FILES_CACHED)(_load_file)
        self.get_texts = lru_cache(maxsize=VERSIONS_CACHED)(self._get_texts)

    def load(self, texts: VersionTexts, track: CatalogTrack) -> Track:
        return self._load_file(texts.get_blob_id(track))[track.index]

    def compare_lines(
        self, outdated: OutdatedResult, segments: Collection[str], *, number: int
    ) -> Staleness | None:
        """Return why files of a version are stale, by their lines.

        :param segments: paths of audio files of single lines in that version.
        """
        if outdated.step is Step.TRANSLATED:
            return find_stale_translation(
                outdated,
                number=number,
                load=lambda number: self._load_translation(number, outdated),
                load_source=self._load_source,
            )

        def load_lines(number: int) -> Sequence[Segment] | None:
            texts = self.get_texts(number)
            return self._load_lines(texts, find_translation(texts.tracks, outdated.language))

        return find_stale_lines(outdated, segments, load_lines(number), load_lines)

    def _load_translation(self, number: int, outdated: OutdatedResult) -> DatedText | None:
        texts = self.get_texts(number)
        track = find_translation(texts.tracks, outdated.language)
        if track is None:
            return None
        whole = self._origins[texts.get_blob_id(track)].earliest
        origin = whole.find_translation(outdated.language) or whole
        since = origin.since
        if (known := outdated.check) and known.check.covers([origin.sha256]):
            since = max(since, known.version)
        return DatedText(track.path, self.load(texts, track).segments, since)

    def _load_source(self, number: int) -> Sequence[Segment] | None:
        texts = self.get_texts(number)
        return self._load_lines(texts, texts.find_track(SOURCE_KEY))

    def _load_lines(self, texts: VersionTexts, track: CatalogTrack | None) -> Sequence[Segment] | None:
        return self.load(texts, track).segments if track else None

    def _get_texts(self, number: int) -> VersionTexts:
        return self._planned.get(number) or get_version_texts(Version(session=self._session, number=number))


def _load_file(blob_id: int) -> list[Track]:
    return BlobTimeline.objects.get(pk=blob_id).get_tracks()
