"""Player of a version: its data for the page, and the lines beside the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import PurePosixPath
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import quote
from uuid import UUID

from csp.constants import NONCE, SELF
from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dubbing_core.file_kinds import FileKind
from dubbing_core.languages import fold_language_tag, is_right_to_left
from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.timeline.catalog import UNKNOWN_LANGUAGE, CatalogTrack, TrackUse
from sessions_app.http.direct_media import get_media_origin, get_media_sources
from sessions_app.http.lookups import get_session_or_404, get_version_or_404
from sessions_app.language_names import localize_language
from sessions_app.media.types import PLAYABLE, playable_type
from sessions_app.models import Version
from sessions_app.queries.comparisons import find_versions, list_versions
from sessions_app.queries.derivatives import PlayerMedia, get_media, get_shared_media
from sessions_app.queries.player import (
    PlayerContents,
    PlayerFile,
    PlayerLanguage,
    get_player_contents,
    get_player_lines,
    pair_pictures,
)
from sessions_app.templatetags.page_urls import SAFE
from sessions_app.translation import localize, localize_stored
from sessions_app.views.comparisons import read_version_number
from sessions_app.views.page_view import SignedInRequest, page_view

VISIBLE_LINES = 12
"""Short lines that fill the list beside the picture, `.player-line-list` in the styles."""
FileUrl = Callable[[str], str]
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def player_page(view: View[P]) -> View[P]:
    """Allow media from the store, and the style sheet of the waveform.

    The style sheet has the page's nonce.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        policy = {"style-src": [SELF, NONCE], **get_media_sources()}
        extended_view = cast(View[P], csp_update(policy)(cast(Any, view)))
        return extended_view(request, *args, **kwargs)

    return wrapper


@dataclass(frozen=True, kw_only=True)
class ComparedVideo:
    """A video of a version, as the script of the comparison reads it."""

    url: str
    """"" while browsers cannot play it."""
    strip: dict[str, Any] | None
    """The sheet of its pictures, if it is made."""
    loudness: dict[str, float | None] | None
    """None if it was not measured, or is silent."""


@dataclass(frozen=True, kw_only=True)
class PlayerView:
    """What the templates of a player show; `data` is for its script."""

    title: str
    contents: PlayerContents
    data: dict[str, Any]
    media: PlayerMedia

    @property
    def first_url(self) -> str:
        """Address of the picture that is shown first: a video, the source's if possible.

        "" if a light copy of it is not made yet.
        """
        files = [file for language in self.data["languages"] for file in language["files"]]
        played = [
            (file["kind"], get_played_url(self.media, file["path"], file["original"])) for file in files
        ]
        videos = (url for kind, url in played if url and kind == FileKind.VIDEO)
        return next(videos, next((url for _, url in played if url), ""))

    @property
    def has_picture(self) -> bool:
        """Whether any of the files is a video."""
        return any(
            file["kind"] == FileKind.VIDEO
            for language in self.data["languages"]
            for file in language["files"]
        )

    @property
    def poster_url(self) -> str:
        posters = (self.media.files[path].poster for path in self.contents.paths if path in self.media.files)
        return next((poster.url for poster in posters if poster is not None), "")

    @property
    def has_lines(self) -> bool:
        return bool(self.contents.subtitles)

    @property
    def lines_note(self) -> str:
        """Sentence in place of the lines at first; "" if there are some."""
        return str(self.data["languages"][0]["noLines"])

    @property
    def reserved_lines(self) -> range:
        """Lines for which there is space before the script shows them."""
        return range(min(max((track.lines for track in self._first_columns), default=0), VISIBLE_LINES))

    @property
    def texts_per_line(self) -> int:
        """Texts of such a line, one below the other: speaker, source, translation."""
        columns = self._first_columns
        return len(columns) + any(track.speakers for track in columns)

    @property
    def _first_columns(self) -> list[CatalogTrack]:
        return self.contents.list_columns(self.contents.languages[0].tag)


def get_played_url(media: PlayerMedia, path: str, original: str) -> str:
    """Return the address of a file, or of the light copy that browsers play.

    "" while there is neither.
    """
    made = media.files.get(path)
    if made is None or made.is_playable:
        return original
    copy = made.audio if made.kind == "audio" else made.proxy
    if copy is not None:
        return copy.url
    return "" if ("audio" if made.kind == "audio" else "proxy") in made.pending else original


