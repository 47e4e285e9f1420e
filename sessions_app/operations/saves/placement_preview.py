"""Placement preview: path and label that each file would get, before any upload.

Files are labeled as the save does, from contents that were sent and those that the session has already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dubbing_core.exclusions import Exclusion, ExclusionReason, FolderSize, find_exclusion
from dubbing_core.file_matching import list_candidates
from dubbing_core.label_changes import LabelChange, LabelError, apply_label_changes
from dubbing_core.labels import Role
from dubbing_core.layouts.recognition import Question, QuestionCode, Recognition
from dubbing_core.layouts.recognizers import read_nothing
from dubbing_core.manifest import ManifestEntry
from dubbing_core.paths import PathError, check_tree, parse_saved_path
from dubbing_core.placement import PlacedFolder, Placement, find_metadata
from dubbing_core.project_edits import read_edits
from sessions_app.models import Version
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.saves.change_preview import ChangePreview, FileToSave, preview_changes
from sessions_app.operations.saves.corrections import check_corrections, check_recognized, locate_corrections
from sessions_app.operations.saves.labels import label_entries, recognize_entries
from sessions_app.operations.saves.placement import place_folder_in_session
from sessions_app.operations.saves.preview_contents import PreviewContents
from sessions_app.queries.manifests import VersionContents
from sessions_app.storage.store import BlobReader

MAX_COLLISIONS = 20
MAX_MATCHED = 100
"""Files without a folder whose match can be changed; more are no hand-picked files."""
SOURCE_QUESTIONS = {QuestionCode.SOURCE_OUTSIDE, QuestionCode.SOURCE_AMBIGUOUS}


@dataclass(frozen=True, kw_only=True)
class FilesToPlace:
    """A folder as its sender describes it."""

    paths: Sequence[str]
    sizes: Mapping[str, FileToSave] | None = None
    """Sizes and hashes by path, to preview the changes."""
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Contents of small files by path, as far as they were sent."""
    corrections: Mapping[str, LabelChange] = field(default_factory=dict)
    """By path."""
    recognized: Sequence[str] = ()
    """Paths whose correction in an earlier version is withdrawn."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """As for `place_in_session`."""
    rooted: bool = True
    """As for `place_in_session`."""
    include_hidden: bool = True
    """Files in hidden folders are saved."""
    source_language: str | None = None
    """Tag of the language that is spoken in the source; None for what the session has."""


@dataclass(frozen=True, kw_only=True)
class RefusedPath:
    path: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class PlacementPreview:
    placements: Sequence[Placement]
    refused: Sequence[RefusedPath]
    """Files that cannot be saved, or not together with the others."""
    metadata: str | None
    """The path that is used as the session's metadata.json, as far as its contents are known."""
    warnings: Sequence[str]
    """What is damaged in the metadata.json."""
    changes: ChangePreview | None
    """None where sizes are unknown."""
    candidates: Mapping[str, Sequence[str]]
    """Files of the session that a file without a folder may replace, by its path as received."""
    tools: Sequence[str]
    """Names of the tools that wrote the files."""
    questions: Sequence[Question]
    requested: Sequence[str]
    """Files, by path as received, whose contents would be read if they were sent."""
    excluded: Mapping[Exclusion, FolderSize]
    """What is left out by its name, with number and size of its files."""


