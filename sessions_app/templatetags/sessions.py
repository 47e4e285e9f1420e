"""Sessions in lists, as cards and as rows of a table, built in Python.

Django's templates look up, localize and escape each value, which takes 1.5 times the CPU time. Rows of files are built in Python as well.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode
from zlib import crc32

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext_lazy

from dubbing_core.paths import escape_unprintable
from dubbing_core.progress_matrix import ProgressMatrix
from dubbing_core.steps import Step
from sessions_app.language_names import localize_language
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.derivatives import SessionPoster
from sessions_app.queries.marks import NO_MARKS, Marks
from sessions_app.templatetags.page_urls import page_url
from sessions_app.templatetags.portal import icon, moment, size, stage_label

register = template.Library()

LANGUAGES_IN_CARD = 6
LANGUAGES_IN_ROW = 4
TAGS_IN_CARD = 2
TAGS_IN_ROW = 3
NAMED_LANGUAGES = 12
"""More are counted in the description of the bar."""
HUES = 8
"""Colors of placeholders, as in session-cards.css."""
NONE = "\N{EN DASH}"
SECONDS_PER_HOUR = 3600
STATES = {
    "done": pgettext_lazy("language", "complete"),
    "stale": pgettext_lazy("language", "stale"),
    "part": pgettext_lazy("language", "in progress"),
    "none": pgettext_lazy("language", "not started"),
}
"""Words of the states of a language, by class."""


@register.filter
def duration(milliseconds: int | None) -> str:
    """Return a length such as 2:10 or 1:02:10; "" if it is unknown."""
    if not milliseconds:
        return ""
    seconds = max(1, round(milliseconds / 1000))
    minutes, rest = divmod(seconds, 60)
    if seconds < SECONDS_PER_HOUR:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@register.filter
def session_initials(name: str) -> str:
    """Return the first letters of the first two words of a name, with their accents.

    Words that begin with a digit, as dates do, count only where there are no others.
    """
    words = "".join(each if each.isalnum() or _is_mark(each) else " " for each in name).split()
    words = [word for word in words if not word[0].isdigit()] or words
    return "".join(map(_first_letter, words[:2])) or "?"


def _first_letter(word: str) -> str:
    end = 1
    while end < len(word) and _is_mark(word[end]):
        end += 1
    return word[:end].upper()


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


@register.filter
def session_hue(session: DubbingSession) -> int:
    """Return the number of the placeholder's color, whatever the name."""
    return crc32(session.code.bytes) % HUES


def language_state(matrix: ProgressMatrix, language: str) -> str:
    """Return ``done``, ``stale``, ``part``, or ``none`` if nothing exists."""
    if matrix.is_finished(language):
        return "done"
    cells = [matrix.cell(language, step) for step in Step if step is not Step.TRANSCRIBED]
    if matrix.transcribed.stale or any(cell.stale for cell in cells):
        return "stale"
    return "part" if any(cell.has_results for cell in cells) else "none"


@dataclass(frozen=True, kw_only=True)
class LanguageBar:
    """Progress of the target languages of a version."""

    states: Mapping[str, str]
    """Class of each language."""

    @classmethod
    def of(cls, matrix: ProgressMatrix | None) -> LanguageBar:
        languages = matrix.languages if matrix else ()
        return cls(states={each: language_state(matrix, each) for each in languages} if matrix else {})

    @property
    def summary(self) -> str:
        """Such as "2 of 4 languages complete, 1 stale"."""
        total = len(self.states)
        counts = {state: list(self.states.values()).count(state) for state in STATES}
        text = ngettext(
            "%(count)s of %(total)s language complete", "%(count)s of %(total)s languages complete", total
        )
        parts = [text % {"count": counts["done"], "total": total}]
        parts += [f"{counts[state]} {STATES[state]}" for state in ("stale", "part") if counts[state]]
        return ", ".join(parts)

    @property
    def description(self) -> str:
        """The state of each language by name, for readers who do not see the bar."""
        if len(self.states) > NAMED_LANGUAGES:
            return self.summary
        named = (f"{name_language(tag)} {STATES[state]}" for tag, state in self.states.items())
        return f"{self.summary}: {', '.join(named)}"

    @property
    def short(self) -> str:
        done = sum(state == "done" for state in self.states.values())
        if done == len(self.states):
            return gettext("Complete")
        return gettext("%(count)s of %(total)s") % {"count": done, "total": len(self.states)}

    def render(self) -> str:
        parts = "".join(f'<i class="{state}"></i>' for state in self.states.values())
        text = escape(self.description)
        return f'<span class="language-bar" role="img" aria-label="{text}" title="{text}">{parts}</span>'


