"""Uploads whose bytes the store has damaged."""

from __future__ import annotations

from sessions_app.models import Job, Upload
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.uploads import lifecycle as uploads, parts


class DamagedUploadError(BadInputError):
    """What had arrived is not there any more as it was."""

    code = "upload_damaged"

    def __init__(self, upload: Upload) -> None:
        super().__init__(
            f"{upload.label} cannot be read any more: a part of it came once more after it was complete. Send it again, and save"
            " or import it then."
        )


def forget_damaged(job: Job, key: str) -> DamagedUploadError | None:
    """Let nobody go on with the job's upload whose bytes lie at ``key``, so that it is sent again; return what to tell."""
    for upload in job.uploads.all():
        if uploads.object_key(upload) == key:
            parts.forget(upload)
            return DamagedUploadError(upload)
    return None
