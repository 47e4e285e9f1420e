"""Corrections of labels, languages and voices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dubbing_core.categories import Category
from dubbing_core.checked_results import MAX_CHECKS
from dubbing_core.label_changes import LabelChange, LabelError
from dubbing_core.labels import Role
from dubbing_core.project_edits import LANGUAGES_LIMIT, VOICES_LIMIT, Target
from sessions_app.access import Action
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.selections import CellText
from sessions_app.api.versions import Version, router
from sessions_app.http.lookups import get_session_or_404
from sessions_app.language_names import check_language
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.saves.correct import Correction, correct_session

MAX_CORRECTIONS = 10_000
MAX_PATHS = 100_000

Path = Annotated[str, Field(max_length=4096)]
LanguageTag = Annotated[str, Field(max_length=100)]
VoiceKey = Annotated[str, Field(min_length=1, max_length=100)]
Voice = Annotated[str, Field(max_length=500)]


class LabelCorrection(BaseModel):
    """The same correction for one or many files.

    What is absent or null stays as it is.
    """

    model_config = ConfigDict(extra="forbid")

    paths: list[Path] = Field(min_length=1, max_length=MAX_PATHS)
    category: Category | None = None
    """Without a role, the files get the category's usual one."""
    language: LanguageTag | None = None
    """A BCP 47 tag, or empty for none."""
    role: Role | None = None
    """`source` makes one file the source, `ignored` leaves files out of progress, texts and statistics."""

    @model_validator(mode="after")
    def check_not_empty(self) -> LabelCorrection:
        if self.category is None and self.language is None and self.role is None:
            raise ValueError(gettext("Send a category, a language or a role."))
        return self


class SessionCorrection(BaseModel):
    model_config = ConfigDict(extra="forbid")

    labels: list[LabelCorrection] = Field([], max_length=MAX_CORRECTIONS)
    recognized: list[Path] = Field([], max_length=MAX_PATHS)
    """Paths of files whose correction is withdrawn: they get the label that is recognized."""
    languages: dict[LanguageTag, Target] = Field({}, max_length=LANGUAGES_LIMIT)
    """Target languages to add or exclude; `automatic` withdraws either."""
    voices: dict[VoiceKey, Voice] = Field({}, max_length=VOICES_LIMIT)
    """Voices by language or speaker; an empty one is removed. Of a tool's settings of a voice, the name is replaced."""
    source_language: LanguageTag | None = None
    """Language that is spoken in the source, as a reply to the question `source_language`; empty to withdraw it."""
    checks: dict[CellText, bool] = Field({}, max_length=MAX_CHECKS)
    """Stale results by cell, such as `hi:audio`: true if they were checked and are right, false to withdraw that."""
    message: str = Field("", max_length=500)
    """If empty, the correction is described."""
    parent: int | None = Field(None, ge=0, le=2**31 - 1)
    """Refuse with 409 `conflict` if another version is current. By default the current one is corrected, whichever it is."""


@router.post(
    "/sessions/{uuid:code}/corrections",
    **write_endpoint(
        Version,
        status=201,
        is_idempotent=True,
        operation_id="correct_session",
        summary="Correct labels, target languages, voices and checks, as a new version of the same files",
        description=(
            "A corrected label stays with its path in later versions. A save that is based on the version before is no"
            " conflict. If nothing would change, the response is 409 `unchanged`."
        ),
    ),
)
@idempotent(status=201)
def correct(request: ApiRequest, code: UUID, body: SessionCorrection) -> Version:
    session = get_session_or_404(request.auth.user, code, Action.EDIT)
    languages = session.current.languages if session.current else []
    correction = Correction(
        labels=read_labels(body.labels, languages=languages),
        recognized=set(body.recognized),
        targets={read_tag(tag, languages): target for tag, target in body.languages.items()},
        voices={key: voice.strip() for key, voice in body.voices.items()},
        source_language=read_source_language(body.source_language),
        checks=body.checks,
        message=body.message.strip(),
        parent=body.parent,
    )
    version = correct_session(
        session=session, author=request.auth.user, correction=correction, now=timezone.now()
    )
    return Version.of(version)


def read_labels(rows: Iterable[LabelCorrection], *, languages: Sequence[str]) -> dict[str, LabelChange]:
    """Return the corrections by path; the last one of a path counts."""
    changes: dict[str, LabelChange] = {}
    for row in rows:
        language = read_tag(row.language, languages) if row.language else row.language
        change = LabelChange(category=row.category, language=language, role=row.role)
        changes.update(dict.fromkeys(row.paths, change))
    return changes


def read_tag(tag: str, languages: Sequence[str]) -> str:
    try:
        return check_language(tag, languages=languages)
    except LabelError as error:
        raise BadInputError(error.args[0], code=error.code) from error


def read_source_language(tag: str | None) -> str | None:
    """Return the spoken language in its usual form; "" and None stay."""
    return read_tag(tag, ()) if tag else tag