def name_language(tag: str) -> str:
    """Return the name of a language, or the tag."""
    return localize_language(tag)


@register.simple_tag(takes_context=True)
def session_cards(context: Context, sessions: Iterable[DubbingSession]) -> SafeString:
    """Return a card for each session of the list.

    The context may have ``marks`` and ``posters`` by primary key.
    """
    cards = [_card(context, session) for session in sessions]
    return mark_safe("\n".join(cards))  # noqa: S308 (each value is escaped)


@register.simple_tag(takes_context=True)
def session_rows(context: Context, sessions: Iterable[DubbingSession]) -> SafeString:
    """Return a row of the table for each session, from the context of cards."""
    rows = [_row(context, session) for session in sessions]
    return mark_safe("\n".join(rows))  # noqa: S308 (each value is escaped)


@register.simple_tag(takes_context=True)
def session_poster(context: Context, session: DubbingSession) -> SafeString:
    """Return the poster of a session, or a drawn one."""
    return mark_safe(_poster(context, session, ""))  # noqa: S308 (each value is escaped)


@register.simple_tag
def session_tick(session: DubbingSession) -> SafeString:
    """Return the check box that selects a session."""
    return mark_safe(_tick(session))  # noqa: S308 (each value is escaped)


@register.simple_tag
def session_version(session: DubbingSession) -> SafeString:
    """Return the number of the current version and the name of its video."""
    return mark_safe(_version_names(session.current))  # noqa: S308 (each value is escaped)


def _card(context: Context, session: DubbingSession) -> str:
    version = session.current
    url = escape(page_url(context, "session-detail", session.code))
    bar = LanguageBar.of(version.progress_matrix if version else None)
    marks = _marks(context, session)
    length = duration(session.duration_ms)
    facts = [size(version.total_size)] if version else []
    if length:
        facts.insert(0, f'<span class="visually-hidden">{gettext("Duration")} {length}, </span>')
    return (
        f'<li class="card session"> <a class="card-link" href="{url}"> {_poster(context, session, length)}'
        f' <span class="card-name" dir="auto">{escape(session.name)}</span> </a>'
        f' <p class="card-note">{_languages(version, LANGUAGES_IN_CARD)}</p>'
        f" {bar.render() if bar.states else ''}"
        f' <p class="card-note card-facts"> <span class="grow">{"".join(facts)}{" · " if version else ""}'
        f"{_owner(session)}, {moment(context, session.last_updated)}</span>"
        f" <span>{_progress_word(version, bar)}</span> </p>"
        f" {_tags(context, marks, TAGS_IN_CARD)} {_tick(session)} {_star(context, session, marks)} </li>"
    )


def _row(context: Context, session: DubbingSession) -> str:
    version = session.current
    url = escape(page_url(context, "session-detail", session.code))
    bar = LanguageBar.of(version.progress_matrix if version else None)
    marks = _marks(context, session)
    none = f'<span class="muted none">{NONE}</span>'
    length = duration(session.duration_ms)
    # On a narrow screen the last cell shows them, and those before it are hidden.
    facts = [length, size(version.total_size) if version else "", _owner(session)]
    line = f'<span class="row-facts">{" · ".join(filter(None, facts))} · </span>'
    return (
        f'<tr role="row"> <td role="cell" class="tick"> {_tick(session)} </td>'
        f' <td role="cell" class="starred"> {_star(context, session, marks)} </td>'
        f' <td role="cell" class="picture"> {_poster(context, session, "")} </td>'
        f' <td role="cell" class="name"> <a href="{url}" dir="auto">{escape(session.name)}</a>'
        f' <span class="sub"> {_version_names(version)} </span> {_tags(context, marks, TAGS_IN_ROW)} </td>'
        f' <td role="cell" class="progress"> {bar.render() if bar.states else ""}'
        f' <span class="progress-words"> <span>{_progress_word(version, bar) or none}</span>'
        f" <span>{_languages(version, LANGUAGES_IN_ROW)}</span> </span> </td>"
        f' <td role="cell" class="number length"> {length or none} </td>'
        f' <td role="cell" class="number size"> {size(version.total_size) if version else none} </td>'
        f' <td role="cell" class="owner"> {_owner(session)} </td>'
        f' <td role="cell" class="updated muted">{line}{moment(context, session.last_updated)}</td> </tr>'
    )


