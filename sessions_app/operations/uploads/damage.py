"""Uploads whose bytes the store has damaged."""

from __future__ import annotations

from dubbing_core.sentences import sentence
from sessions_app.models import Job, Upload
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.uploads.resume import prevent_resume
from sessions_app.operations.uploads.staging import object_key


class DamagedUploadError(BadInputError):
    """The received bytes cannot be read anymore."""

    code = "upload_damaged"

    def __init__(self, upload: Upload) -> None:
        super().__init__(
            sentence(
                "%(label)s cannot be read anymore: a part was sent again after the upload was complete. "
                "Upload it again, then save or import it.",
                label=upload.label,
            )
        )


def invalidate_damaged_upload(job: Job, key: str) -> DamagedUploadError | None:
    """Make clients send the job's upload at ``key`` again.

    Returns the error, or None if no upload has this key.
    """
    for upload in job.uploads.all():
        if object_key(upload) == key:
            prevent_resume(upload)
            return DamagedUploadError(upload)
    return None
