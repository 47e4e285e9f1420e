"""Rows of the tables of files and sessions, built in Python.

Django's templates look up, localize and escape each value by itself: both pages took half as much CPU time again.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.paths import escape_unprintable
from dubbing_core.progress import Progress
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.timelines import EXPECTED_ROLES
from sessions_app.queries.versions import FileRow
from sessions_app.templatetags.page_urls import SAFE, page_url
from sessions_app.templatetags.portal import (
    category_label,
    icon,
    moment,
    player,
    size,
    stage_label,
    steps,
)

register = template.Library()

LANGUAGES_IN_LIST = 4
NONE = "\N{EN DASH}"
MARKED_ROLES = {
    role.value: role.label for role in (Role.SOURCE, Role.IGNORED, Role.UNCONFIRMED, Role.BILINGUAL)
}
"""Roles that the category does not suggest."""
HASH_LENGTH = 10
"""Digits of a SHA-256 that are shown; its title has all."""


@register.simple_tag(takes_context=True)
def file_rows(
    context: Context, files: Iterable[FileRow], version: Version | None = None, *, is_editable: bool = False
) -> SafeString:
    """Return a row for each file; with hash and links if the version is given.

    :param is_editable: with a check box.
    """
    if version is None:
        rows = [f"<tr> {_file_cells(file, _label(file))} </tr>" for file in files]
    else:
        # The address of a file ends with its path.
        folder = page_url(context, "version-file", context["session"].code, version.number, "-")[:-1]
        rows = [_version_row(file, folder, is_editable=is_editable) for file in files]
    return mark_safe("\n".join(rows))  # noqa: S308 (each value is escaped)


def _version_row(file: FileRow, folder: str, *, is_editable: bool) -> str:
    label = _label(file)
    tick = _tick(file, label) if is_editable else ""
    return f"<tr> {tick}{_file_cells(file, label)} {_version_cells(file, label, folder)} </tr>"


def _label(file: FileRow) -> str:
    """Return the path as it is shown, as HTML."""
    return escape(escape_unprintable(file.path))


def _tick(file: FileRow, label: str) -> str:
    path = escape(file.path)
    return f'<td class="tick"> <input type="checkbox" name="paths" value="{path}" aria-label="Select {label}"> </td> '


def _label_title(file: FileRow) -> str:
    title = escape(category_label(file.category))
    return f"{title}, corrected" if file.labeled_by == LabelAuthor.PERSON else title


def _marks(file: FileRow) -> str:
    """Return what a user has to know of a label, and whether the file has no content."""
    marks = [f' <span class="badge">{MARKED_ROLES[file.role]}</span>'] if file.role in MARKED_ROLES else []
    if file.size == 0:
        marks.append(' <span class="badge warn" title="Empty files complete no step">Empty</span>')
    elif file.reason and file.role in EXPECTED_ROLES:
        reason = escape(file.reason)
        marks.append(
            f' <span class="badge warn">Text not readable</span> <span class="muted">{reason}</span>'
        )
    return "".join(marks)


def _file_cells(file: FileRow, label: str) -> str:
    folder, slash, name = label.rpartition("/")
    language = f" {_tag(file.language)}" if file.language else ""
    return (
        '<td class="file"><span class="file-name">'
        ' <svg class="swatch" viewBox="0 0 10 10" role="img">'
        f" <title>{_label_title(file)}</title>"
        f' <rect class="fill-{file.category}" width="10" height="10" rx="3"></rect> </svg>'
        f' <span class="wrap"><span class="folder">{folder}{slash}</span>'
        f"{name}{_marks(file)}</span> </span> </td>"
        f' <td class="lang">{language} </td>'
        f' <td class="number size">{size(file.size)}</td>'
    )


def _version_cells(file: FileRow, label: str, folder: str) -> str:
    url = escape(folder + quote(file.path, safe=SAFE))
    return (
        f'<td class="since"><span class="unit">since </span>v{file.added_in}</td>'
        f' <td class="hash"> <code title="{file.sha256}">{file.sha256[:HASH_LENGTH]}</code> </td>'
        f' <td class="file-actions">{_play_button(file, url, label)}'
        f' <a class="icon-button" href="{url}" download aria-label="Download {label}">{icon("download")}</a> </td>'
    )


def _play_button(file: FileRow, url: str, label: str) -> str:
    kind = player(file.path)
    if not kind:
        return ""
    verb, name = ("Show", "image") if kind == "image" else ("Play", "play")
    return (
        f' <a class="icon-button" href="{url}?play" target="_blank" rel="noopener" data-player="{kind}"'
        f' aria-label="{verb} {label}"> {icon(name)} </a>'
    )


@register.simple_tag(takes_context=True)
def session_rows(context: Context, sessions: Iterable[DubbingSession]) -> SafeString:
    """Return a row for each session of the list."""
    rows = [_session_row(context, session) for session in sessions]
    return mark_safe("\n".join(rows))  # noqa: S308 (each value is escaped)


def _session_row(context: Context, session: DubbingSession) -> str:
    name = escape(session.name)
    url = escape(page_url(context, "session-detail", session.code))
    version = session.current
    return (
        f'<tr role="row"> <td role="cell" class="tick"> <input type="checkbox" name="codes" value="{session.code}"'
        f' aria-label="Select {name}"> </td>'
        f' <td role="cell" class="name"> <a href="{url}">{name}</a>'
        f' <span class="sub"> {_version_names(version)} </span> </td>'
        f" {_version_facts(version) if version else NO_FACTS}"
        f' <td role="cell" class="updated muted">{moment(context, session.last_updated)}</td> </tr>'
    )


def _version_names(version: Version | None) -> str:
    if version is None:
        return '<span class="video">No version yet</span>'
    number = f'<span class="version" title="Version {version.number}">v{version.number}</span>'
    return (
        f'{number} <span class="video">{escape(escape_unprintable(version.video_name))}</span>'
        if version.video_name
        else number
    )


def _version_facts(version: Version) -> str:
    return (
        f'<td role="cell" class="langs"> {_languages(version.languages)} </td>'
        ' <td role="cell" class="stage-cell">'
        f' <div class="stage"> {_progress(version)} </div> </td>'
        f' <td role="cell" class="number files"> {version.file_count}<span class="unit">'
        f" file{'' if version.file_count == 1 else 's'}</span> </td>"
        f' <td role="cell" class="number size"> {size(version.total_size)} </td>'
    )


NO_FACTS = (
    '<td role="cell" class="langs"> </td>'
    f' <td role="cell" class="stage-cell"> <span class="muted">{NONE}</span> </td>'
    f' <td role="cell" class="number files"> <span class="muted none">{NONE}</span> </td>'
    f' <td role="cell" class="number size"> <span class="muted none">{NONE}</span> </td>'
)


def _languages(languages: list[str]) -> str:
    if not languages:
        return ""
    tags = [
        f'<li class="tag" data-language="{tag}">{tag}</li>'
        for tag in map(escape, languages[:LANGUAGES_IN_LIST])
    ]
    if others := len(languages) - len(tags):
        tags.append(f'<li class="tag" title="{escape(", ".join(languages))}">+{others}</li>')
    return f'<ul class="tags" aria-label="Languages"> {" ".join(tags)} </ul>'


def _progress(version: Version) -> str:
    """Return the number of finished languages.

    Versions without target languages have the four steps.
    """
    matrix = version.progress_matrix
    if matrix is None or not matrix.languages:
        return f"{_dots(version.progress)} <span>{stage_label(version)}</span>"
    finished, total = len(matrix.finished_languages), len(matrix.languages)
    text = f"{finished} of {total} language{'' if total == 1 else 's'}"
    stale = ' <span class="badge warn">Stale</span>' if matrix.has_stale else ""
    return (
        f'<progress class="finished" max="{total}" value="{finished}" aria-label="{text} finished"></progress>'
        f' <span title="{stage_label(version)}">{text}</span>{stale}'
    )


def _dots(progress: Progress) -> str:
    dots = []
    for step in steps(progress):
        text = f"{step.name}: {'done' if step.is_done else 'not yet'}"
        mark = ' class="done"' if step.is_done else ""
        dots.append(f'<li{mark} title="{text}"> <span class="visually-hidden">{text}</span> </li>')
    return f'<ul class="dots"> {" ".join(dots)} </ul>'


def _tag(language: str) -> str:
    text = escape(language)
    return f'<span class="tag" data-language="{text}">{text}</span>'