def _marks(context: Context, session: DubbingSession) -> Marks:
    marks: Mapping[int, Marks] = context.get("marks") or {}
    return marks.get(session.pk, NO_MARKS)


def _owner(session: DubbingSession) -> str:
    return escape(session.owner.get_username())


def _poster(context: Context, session: DubbingSession, label: str) -> str:
    """Return the poster of a session, or a drawn one.

    Screen readers skip it: the name is beside it.
    """
    posters: Mapping[int, SessionPoster] = context.get("posters") or {}
    found = posters.get(session.pk)
    length = f' <span class="poster-label">{label}</span>' if label else ""
    if found is None:
        initials = escape(session_initials(session.name))
        return (
            f'<span class="poster drawn hue-{session_hue(session)}" aria-hidden="true">'
            f'<span class="poster-initials">{initials}</span>{length}</span>'
        )
    image = found.poster
    return (
        f'<span class="poster" aria-hidden="true"{_strip(found)}><img src="{escape(image.url)}" alt="" width="{image.width}"'
        f' height="{image.height}" loading="lazy" decoding="async">{length}</span>'
    )


def _strip(poster: SessionPoster) -> str:
    """Return the attributes by which a script shows the video's pictures."""
    strip = poster.strip
    if strip is None:
        return ""
    return f' data-strip="{escape(strip.url)}" data-columns="{strip.columns}" data-count="{strip.count}"'


def _version_names(version: Version | None) -> str:
    if version is None:
        return f'<span class="video">{gettext("No version yet")}</span>'
    number = f'<span class="version" title="{gettext("Version %(number)s") % {"number": version.number}}">v{version.number}</span>'
    return (
        f'{number} <span class="video">{escape(escape_unprintable(version.video_name))}</span>'
        if version.video_name
        else number
    )


def _progress_word(version: Version | None, bar: LanguageBar) -> str:
    if version is None:
        return ""
    return bar.short if bar.states else stage_label(version)


def _languages(version: Version | None, limit: int) -> str:
    languages = version.languages if version else []
    if not languages:
        return ""
    shown = [
        f'<span class="lang" data-language="{tag}">{tag}</span>' for tag in map(escape, languages[:limit])
    ]
    if others := len(languages) - len(shown):
        shown.append(f'<span class="lang" title="{escape(", ".join(languages))}">+{others}</span>')
    return f'<span class="visually-hidden">{gettext("Languages:")} </span>{" ".join(shown)}'


def _tags(context: Context, marks: Marks, limit: int) -> str:
    """Return the first tags as links to their sessions."""
    if not marks.tags:
        return ""
    url = page_url(context, "session-list")
    shown = [
        f'<li><a class="tag" dir="auto" href="{escape(url + "?" + urlencode({"tag": tag}))}">{escape(tag)}</a></li>'
        for tag in marks.tags[:limit]
    ]
    if others := len(marks.tags) - len(shown):
        shown.append(f'<li class="tag" title="{escape(", ".join(marks.tags))}">+{others}</li>')
    return f'<ul class="tags" aria-label="{gettext("Tags")}"> {" ".join(shown)} </ul>'


def _tick(session: DubbingSession) -> str:
    return (
        f'<input type="checkbox" class="select" name="codes" form="batch" value="{session.code}"'
        f' aria-label="{escape(gettext("Select %(name)s") % {"name": session.name})}">'
    )


def _star(context: Context, session: DubbingSession, marks: Marks) -> str:
    """Return a button that sets or removes the user's star.

    The form that it belongs to has the token; without a script it submits the form.
    """
    pressed = "true" if marks.is_starred else "false"
    return (
        f'<button class="icon-button star" type="submit" form="star" name="starred"'
        f' value="{"" if marks.is_starred else "1"}" formaction="{escape(page_url(context, "session-star", session.code))}"'
        f' aria-pressed="{pressed}" aria-label="{escape(gettext("Star %(name)s") % {"name": session.name})}" data-star>'
        f"{icon('star')}{icon('star-filled')}</button>"
    )
