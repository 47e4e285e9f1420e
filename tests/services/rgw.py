"""Run a command against Ceph's object gateway: python -m tests.services.rgw COMMAND...

Starts one monitor, one in-memory object daemon and the gateway, which S3_TEST_* names for the command. Debian: apt-get install radosgw ceph-mon ceph-osd ceph-common.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from tests.services.folders import temporary_folder
from tests.services.ports import reserve_port
from tests.services.processes import Service
from tests.services.s3 import S3Server, run_against
from tests.services.waits import LIMIT

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
ACCESS_KEY = "dubbing"
SECRET_KEY = "only-for-tests"
BUCKET = "dubbing-sessions"

CONFIGURATION = """\
[global]
fsid = {cluster}
mon host = v2:127.0.0.1:{monitor_port}
mon initial members = a
public network = 127.0.0.0/8
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv4 = true
ms bind msgr1 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
mon max pg per osd = 2000
run dir = {folder}
pid file = {folder}/$name.pid
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
crash dir = {folder}
keyring = {folder}/keyring
mon data = {folder}/mon
mon data avail crit = 1
mon data avail warn = 2
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 8589934592
paxos propose interval = 0.02
paxos min wait = 0.01
mon tick interval = 1
rgw data = {folder}/rgw
rgw dynamic resharding = false
rgw gc obj min wait = 1
rgw gc processor period = 1
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
"""
# tcp_nodelay: without it each small response takes 50 ms. gc: by default deleted objects stay in memory for two hours.

KEYS = {
    "mon.": ["mon", "allow *"],
    "client.admin": ["mon", "allow *", "osd", "allow *", "mgr", "allow *"],
    "osd.0": ["mon", "allow profile osd", "osd", "allow *", "mgr", "allow profile osd"],
}


class Ceph:
    """A cluster in a folder, with its logs. A command's output is shown if it fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = str(uuid4())
        self.monitor_port, self.port = reserve_port(), reserve_port()
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self.environment = {"CEPH_CONF": str(folder / "ceph.conf")}

    def run(self, *command: str | Path) -> None:
        done = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"{command[0]} ended with status {done.returncode}.\n{done.stdout}{done.stderr}"
            )

    def start(self, *command: str) -> Service:
        log = self.folder / f"{command[0]}.out"
        return Service(command[0], command, log=log, environment=self.environment, folder=self.folder)

    def configure(self) -> None:
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        configuration = CONFIGURATION.format(**vars(self))
        (self.folder / "ceph.conf").write_text(configuration, encoding="utf-8")
        keyring, monitors = self.folder / "keyring", self.folder / "monmap"
        keyring.touch()
        for name, rights in KEYS.items():
            caps = [
                part
                for daemon, capability in zip(rights[::2], rights[1::2], strict=True)
                for part in ("--cap", daemon, capability)
            ]
            self.run("ceph-authtool", keyring, "--gen-key", "-n", name, *caps)
        address = f"[v2:127.0.0.1:{self.monitor_port}]"
        self.run("monmaptool", "--create", "--fsid", self.cluster, "--addv", "a", address, monitors)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors, "--keyring", keyring)

    def add_object_daemon(self) -> None:
        daemon = str(uuid4())
        self.run("ceph", "--connect-timeout", "20", "osd", "new", daemon)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", daemon)

    def add_user(self) -> None:
        user = [
            "--uid=dubbing",
            "--display-name=dubbing",
            f"--access-key={ACCESS_KEY}",
            f"--secret-key={SECRET_KEY}",
        ]
        self.run("radosgw-admin", "-n", "client.admin", "user", "create", *user)

    def is_ready(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint_url, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def running_rgw() -> Iterator[S3Server]:
    """Start a gateway and create the bucket. Stops in reverse order: gateway, object daemon, monitor."""
    with temporary_folder("rgw") as folder, ExitStack() as started:
        ceph = Ceph(folder)
        ceph.configure()
        started.callback(ceph.start("ceph-mon", "-f", "-i", "a").stop)
        ceph.add_object_daemon()
        started.callback(ceph.start("ceph-osd", "-f", "-i", "0").stop)
        ceph.run("ceph", "osd", "crush", "add-bucket", "localhost", "host")
        ceph.add_user()
        gateway = ceph.start("radosgw", "-f", "-n", "client.admin")
        started.callback(gateway.stop)
        gateway.wait_until(ceph.is_ready)
        server = S3Server(
            endpoint_url=ceph.endpoint_url,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            region="us-east-1",
            bucket=BUCKET,
            software="rgw",
        )
        server.client().create_bucket(Bucket=BUCKET)
        yield server


def main(command: list[str]) -> int:
    if missing := missing_programs():
        print(f"Ceph is not installed: no {', '.join(missing)} on PATH.", file=sys.stderr)  # noqa: T201 - a command
        return 1
    with running_rgw() as server:
        return run_against(server, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
