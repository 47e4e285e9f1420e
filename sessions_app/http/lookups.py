"""Finds what a URL names, through the caller's own querysets: for everybody else it does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import User
from django.http import Http404
from django.shortcuts import get_object_or_404

from sessions_app.models import AccessToken, DubbingSession, Export, Job, Share, Upload, Version
from sessions_app.models.session import DubbingSessionQuerySet
from sessions_app.operations.errors import BadInputError


def get_session_or_404(user: User, code: UUID) -> DubbingSession:
    """Return a session that is not in the trash."""
    return get_object_or_404(_sessions_of(user).live(), code=code)


def get_any_session_or_404(user: User, code: UUID) -> DubbingSession:
    """Return a session, in the trash or not."""
    return get_object_or_404(_sessions_of(user), code=code)


def _sessions_of(user: User) -> DubbingSessionQuerySet:
    # A document has megabytes, and few ask for it: it is read when it is looked at.
    return DubbingSession.objects.visible_to(user).select_related("current").defer("current__document")


def get_trashed_session_or_404(user: User, code: UUID) -> DubbingSession:
    return get_object_or_404(DubbingSession.objects.visible_to(user).trashed(), code=code)


def get_version_or_404(user: User, code: UUID, number: int) -> Version:
    """Return a version of a session that is not in the trash; its document is read when it is looked at."""
    session = DubbingSession.objects.visible_to(user).live().filter(code=code)
    return get_object_or_404(
        Version.objects.select_related("session", "created_by").defer("document"),
        session__in=session,
        number=number,
    )


def get_job_or_404(user: User, code: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(user).select_related("session__current"), code=code)


def get_export_or_404(user: User, code: UUID) -> Export:
    return get_object_or_404(Export.objects.visible_to(user).select_related("version__session"), code=code)


def get_share_or_404(user: User, code: UUID) -> Share:
    return get_object_or_404(Share.objects.visible_to(user).select_related("export"), code=code)


def get_token_or_404(user: User, code: UUID) -> AccessToken:
    return get_object_or_404(AccessToken.objects.visible_to(user), code=code)


def get_upload_or_404(user: User, code: UUID) -> Upload:
    return get_object_or_404(Upload.objects.visible_to(user), code=code)


def get_uploads_or_404(user: User, wanted: Sequence[UUID]) -> list[Upload]:
    """Return the uploads in the order asked for.

    :raises BadInputError: one is named twice.
    :raises Http404: one of them does not exist.
    """
    if len(set(wanted)) != len(wanted):
        raise BadInputError("An upload is named twice.", code="bad_field")
    found: dict[UUID, Upload] = {}
    for start in range(0, len(wanted), 500):
        found |= {
            upload.code: upload
            for upload in Upload.objects.visible_to(user).filter(code__in=wanted[start : start + 500])
        }
    if len(found) != len(wanted):
        raise Http404
    return [found[code] for code in wanted]
