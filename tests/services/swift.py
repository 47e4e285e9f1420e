"""Run a command against OpenStack Swift's S3 API: python -m tests.services.swift COMMAND...

Its servers run in one process, on ports that the system chooses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.services.folders import in_memory, temporary_folder
from tests.services.processes import Service
from tests.services.s3 import S3Server, run_against

ACCESS_KEY = "test:dubbing"
"""In the form of Swift's tempauth: ``account:user``."""
SECRET_KEY = "only-for-tests"
BUCKET = "dubbing-sessions"


@contextmanager
def running_swift(*, allowed_origin: str = "*") -> Iterator[S3Server]:
    """Start Swift and create the bucket.

    :param allowed_origin: origin of web pages that may use it from a browser (CORS).
    """
    # In memory: it writes many small files and syncs each.
    with temporary_folder("swift", parent=in_memory()) as folder:
        ready = folder / "ready.json"
        settings = {
            "folder": str(folder),
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "allowed_origin": allowed_origin,
            "ready": str(ready),
        }
        command = [sys.executable, "-W", "ignore", "-m", "tests.services.swift_process", json.dumps(settings)]
        service = Service("Swift", command, log=folder / "log")
        try:
            service.wait_until(ready.exists)
            server = S3Server(
                endpoint_url=json.loads(ready.read_text(encoding="utf-8"))["endpoint_url"],
                access_key=ACCESS_KEY,
                secret_key=SECRET_KEY,
                region="us-east-1",
                bucket=BUCKET,
                software="swift",
            )
            server.client().create_bucket(Bucket=BUCKET)
            yield server
        finally:
            service.stop()


if __name__ == "__main__":
    with running_swift() as swift:
        status = run_against(swift, sys.argv[1:])
    sys.exit(status)
