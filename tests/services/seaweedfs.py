"""SeaweedFS with its S3 API: one process, in memory."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tests.services.folders import in_memory, temporary_folder
from tests.services.ports import reserve_port
from tests.services.processes import Service
from tests.services.s3 import S3Server

PROGRAM = Path(sys.executable).with_name("weed")
ACCESS_KEY = "dubbing"
SECRET_KEY = "only-for-tests"
BUCKET = "dubbing-sessions"
PARTS = ("master", "volume", "filer", "s3")
"""Servers in the process; each has a port for HTTP and one for gRPC."""
OPTIONS = {
    "ip": "127.0.0.1",
    "ip.bind": "127.0.0.1",
    "admin.ui": "false",
    "master.telemetry": "false",
    "master.volumeSizeLimitMB": "1024",
    "s3.iam": "false",
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
    "webdav": "false",
}


@contextmanager
def running_seaweedfs() -> Iterator[S3Server]:
    """Start a server with one bucket."""
    # In memory: it writes many small files and syncs some.
    with temporary_folder("weed", parent=in_memory()) as folder:
        credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
        identity = {"name": "tests", "credentials": credentials, "actions": ["Admin"]}
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        ports = {part: reserve_port() for part in PARTS}
        sockets = {"filer.localSocket": folder / "filer.sock", "s3.localSocket": folder / "s3.sock"}
        options = {
            **OPTIONS,
            "dir": folder,
            "bucket": BUCKET,
            "s3.config": folder / "s3.json",
            **sockets,
            **{f"{part}.port": port for part, port in ports.items()},
            **{f"{part}.port.grpc": reserve_port() for part in PARTS},
        }
        arguments = [f"-{name}={value}" for name, value in options.items()]
        command = [str(PROGRAM), "-logtostderr", "mini", *arguments]
        service = Service("SeaweedFS", command, log=folder / "log", folder=folder)
        server = S3Server(
            endpoint_url=f"http://127.0.0.1:{ports['s3']}",
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            region="us-east-1",
            bucket=BUCKET,
            software="seaweedfs",
        )
        try:
            service.wait_until(lambda: has_bucket(server))
            yield server
        finally:
            service.kill()  # no data to save


def has_bucket(server: S3Server) -> bool:
    """Return whether the server knows its bucket: it is created shortly after the first responses."""
    try:
        urllib.request.urlopen(f"{server.endpoint_url}/", timeout=5).close()
    except urllib.error.HTTPError:
        pass
    except OSError:
        return False
    try:
        names = [bucket["Name"] for bucket in server.client().list_buckets()["Buckets"]]
    except (BotoCoreError, ClientError):  # it does not know its users yet
        return False
    return server.bucket in names
