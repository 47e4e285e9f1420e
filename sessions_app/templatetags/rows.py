"""Rows of the tables of files, built in Python.

Django's templates look up, localize and escape each value by itself: both pages took half as much CPU time again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from dubbing_core.file_kinds import guess_kind
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.paths import escape_unprintable
from sessions_app.http.text_previews import is_previewed
from sessions_app.queries.light_copies import LightCopy
from sessions_app.queries.media import MEDIA_KINDS, find_flaw
from sessions_app.queries.timelines import is_unreadable_text
from sessions_app.queries.versions import FileRow, get_row_facts
from sessions_app.templatetags.page_urls import SAFE, page_url
from sessions_app.templatetags.portal import CATEGORY_LABELS, icon, player, size
from sessions_app.translation import RowTexts, localize_facts, localize_stored

register = template.Library()

MARKED_ROLES = {
    role.value: role.label for role in (Role.SOURCE, Role.IGNORED, Role.UNCONFIRMED, Role.BILINGUAL)
}
"""Roles that the category does not suggest."""


@register.simple_tag(takes_context=True)
def file_rows(
    context: Context, files: Iterable[FileRow], *, is_editable: bool = False, folder: str = ""
) -> SafeString:
    """Return a row for each file, with its details and links.

    The context has the version, or the token of a link, whose ZIP has the files: they are only played and read. It has the light
    copies of those that browsers do not play.

    :param is_editable: with a check box.
    :param folder: the beginning of the paths that is not shown.
    """
    token = context.get("token")
    # The address of a file ends with its path.
    if token:
        address = page_url(context, "share-file", token, "-")[:-1]
    else:
        address = page_url(context, "version-file", context["session"].code, context["version"].number, "-")[
            :-1
        ]
    texts = RowTexts()
    copies: Mapping[int, LightCopy] = context["light_copies"]
    options = {"is_editable": is_editable, "is_shared": bool(token)}
    rows = [_row(file, address, texts, copies.get(file.pk), folder=folder, **options) for file in files]
    return mark_safe("\n".join(rows))  # noqa: S308 (each value is escaped)


def _row(
    file: FileRow,
    address: str,
    texts: RowTexts,
    copy: LightCopy | None,
    *,
    is_editable: bool,
    is_shared: bool,
    folder: str,
) -> str:
    label = _label(file)
    url = escape(address + quote(file.path, safe=SAFE))
    tick = _tick(file, label, texts) if is_editable else ""
    shown = escape(escape_unprintable(file.path.removeprefix(folder)))
    cells = _file_cells(file, shown, texts, details=_details(file, label, texts, is_shared=is_shared))
    preview = _preview_button(file, url, label, texts, copy)
    download = "" if is_shared else _download_button(url, label, texts)
    return f'<tr> {tick}{cells} <td class="file-actions">{preview}{download} </td> </tr>'


def _label(file: FileRow) -> str:
    """Return the path as it is shown, as HTML."""
    return escape(escape_unprintable(file.path))


def _tick(file: FileRow, label: str, texts: RowTexts) -> str:
    path = escape(file.path)
    return f'<td class="tick"> <input type="checkbox" name="paths" value="{path}" aria-label="{_select(label, texts)}"> </td> '


def _label_title(file: FileRow, texts: RowTexts) -> str:
    title = escape(texts.gettext(CATEGORY_LABELS[file.category]))
    return (
        texts.gettext("%(label)s, corrected") % {"label": title}
        if file.labeled_by == LabelAuthor.PERSON
        else title
    )


def _marks(file: FileRow, texts: RowTexts) -> str:
    """Return what a user has to know of a label, and whether the file has no content."""
    marks = (
        [f' <span class="badge">{escape(texts.gettext(MARKED_ROLES[file.role]))}</span>']
        if file.role in MARKED_ROLES
        else []
    )
    if file.size == 0:
        title, word = escape(texts.gettext("Empty files complete no step")), escape(texts.gettext("Empty"))
        marks.append(f' <span class="badge warn" title="{title}">{word}</span>')
    elif is_unreadable_text(file.role, file.reason or ""):
        marks.append(_warning(texts.gettext("Text not readable"), file.reason or ""))
    elif file.media_reason and guess_kind(file.path) in MEDIA_KINDS:
        marks.append(_warning(texts.gettext("Media not readable"), file.media_reason))
    elif flaw := find_flaw(
        file.category, file.media_problem or "", file.video_codec or "", file.audio_codec or ""
    ):
        marks.append(_warning(texts.gettext("Problem"), flaw))
    return "".join(marks)


def _warning(title: str, reason: str) -> str:
    return f' <span class="badge warn">{escape(title)}</span> <span class="muted">{escape(localize_stored(reason))}</span>'


def _media(file: FileRow) -> str:
    """Return length, codecs and picture, as far as they are known."""
    if file.duration_ms is None and not file.width and not file.audio_codec:
        return ""
    summary = get_row_facts(file).summary
    return f' <span class="muted small-text media-facts">{escape(localize_facts(summary))}</span>'


def _file_cells(file: FileRow, label: str, texts: RowTexts, *, details: str) -> str:
    folder, slash, name = label.rpartition("/")
    language = f" {_tag(file.language)}" if file.language else ""
    path = f'<span class="folder">{folder}{slash}</span>{name}'
    path = f'<details class="file-fold"><summary dir="auto">{path}</summary>{details}</details>'
    return (
        '<td class="file"><span class="file-name">'
        ' <svg class="swatch" viewBox="0 0 10 10" role="img">'
        f" <title>{_label_title(file, texts)}</title>"
        f' <rect class="fill-{file.category}" width="10" height="10" rx="3"></rect> </svg>'
        f' <span class="wrap">{path}{_marks(file, texts)}{_media(file)}</span> </span> </td>'
        f' <td class="lang">{language} </td>'
        f' <td class="number size">{size(file.size)}</td>'
    )


def _details(file: FileRow, label: str, texts: RowTexts, *, is_shared: bool) -> str:
    """Return what is rarely needed, unfolded by the name of the file."""
    version = texts.gettext("Version %(number)s") % {"number": file.added_in}
    count = texts.ngettext("%(count)s byte", "%(count)s bytes", file.size)
    since = "" if is_shared else f"<dt>{texts.gettext('Since')}</dt><dd>{version}</dd>"
    return (
        '<dl class="facts file-facts small-text">'
        f'<dt>{texts.gettext("Path")}</dt><dd dir="auto">{label}</dd>'
        f"<dt>{texts.gettext('Category')}</dt><dd>{_label_title(file, texts)}</dd>{since}"
        f"<dt>{texts.gettext('Size')}</dt><dd>{count}</dd>"
        f"<dt>SHA-256</dt><dd><code>{file.sha256}</code></dd></dl>"
    )


def _select(label: str, texts: RowTexts) -> str:
    return texts.gettext("Select %(name)s") % {"name": label}


def _download_button(url: str, label: str, texts: RowTexts) -> str:
    action = texts.gettext("Download %(name)s") % {"name": label}
    return f' <a class="icon-button" href="{url}" download aria-label="{action}">{icon("download")}</a>'


def _preview_button(file: FileRow, url: str, label: str, texts: RowTexts, copy: LightCopy | None) -> str:
    """Return the button that shows or plays a file.

    It plays the light copy if browsers need one. There is none for an unreadable file.
    """
    kind = copy.player if copy else player(file.path) or ("text" if is_previewed(file.path) else "")
    is_medium = kind in {"audio", "video"}
    if not kind or not file.size or (is_medium and file.media_reason):
        return ""
    action = texts.gettext("Play %(name)s") if is_medium else texts.gettext("Show %(name)s")
    address = escape(copy.url) if copy else f"{url}?{'preview' if kind == 'text' else 'play'}"
    return (
        f' <a class="icon-button" href="{address}" target="_blank" rel="noopener" data-player="{kind}"'
        f' data-size="{file.size}" aria-label="{action % {"name": label}}"> {icon("play" if is_medium else kind)} </a>'
    )


def _tag(language: str) -> str:
    text = escape(language)
    return f'<span class="tag" data-language="{text}">{text}</span>'
