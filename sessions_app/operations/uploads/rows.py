"""Row lock of an upload."""

from __future__ import annotations

from sessions_app.models import Upload
from sessions_app.operations.uploads.errors import UploadDeletedError


def lock_upload(upload: Upload) -> Upload:
    """Return the upload's row, locked until the transaction ends.

    :raises UploadDeletedError: there is no such row anymore.
    """
    row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
    if row is None:
        raise UploadDeletedError
    return row
