"""Preview of the placement of files in a session."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Literal
from uuid import UUID

from ninja import Router
from pydantic import Base64Encoder, BaseModel, ConfigDict, EncodedBytes, Field

from dubbing_core.categories import Category
from dubbing_core.change_summary import ChangeKind, ChangeSummary
from dubbing_core.exclusions import Exclusion, ExclusionReason, describe_exclusions
from dubbing_core.labels import LabelAuthor
from dubbing_core.layouts.folder_index import SMALL_FILE_LIMIT
from dubbing_core.layouts.recognition import QuestionCode
from dubbing_core.manifest import ManifestEntry
from sessions_app.api.auth import ApiRequest
from sessions_app.api.blobs import MAX_SIZE, Executable, Sha256
from sessions_app.api.corrections import (
    MAX_CORRECTIONS,
    LabelCorrection,
    LanguageTag,
    read_labels,
    read_source_language,
)
from sessions_app.api.endpoints import read_endpoint
from sessions_app.api.saves import MAX_FILES
from sessions_app.api.versions import ChangeGroup
from sessions_app.http.lookups import get_session_or_404
from sessions_app.operations.saves import placement_preview
from sessions_app.operations.saves.change_preview import ChangePreview, FileState, FileToSave
from sessions_app.operations.saves.placement_preview import FilesToPlace
from sessions_app.queries.manifests import get_version_contents
from sessions_app.storage import get_store
from sessions_app.translation import localize

MAX_CONTENTS = 100
MAX_EXCLUSIONS = 200

router = Router()


Contents = Annotated[bytes, EncodedBytes(encoder=Base64Encoder), Field(max_length=SMALL_FILE_LIMIT)]


class FileToPlace(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str
    size: int = Field(ge=0, le=MAX_SIZE)
    sha256: Sha256 | Literal[""] = ""
    """Empty if it is not known yet. Files of an unchanged size are `unread` then."""
    executable: Executable = None


class PlacementRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    paths: list[str] = Field([], max_length=MAX_FILES)
    """Paths relative to the folder."""
    files: list[FileToPlace] = Field([], max_length=MAX_FILES)
    """Instead of paths: files with their sizes, to preview what the save would change."""
    replace: bool = False
    """Same as in the save."""
    targets: dict[str, str] = Field({}, max_length=MAX_FILES)
    """Same as in the save."""
    labels: list[LabelCorrection] = Field([], max_length=MAX_CORRECTIONS)
    """Same as in the save."""
    recognized: list[str] = Field([], max_length=MAX_FILES)
    """Same as in the save."""
    source_language: LanguageTag | None = None
    """Same as in the save."""
    include_hidden: bool = True
    """Whether files in hidden folders, such as `.git`, are placed. The page and `dubs save` leave them out unless the user wants
    them; a save through the API stores all files that it is sent, except system files."""
    contents: dict[str, Contents] = Field({}, max_length=MAX_CONTENTS)
    """Contents of small files by path, in Base64: those in `requested` of an earlier response. Of a metadata.json over 4 MiB, its
    first 4 MiB."""
    session: UUID | None = None
    """Session that the files are going to be saved in; null for a new one."""
    rooted: bool = True
    """Same as in the save."""


class PlacedFile(BaseModel):
    source: str
    """Path in the folder."""
    path: str
    """Path in the session: that in the folder, or that of a file that it replaces."""
    category: Category
    label: str
    language: str
    role: str
    labeled_by: LabelAuthor
    """Whether a person has set category, language and role in an earlier version."""
    change: FileState | None
    """With `files`: `unread` has the same size as the file that it replaces."""
    previous_size: int | None
    """With `files`: bytes of the file that it replaces."""
    candidates: list[str]
    """Of a file without a folder that is not at the path of an earlier one: files of the session that it may replace. Send the
    choice as `targets`."""


class Question(BaseModel):
    code: QuestionCode
    text: str
    choices: list[str]
    """Paths in the session or language tags, the most probable first; empty where none of them is in the folder."""


class RemovedFile(BaseModel):
    path: str
    size: int
    category: Category
    label: str
    language: str

    @classmethod
    def of(cls, entry: ManifestEntry) -> RemovedFile:
        return cls(
            path=entry.path,
            size=entry.size,
            category=entry.category,
            label=localize(entry.category.label),
            language=entry.language,
        )


class RefusedFile(BaseModel):
    path: str
    code: str
    message: str


class ExcludedFiles(BaseModel):
    """A file or folder that a save leaves out by its name."""

    path: str
    """Relative to the project; that of a folder ends with a slash: `.git/`."""
    reason: ExclusionReason
    label: str
    """The reason in words."""
    count: int
    """Of files."""
    size: int | None
    """With `files`: bytes of the files."""

    @classmethod
    def of(cls, exclusion: Exclusion, *, files: int, size: int | None) -> ExcludedFiles:
        return cls(
            path=exclusion.path,
            reason=exclusion.reason,
            label=exclusion.describe(1),
            count=files,
            size=size,
        )


class PlacementPreview(BaseModel):
    files: list[PlacedFile]
    refused: list[RefusedFile]
    """Files that cannot be saved, or not together with the others."""
    metadata: str | None
    """Path of the file that is used as the session's metadata.json. Without its `contents`, it may be another tool's, which is a file
    like any other."""
    warnings: list[str]
    """What is damaged in the session's metadata.json. The file itself is kept then."""
    tools: list[str]
    """Names of the tools that wrote the files, the one with the most files first."""
    questions: list[Question]
    """What the files do not show. Reply with `labels`, or to `source_language` with `source_language`."""
    requested: list[str]
    """Paths of files whose `contents` the save reads for labels: with them, the preview is exact."""
    excluded: list[ExcludedFiles]
    """System files, and without `include_hidden` hidden folders: their files are not in `files`. The first ones, if they are many."""
    exclusion_summary: str
    """What is left out in one sentence, or empty."""
    removed: list[RemovedFile]
    """With `files`: files of the session that the save removes."""
    change_summary: str
    """With `files`: what the save would change, in the words of the version. Unread files count as unchanged."""
    changes: dict[ChangeKind, ChangeGroup]


