"""Placement preview: path and label that each file would get, before any upload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dubbing_core.file_matching import list_candidates
from dubbing_core.label_changes import LabelChange, LabelError, apply_label_changes
from dubbing_core.labels import Label, Role
from dubbing_core.layouts.folder_index import ReadSmallFile
from dubbing_core.layouts.recognition import Question, QuestionCode, Recognition
from dubbing_core.manifest import ManifestEntry
from dubbing_core.metadata_reading import MetadataReading, read_metadata
from dubbing_core.paths import PathError, check_tree, parse_saved_path
from dubbing_core.placement import Placement, find_metadata
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.saves.change_preview import ChangePreview, FileToSave, preview_changes
from sessions_app.operations.saves.corrections import check_corrections, check_recognized, locate_corrections
from sessions_app.operations.saves.placement import place_folder_in_session
from sessions_app.queries.manifests import VersionContents

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


def preview_placement(
    files: FilesToPlace, *, current: VersionContents, replaces_all: bool = False
) -> PlacementPreview:
    """Return the placement of a folder's files in a session's current version.

    :param replaces_all: the save removes every other file.
    :raises BadInputError: too many paths collide, or a label cannot be corrected.
    """
    received, paths, refused = _parse_paths(files.paths)
    accepted = {received[path] for path in paths}
    contents = {path: files.contents[raw] for path, raw in received.items() if raw in files.contents}
    requested: dict[str, None] = {}

    def read(path: str) -> bytes | None:
        if path not in contents:
            requested[path] = None
        return contents.get(path)

    metadata, reading = _read_metadata(paths, rooted=files.rooted, read=read)
    folder = place_folder_in_session(
        paths,
        current=current,
        rooted=files.rooted,
        targets=files.targets,
        has_metadata=reading is None or reading.is_intact,
        recognized=set(check_recognized([raw for raw in files.recognized if raw in accepted], paths)),
        read_small_file=read,
    )
    corrections = check_corrections(
        {raw: change for raw, change in files.corrections.items() if raw in accepted}, paths
    )
    placements, labels = _correct(folder.placements, corrections, current, replaces_all=replaces_all)
    changes = None
    if files.sizes is not None:
        sizes = {path: files.sizes[raw] for path, raw in received.items()}
        changes = preview_changes(
            placements, sizes, current=current, labels=labels, replaces_all=replaces_all
        )
    return PlacementPreview(
        placements=placements,
        refused=refused,
        metadata=metadata if reading is None or reading.is_intact else None,
        warnings=reading.warnings if reading and reading.is_session else (),
        changes=changes,
        candidates={} if files.rooted else _find_candidates(placements, current),
        tools=folder.recognition.tools if folder.recognition else (),
        questions=_list_questions(folder.recognition, labels),
        requested=[received[path] for path in requested],
    )


def _parse_paths(raw_paths: Sequence[str]) -> tuple[dict[str, str], list[str], list[RefusedPath]]:
    """Return paths as received by path as saved, the latter, and refused ones."""
    received: dict[str, str] = {}
    paths: list[str] = []
    refused: list[RefusedPath] = []
    for raw in raw_paths:
        try:
            path = parse_saved_path(raw)
        except PathError as error:
            refused.append(RefusedPath(path=raw, code=error.code, message=str(error)))
        else:
            paths.append(path)
            received[path] = raw
    return received, paths, refused + _remove_collisions(paths)


def _read_metadata(
    paths: Sequence[str], *, rooted: bool, read: ReadSmallFile
) -> tuple[str | None, MetadataReading | None]:
    """Return the path of the metadata.json and its contents, as far as known."""
    path = find_metadata(paths, rooted=rooted)
    data = read(path) if path is not None else None
    return path, None if data is None else read_metadata(data)


def _correct(
    placements: Sequence[Placement],
    corrections: Mapping[str, LabelChange],
    current: VersionContents,
    *,
    replaces_all: bool,
) -> tuple[list[Placement], dict[str, Label]]:
    """Return the corrected placements, and the labels of all files after the save."""
    before = () if replaces_all else current.manifest.entries
    entries = {entry.path: entry for entry in before}
    entries |= {placement.path: _describe(placement) for placement in placements}
    try:
        entries = apply_label_changes(entries, locate_corrections(corrections, placements))
    except LabelError as error:
        raise BadInputError(str(error), code=error.code) from error
    corrected = [
        placement.with_label(entries[placement.path].label, entries[placement.path].labeled_by)
        for placement in placements
    ]
    return corrected, {path: entry.label for path, entry in entries.items()}


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


def _list_questions(recognition: Recognition | None, labels: Mapping[str, Label]) -> list[Question]:
    """Return the questions that the labels leave open."""
    if recognition is None:
        return []
    has_source = any(label.role is Role.SOURCE for label in labels.values())
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
            refused.append(RefusedPath(path=error.path, code=error.code, message=str(error)))
        else:
            return refused
