"""Labels of any folder's files, by the recognizers.

See docs/decisions/0028-paths-stay.md and 0031-recognizers.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from dubbing_core.categories import FOLDERS, METADATA_NAME, PRIVATE_FOLDER, Category
from dubbing_core.labels import Label, LabelAuthor, Role
from dubbing_core.languages import parse_language_tag
from dubbing_core.layouts.folder_index import ReadSmallFile
from dubbing_core.layouts.recognition import Recognition
from dubbing_core.layouts.recognizers import read_nothing, recognize
from dubbing_core.paths import is_junk


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Path and label of one received file in a session."""

    source: str
    """The path as received."""
    path: str
    """The path in the folder that is saved: as received, without a folder around all files."""
    category: Category
    language: str = ""
    """A BCP 47 tag, or "" where none is known."""
    role: Role = Role.NONE
    labeled_by: LabelAuthor = LabelAuthor.RECOGNIZER
    is_executable: bool = False
    mtime_ns: int | None = None
    """Time of the last modification in nanoseconds since 1970, or None if unknown."""

    @property
    def label(self) -> Label:
        return Label(category=self.category, language=self.language, role=self.role)

    def with_label(self, label: Label, author: LabelAuthor) -> Placement:
        return replace(
            self, category=label.category, language=label.language, role=label.role, labeled_by=author
        )


@dataclass(frozen=True, kw_only=True)
class PlacedFolder:
    """The files of a folder, and the tools that wrote them."""

    placements: list[Placement]
    recognition: Recognition | None
    """By path in the session, with the files beside them; None without any file."""


def place_files(
    paths: Iterable[str],
    *,
    languages: Sequence[str] = (),
    rooted: bool = False,
    has_metadata: bool = True,
    read_small_file: ReadSmallFile = read_nothing,
    known: Mapping[str, Label] = MappingProxyType({}),
) -> list[Placement]:
    """Label any folder's files by the tools that wrote it.

    Each path gets exactly one placement, except files that operating systems add and the folder `.dubbing`, which are left out. The
    order of `paths` does not matter.

    :param paths: valid paths that can exist side by side.
    :param languages: tags that the session already has.
    :param rooted: paths start at the project's root; a folder around all of them is part of the project.
    :param has_metadata: a metadata.json at the root is that of a session, not another tool's.
    :param read_small_file: reads one of `paths`; see `FolderIndex`.
    :param known: labels of the files beside them that the session already has, by path in the session.
    :returns: placements, sorted by path.
    """
    folder = place_folder(
        paths,
        languages=languages,
        rooted=rooted,
        has_metadata=has_metadata,
        read_small_file=read_small_file,
        known=known,
    )
    return folder.placements


def place_folder(
    paths: Iterable[str],
    *,
    languages: Sequence[str] = (),
    rooted: bool = False,
    has_metadata: bool = True,
    read_small_file: ReadSmallFile = read_nothing,
    known: Mapping[str, Label] = MappingProxyType({}),
    source_language: str = "",
) -> PlacedFolder:
    """Return the placements of `place_files`, and what was recognized.

    :param source_language: as for `recognize`.
    """
    files = _remove_junk(paths)
    wrapper = "" if rooted else _find_wrapper(files)
    sources = {
        inner: path
        for path in files
        if (inner := path.removeprefix(wrapper)).partition("/")[0] != PRIVATE_FOLDER
    }
    recognition = recognize(
        [*sources, *known],
        lambda inner: read_small_file(sources[inner]) if inner in sources else None,
        languages=languages,
        source_language=source_language,
    )
    labels = label_files(recognition, sources, known=known, has_metadata=has_metadata) if recognition else {}
    placements = [
        Placement(
            source=sources[path],
            path=path,
            category=labels[path].category,
            language=labels[path].language,
            role=labels[path].role,
        )
        for path in sorted(sources)
    ]
    return PlacedFolder(placements=placements, recognition=recognition)


def label_files(
    recognition: Recognition,
    paths: Iterable[str],
    *,
    known: Mapping[str, Label],
    has_metadata: bool,
) -> dict[str, Label]:
    """Return labels of new files in a session.

    A session that keeps its source gets no second one, except by a tool's own name.

    :param recognition: of the new files and of those beside them.
    :param paths: the new files, in the session.
    :param known: as for :func:`place_files`, like `has_metadata`.
    """
    labels = {path: recognition.labels[path] for path in paths}
    sources = {path for path, label in known.items() if label.role is Role.SOURCE and path not in labels}
    for path, label in labels.items():
        if path == METADATA_NAME and has_metadata:
            labels[path] = Label(category=Category.OTHER, role=Role.SESSION_METADATA)
        elif label.role is Role.SESSION_METADATA:
            labels[path] = Label(category=Category.OTHER)
        elif sources and label.role is Role.SOURCE and not recognition.is_claimed(path):
            labels[path] = Label(category=Category.FINAL_VIDEOS, role=Role.DUBBED_VIDEO)
    return labels


def find_metadata(paths: Iterable[str], *, rooted: bool = False) -> str | None:
    """Return the path of the metadata.json at the folder's root, or None.

    :param rooted: as in :func:`place_files`.
    """
    files = _remove_junk(paths)
    path = METADATA_NAME if rooted else _find_wrapper(files) + METADATA_NAME
    return path if path in files else None


def _remove_junk(paths: Iterable[str]) -> list[str]:
    return sorted({path for path in paths if not is_junk(path)})


def _find_wrapper(paths: Sequence[str]) -> str:
    """Return the folder around all files, with its slash, or "".

    A folder named as a category or language is no wrapper.
    """
    heads = {path.partition("/")[0] for path in paths if "/" in path}
    if len(heads) != 1 or any("/" not in path for path in paths):
        return ""
    head = heads.pop()
    children = {path.split("/")[1] for path in paths}
    is_language = parse_language_tag(head) and children.isdisjoint({METADATA_NAME, *FOLDERS})
    return "" if head.casefold() in FOLDERS or is_language else f"{head}/"