@router.post(
    "/placements",
    **read_endpoint(
        PlacementPreview,
        operation_id="preview_placement",
        summary="Preview the placement of files; nothing is stored",
    ),
)
def preview_placement(request: ApiRequest, body: PlacementRequest) -> PlacementPreview:
    current = get_session_or_404(request.auth.user, body.session).current if body.session else None
    files = FilesToPlace(
        paths=body.paths or [file.path for file in body.files],
        sizes=_read_files(body),
        contents=body.contents,
        corrections=read_labels(body.labels, languages=current.languages if current else ()),
        recognized=body.recognized,
        targets=body.targets,
        rooted=body.rooted,
        include_hidden=body.include_hidden,
        source_language=read_source_language(body.source_language),
    )
    preview = placement_preview.preview_placement(
        files, current=get_version_contents(current), reader=get_store(), replaces_all=body.replace
    )
    changes = preview.changes
    summary = changes.summary if changes else ChangeSummary()
    return PlacementPreview(
        files=[
            PlacedFile(
                source=placed.source,
                path=placed.path,
                category=placed.category,
                label=localize(placed.category.label),
                language=placed.language,
                role=placed.role.value,
                change=changes.states[placed.path] if changes else None,
                previous_size=_previous_size(changes, placed.path),
                labeled_by=placed.labeled_by,
                candidates=list(preview.candidates.get(placed.source, ())),
            )
            for placed in preview.placements
        ],
        refused=[
            RefusedFile(path=each.path, code=each.code, message=localize(each.message))
            for each in preview.refused
        ],
        metadata=preview.metadata,
        warnings=[localize(warning) for warning in preview.warnings],
        tools=list(preview.tools),
        questions=[
            Question(code=each.code, text=localize(each.text), choices=list(each.choices))
            for each in preview.questions
        ],
        requested=list(preview.requested),
        excluded=[
            ExcludedFiles.of(each, files=contents.files, size=contents.size)
            for each, contents in islice(preview.excluded.items(), MAX_EXCLUSIONS)
        ],
        exclusion_summary=localize(describe_exclusions(preview.excluded, preview.excluded)),
        removed=[RemovedFile.of(entry) for entry in (changes.removed if changes else ())],
        change_summary=localize(summary.words) if changes else "",
        changes={kind: ChangeGroup.of(group) for kind, group in summary.groups.items()},
    )


def _read_files(body: PlacementRequest) -> dict[str, FileToSave] | None:
    if body.paths or not body.files:
        return None
    return {
        file.path: FileToSave(size=file.size, sha256=file.sha256, is_executable=file.executable)
        for file in body.files
    }


def _previous_size(changes: ChangePreview | None, path: str) -> int | None:
    entry = changes.previous.get(path) if changes else None
    return entry.size if entry else None
