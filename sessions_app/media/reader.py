"""Reader of media files: facts of blobs."""

from __future__ import annotations

from dubbing_core.media_facts import MediaFacts
from dubbing_core.sentences import sentence
from sessions_app.media.client import HEADER, MediaProcess, ProcessEndedError, ServedFile
from sessions_app.media.facts import build_facts
from sessions_app.storage.store import BlobReader

FILE_TIMEOUT = 30.0
"""Seconds for a file, without the time that the store takes."""
REQUESTED_SIZE = 128 * 1024**2
"""Bytes of one file that the process gets at most; it stops earlier by itself."""


class MediaReader(MediaProcess):
    """Reads media files one after the other.

    A file that ends or blocks the process is unreadable; the next one gets a new process.
    """

    def __init__(self, *, file_timeout: float = FILE_TIMEOUT) -> None:
        super().__init__()
        self._file_timeout = file_timeout

    def read(self, store: BlobReader, key: str, size: int) -> MediaFacts:
        """Return the facts of an object, or the reason why there are none.

        :raises StoreError: the store did not return its bytes.
        :raises MediaReaderUnavailableError: PyAV is not installed, or no process can be started.
        """
        if not size:
            return MediaFacts(reason=sentence("is empty"))
        self.start()
        file = ServedFile(self, store, key, size, timeout=self._file_timeout, limit=REQUESTED_SIZE)
        try:
            self.send(HEADER.pack(b"F", size, 0), file.deadline)
            _, _, length = file.serve(b"D")
            return build_facts(self.receive_report(length, file.deadline))
        except ProcessEndedError as error:
            self.close()
            return MediaFacts(reason=error.reason)
        except BaseException:
            self.close()  # it waits for bytes that do not come
            raise
