"""Limits of calls about uploads."""

from __future__ import annotations

from sessions_app.storage.staging import SMALL_SIZE

MAX_UPLOADS_PER_CALL = 1000
MAX_FILES_PER_CALL = 5000
MAX_FILES_PER_PACK = 2000
MAX_PARTS_PER_CALL = 1000
MAX_PACKED_FILE_SIZE = SMALL_SIZE
"""Bytes of a file in a pack: a job reads such files into memory."""
MAX_THREADS = 8
"""Uploads that are listed or joined at once: each waits for the disk's journal or for a server."""
