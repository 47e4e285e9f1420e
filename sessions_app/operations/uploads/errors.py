"""Errors that several operations on uploads raise."""

from __future__ import annotations

from dubbing_core.sentences import sentence
from sessions_app.operations.errors import NotAllowedError


class UploadDeletedError(NotAllowedError):
    """The upload was discarded or has expired, or the store has lost it."""

    code = "upload_deleted"

    def __init__(self) -> None:
        super().__init__(sentence("This upload was deleted or has expired. Send the file again."))


class UploadsDeletedError(NotAllowedError):
    """Uploads that a job needs were discarded or have expired."""

    code = "uploads_deleted"

    def __init__(self) -> None:
        super().__init__(sentence("The uploaded files were deleted or have expired. Upload them again."))


class UploadCompleteError(NotAllowedError):
    """The upload accepts no more parts."""

    code = "upload_complete"

    def __init__(self) -> None:
        super().__init__(sentence("This upload is complete already."))