def preview_placement(
    files: FilesToPlace, *, current: VersionContents, reader: BlobReader, replaces_all: bool = False
) -> PlacementPreview:
    """Return the placement of a folder's files in a session's current version.

    :param replaces_all: the save removes every other file.
    :raises BadInputError: too many paths collide, or a label cannot be corrected.
    """
    excluded = _find_exclusions(files)
    saved = [path for path in files.paths if path not in excluded]
    received, paths, refused = _parse_paths(saved)
    accepted = {received[path] for path in paths}
    sent = {path: files.contents[raw] for path, raw in received.items() if raw in files.contents}
    sizes = None if files.sizes is None else {path: files.sizes[raw] for path, raw in received.items()}
    contents = PreviewContents(sent, sizes, current=current, reader=reader)
    metadata = find_metadata(paths, rooted=files.rooted)
    reading = contents.read_metadata(metadata) if metadata is not None else None
    withdrawn = set(check_recognized([raw for raw in files.recognized if raw in accepted], paths))
    spoken = _find_source_language(files, current.version)
    folder = place_folder_in_session(
        paths,
        current=current,
        rooted=files.rooted,
        targets=files.targets,
        has_metadata=reading is None or reading.is_intact,
        recognized=withdrawn,
        # Files of a session are recognized together with the new ones afterwards, as the save does.
        read_small_file=contents.read_received if current.version is None else read_nothing,
        source_language=spoken,
    )
    entries, recognition = _combine(
        folder,
        () if replaces_all else current.manifest.entries,
        contents,
        current=current,
        withdrawn=withdrawn,
        source_language=spoken,
    )
    corrections = check_corrections(
        {raw: change for raw, change in files.corrections.items() if raw in accepted}, paths
    )
    entries = _correct(entries, locate_corrections(corrections, folder.placements))
    placements = [_label(placement, entries[placement.path]) for placement in folder.placements]
    changes = None
    if sizes is not None:
        changes = preview_changes(
            placements, sizes, current=current, after=entries, replaces_all=replaces_all
        )
    return PlacementPreview(
        placements=placements,
        refused=refused,
        metadata=metadata if reading is None or reading.is_intact else None,
        warnings=reading.warnings if reading and reading.is_session else (),
        changes=changes,
        candidates={} if files.rooted else _find_candidates(placements, current),
        tools=recognition.tools if recognition else (),
        questions=_list_questions(recognition, entries),
        requested=[received[path] for path in contents.requested],
        excluded=_measure_exclusions(excluded, files.sizes),
    )


def _find_exclusions(files: FilesToPlace) -> dict[str, Exclusion]:
    """Return files that are left out by their names, with the part that decides."""
    heads = {path.partition("/")[0] for path in files.paths}
    # A dropped folder has its own name in front of all paths.
    is_wrapped = len(heads) == 1 and not files.rooted and all("/" in path for path in files.paths)
    start = len(min(heads)) + 1 if is_wrapped else 0
    found = {path: find_exclusion(path[start:], include_hidden=files.include_hidden) for path in files.paths}
    return {path: exclusion for path, exclusion in found.items() if exclusion is not None}


def _measure_exclusions(
    excluded: Mapping[str, Exclusion], sizes: Mapping[str, FileToSave] | None
) -> dict[Exclusion, FolderSize]:
    """Return number and size of the files of each exclusion, hidden folders first.

    :param excluded: by path as received.
    """
    paths: dict[Exclusion, list[str]] = defaultdict(list)
    for path, exclusion in excluded.items():
        paths[exclusion].append(path)
    reasons = list(ExclusionReason)
    ordered = sorted(paths, key=lambda exclusion: (reasons.index(exclusion.reason), exclusion.path))
    return {
        exclusion: FolderSize(
            files=len(paths[exclusion]),
            size=None if sizes is None else sum(sizes[path].size for path in paths[exclusion]),
        )
        for exclusion in ordered
    }


def _parse_paths(raw_paths: Sequence[str]) -> tuple[dict[str, str], list[str], list[RefusedPath]]:
    """Return paths as received by path as saved, the latter, and refused ones."""
    received: dict[str, str] = {}
    paths: list[str] = []
    refused: list[RefusedPath] = []
    for raw in raw_paths:
        try:
            path = parse_saved_path(raw)
        except PathError as error:
            refused.append(RefusedPath(path=raw, code=error.code, message=error.args[0]))
        else:
            paths.append(path)
            received[path] = raw
    return received, paths, refused + _remove_collisions(paths)