def build_player(version: Version) -> PlayerView | None:
    """Return the player of a version, or None if nothing of it can be played."""
    address = [version.session.code, version.number]
    contents = get_player_contents(version, playable=PLAYABLE)
    if not contents.languages:
        return None
    return _build_view(
        contents,
        title=version.session.name,
        file_url=_make_file_url("version-file", *address),
        texts_url=reverse("version-transcript", args=address),
        has_read_texts=version.has_read_texts,
        lines_url=reverse("version-player-lines", args=address),
        media=get_media(version, paths=contents.paths),
        media_url=reverse("version-media", args=address),
    )


def build_shared_player(version: Version, *, token: str, selection: Selection) -> PlayerView | None:
    """Return the player of a shared part of a version."""
    contents = get_player_contents(version, playable=PLAYABLE, selection=selection)
    if not contents.languages:
        return None
    return _build_view(
        contents,
        title=version.session.name,
        file_url=_make_file_url("share-file", token),
        texts_url=reverse("share-transcript", args=[token]),
        has_read_texts=version.has_read_texts,
        lines_url=reverse("share-player-lines", args=[token]),
        media=get_shared_media(version, token=token, selection=selection, paths=contents.paths),
        media_url=reverse("share-media", args=[token]),
    )


def _make_file_url(name: str, *address: object) -> FileUrl:
    """Return a function from paths to addresses.

    `reverse` for each of thousands of lines takes seconds.
    """
    folder = reverse(name, args=[*address, "-"]).removesuffix("-")
    return lambda path: f"{folder}{quote(path, safe=SAFE)}?play=1"


def _build_view(
    contents: PlayerContents,
    *,
    title: str,
    file_url: FileUrl,
    texts_url: str,
    has_read_texts: bool,
    lines_url: str,
    media: PlayerMedia,
    media_url: str,
) -> PlayerView:
    data = {
        "title": title,
        "lines": lines_url,
        "hasReadTexts": has_read_texts,
        "media": media.as_dict(),
        "mediaUrl": media_url,
        "hasDirectMedia": get_media_origin() is not None,
        "languages": [_describe_language(language, contents, file_url) for language in contents.languages],
        "subtitles": [_describe_track(track, texts_url) for track in contents.subtitles],
    }
    return PlayerView(title=title, contents=contents, data=data, media=media)


def _describe_language(
    language: PlayerLanguage, contents: PlayerContents, file_url: FileUrl
) -> dict[str, Any]:
    return {
        "tag": language.tag,
        "name": _name_language(language),
        "isSource": language.is_source,
        "files": [_describe_file(file, file_url) for file in language.files],
        "noLines": "" if contents.list_columns(language.tag) else _describe_missing_lines(language, contents),
    }


def _describe_missing_lines(language: PlayerLanguage, contents: PlayerContents) -> str:
    """Return the sentences that a language has no lines, and which ones have some."""
    if language.is_source:
        missing = gettext("There are no lines in the original.")
    else:
        missing = gettext("There are no lines in %(language)s.") % {"language": _name_language(language)}
    tags = dict.fromkeys(track.language for track in contents.subtitles if track.language)
    if not tags:
        return missing
    names = ", ".join(localize_language(tag) for tag in tags)
    return f"{missing} {gettext('Lines exist in: %(languages)s.') % {'languages': names}}"


def _name_language(language: PlayerLanguage) -> str:
    """Return the name in the language of the page.

    That in the language itself would load a font for each script.
    """
    if language.is_source:
        return gettext("Original")
    if language.tag == UNKNOWN_LANGUAGE:
        return PurePosixPath(language.files[0].path).name
    return localize_language(language.tag)


def _describe_file(file: PlayerFile, file_url: FileUrl) -> dict[str, Any]:
    return {
        "path": file.path,
        "stage": file.stage.value,
        "label": localize(file.stage.label),
        "original": file_url(file.path) if file.is_inline else "",
        "download": file_url(file.path),
        "type": playable_type(file.path),
        "kind": file.kind.value,
        "size": file.size,
        "duration": file.seconds,
        "width": file.width,
        "height": file.height,
        "frameRate": file.frame_rate,
        "hasSound": file.has_sound,
        "problem": localize_stored(file.problem),
    }