def _find_source_language(files: FilesToPlace, parent: Version | None) -> str:
    if files.source_language is not None:
        return files.source_language
    return read_edits(parent.metadata).source_language if parent is not None else ""


def _combine(
    folder: PlacedFolder,
    before: Iterable[ManifestEntry],
    contents: PreviewContents,
    *,
    current: VersionContents,
    withdrawn: Collection[str],
    source_language: str,
) -> tuple[dict[str, ManifestEntry], Recognition | None]:
    """Return the files of the session after the save, as they are recognized together.

    :param before: files of the session that stay.
    :param withdrawn: received files without their earlier corrections.
    """
    entries = {entry.path: entry for entry in before}
    entries |= {placement.path: _describe(placement) for placement in folder.placements}
    if current.version is None:
        return entries, folder.recognition
    found = _recognize(entries, folder.placements, current.version, contents, source_language=source_language)
    if found is None:
        return entries, folder.recognition
    earlier = current.blob_ids.keys() - _locate(withdrawn, folder.placements)
    labeled = label_entries(found, entries, before=earlier, is_language_stated=bool(source_language))
    return labeled, found


def _recognize(
    entries: Mapping[str, ManifestEntry],
    placements: Sequence[Placement],
    parent: Version,
    contents: PreviewContents,
    *,
    source_language: str,
) -> Recognition | None:
    """Recognize the files after the save."""
    sources = {placement.path: placement.source for placement in placements}
    return recognize_entries(
        lambda path: contents.read_received(sources[path]) if path in sources else contents.read_stored(path),
        entries,
        changed=sources,
        languages=parent.languages,
        source_language=source_language,
    )


def _locate(sources: Collection[str], placements: Sequence[Placement]) -> set[str]:
    """Return the paths in the session of some received files."""
    return {placement.path for placement in placements if placement.source in sources}


def _correct(
    entries: Mapping[str, ManifestEntry], corrections: Mapping[str, LabelChange]
) -> dict[str, ManifestEntry]:
    try:
        return apply_label_changes(entries, corrections)
    except LabelError as error:
        raise BadInputError(str(error), code=error.code) from error


def _label(placement: Placement, entry: ManifestEntry) -> Placement:
    return placement.with_label(entry.label, entry.labeled_by)


def _describe(placement: Placement) -> ManifestEntry:
    """Return an entry for the label of a file whose contents are not known yet."""
    return ManifestEntry(
        path=placement.path,
        sha256="",
        size=0,
        crc32=0,
        category=placement.category,
        language=placement.language,
        role=placement.role,
        labeled_by=placement.labeled_by,
    )


def _list_questions(recognition: Recognition | None, entries: Mapping[str, ManifestEntry]) -> list[Question]:
    """Return the questions that the labels leave open."""
    if recognition is None:
        return []
    has_source = any(entry.role is Role.SOURCE for entry in entries.values())
    return [
        question
        for question in recognition.questions
        if not (has_source and question.code in SOURCE_QUESTIONS)
    ]


def _find_candidates(placements: Sequence[Placement], current: VersionContents) -> dict[str, list[str]]:
    earlier = {entry.path: entry.label for entry in current.manifest.files}
    loose = [placement for placement in placements if "/" not in placement.source]
    if not earlier or len(loose) > MAX_MATCHED:
        return {}
    found = {
        placement.source: list_candidates(placement.source, placement.label, earlier)
        for placement in loose
        if placement.source not in earlier
    }
    return {source: candidates for source, candidates in found.items() if candidates}


def _remove_collisions(paths: list[str]) -> list[RefusedPath]:
    """Remove from ``paths`` those that collide with others; return them."""
    refused: list[RefusedPath] = []
    while True:
        try:
            check_tree(paths)
        except PathError as error:
            if len(refused) == MAX_COLLISIONS:
                raise BadInputError(str(error), code=error.code) from error
            paths.remove(error.path)
            refused.append(RefusedPath(path=error.path, code=error.code, message=error.args[0]))
        else:
            return refused