def _describe_track(track: CatalogTrack, texts_url: str) -> dict[str, Any]:
    return {
        "key": track.key,
        "tag": "" if track.use is TrackUse.SOURCE else fold_language_tag(track.language),
        "language": track.language,
        "isSource": track.use is TrackUse.SOURCE,
        "isRightToLeft": is_right_to_left(track.language),
        "url": f"{texts_url}{track.key}.vtt",
    }


@require_safe
@page_view
@cache_control(private=True, no_cache=True)
def lines(request: SignedInRequest, code: UUID, number: int) -> HttpResponseBase:
    """Return the rows of the source and of a language as JSON."""
    version = get_version_or_404(request.user, code, number)
    file_url = _make_file_url("version-file", code, number)
    texts_url = reverse("version-transcript", args=[code, number])
    tag = request.GET.get("language", "")
    return _respond_lines(version, tag=tag, file_url=file_url, texts_url=texts_url)


def respond_shared_lines(version: Version, *, token: str, selection: Selection, tag: str) -> JsonResponse:
    """Return the rows of a shared part of a version as JSON."""
    file_url = _make_file_url("share-file", token)
    texts_url = reverse("share-transcript", args=[token])
    return _respond_lines(version, tag=tag, file_url=file_url, texts_url=texts_url, selection=selection)


def _respond_lines(
    version: Version, *, tag: str, file_url: FileUrl, texts_url: str, selection: Selection = WHOLE_VERSION
) -> JsonResponse:
    lines = get_player_lines(version, tag=fold_language_tag(tag), selection=selection)
    return JsonResponse(
        {
            "columns": [
                {
                    "language": track.language,
                    "isSource": track.use is TrackUse.SOURCE,
                    "isRightToLeft": is_right_to_left(track.language),
                }
                for track in lines.columns
            ],
            "subtitles": [_describe_track(track, texts_url) for track in lines.subtitles],
            "rows": [
                {
                    "start": row.start_ms,
                    "end": row.end_ms,
                    "speaker": row.speaker,
                    "source": row.source,
                    "text": row.text,
                    "audio": file_url(row.audio) if playable_type(row.audio) else "",
                }
                for row in lines.rows
            ],
        }
    )


@require_safe
@player_page
@page_view
def pictures(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    """Show a video of two versions side by side.

    By default the first one that changed, in the current version and the one before it.
    """
    session = get_session_or_404(request.user, code)
    current = session.current.number if session.current else 0
    if current < 1:
        raise Http404
    new = read_version_number(request, "to", current) or current
    old = read_version_number(request, "from", current) or max(new - 1, 1)
    found = find_versions(session, [old, new])
    before, after = found[old], found[new]
    pairs = pair_pictures(*(get_player_contents(each, playable=PLAYABLE) for each in (before, after)))
    requested = request.GET.get("file", "")
    chosen = next((pair for pair in pairs if pair.after.path == requested), pairs[0] if pairs else None)
    listed = {version.number: version for version in list_versions(session)} | found
    context: dict[str, Any] = {
        "session": session,
        "before": before,
        "after": after,
        "versions": [listed[number] for number in sorted(listed, reverse=True)],
        "pairs": pairs,
        "chosen": chosen,
    }
    if chosen is not None:
        earlier, later = _get_pictures(before, chosen.before), _get_pictures(after, chosen.after)
        context |= {
            "before_url": earlier.url,
            "after_url": later.url,
            "strip": later.strip,
            "loudness": [earlier.loudness, later.loudness],
        }
    return render(request, "player/pictures.html", context)


def _get_pictures(version: Version, file: PlayerFile) -> ComparedVideo:
    original = _make_file_url("version-file", version.session.code, version.number)(file.path)
    media = get_media(version, paths=[file.path])
    made = media.files.get(file.path)
    loudness = made.loudness if made else None
    return ComparedVideo(
        url=get_played_url(media, file.path, original if file.is_inline else ""),
        strip=asdict(made.strip) if made and made.strip else None,
        loudness=None
        if loudness is None or loudness.integrated is None
        else {"integrated": loudness.integrated, "truePeak": loudness.true_peak},
    )
