"""Run Swift's four servers in this process: python -m tests.services.swift_process JSON

Swift's own launcher starts a process group per server, calls setsid and needs /etc/swift.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import eventlet
import eventlet.wsgi
from swift.common import constraints, storage_policy, utils, wsgi
from swift.common.ring import RingBuilder

BACKENDS = ("account", "container", "object")
MAX_PARTS = 10_000
"""S3's limit of parts per upload; Swift's default is 1,000."""

CONFIGURATION = """\
[swift-hash]
swift_hash_path_prefix = dubbing
swift_hash_path_suffix = sessions
[swift-constraints]
max_file_size = 5368709122
[storage-policy:0]
name = one
default = yes
"""
BACKEND = """\
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
log_level = WARNING
log_address = /dev/null
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""
PROXY = """\
[DEFAULT]
swift_dir = {folder}
log_level = WARNING
log_address = /dev/null
cors_allow_origin = {allowed_origin}
cors_expose_headers = ETag
[pipeline:main]
pipeline = catch_errors gatekeeper cache bulk listing_formats s3api tempauth copy slo dlo symlink versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
paste.filter_factory = tests.services.swift_cache:filter_factory
[filter:bulk]
use = egg:swift#bulk
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
auth_pipeline_check = false
cors_preflight_allow_origin = {allowed_origin}
max_upload_part_num = {max_parts}
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret_key} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
max_manifest_segments = {max_parts}
[filter:dlo]
use = egg:swift#dlo
[filter:symlink]
use = egg:swift#symlink
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
"""


def use_configuration(folder: Path) -> None:
    """Make Swift read ``folder`` instead of /etc/swift, which it read on import."""
    (folder / "swift.conf").write_text(CONFIGURATION, encoding="utf-8")
    utils.set_swift_dir(str(folder))
    constraints.reload_constraints()
    storage_policy.reload_storage_policies()


def write_ring(folder: Path, name: str, port: int) -> None:
    """Write the ring of ``name``: one copy, on one device."""
    ring = RingBuilder(part_power=6, replicas=1, min_part_hours=0)
    ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1})
    ring.rebalance()
    ring.get_ring().save(str(folder / f"{name}.ring.gz"))


def serve(configuration: Path, socket: Any) -> Any:
    """Serve one configuration in a green thread.

    ``swift.common.wsgi.run_server`` replaces eventlet's hub at each call, which stops the servers started before.
    """
    app = wsgi.loadapp(
        str(configuration), global_conf={"log_name": configuration.stem}, allow_modify_pipeline=True
    )
    return eventlet.spawn(
        eventlet.wsgi.server,
        socket,
        app,
        log=utils.NullLogger(),
        protocol=wsgi.SwiftHttpProtocol,
        socket_timeout=60,
        url_length_limit=constraints.MAX_REQUEST_LINE,
        # boto3 looks for "ETag"; eventlet would write "Etag".
        capitalize_response_headers=False,
    )


def main(settings: dict[str, str]) -> None:
    utils.monkey_patch()
    eventlet.hubs.use_hub(utils.get_hub())
    folder = Path(settings["folder"])
    (folder / "devices" / "disk").mkdir(parents=True)
    use_configuration(folder)
    sockets = {name: eventlet.listen(("127.0.0.1", 0), backlog=512) for name in (*BACKENDS, "proxy")}
    for name in BACKENDS:
        write_ring(folder, name, sockets[name].getsockname()[1])
        (folder / f"{name}.conf").write_text(BACKEND.format(folder=folder, name=name), encoding="utf-8")
    account, user = settings["access_key"].split(":")
    proxy = PROXY.format(account=account, user=user, max_parts=MAX_PARTS, **settings)
    (folder / "proxy.conf").write_text(proxy, encoding="utf-8")
    servers = [serve(folder / f"{name}.conf", socket) for name, socket in sockets.items()]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # no data to save
    draft = folder / "ready.draft"
    port = sockets["proxy"].getsockname()[1]
    draft.write_text(json.dumps({"endpoint_url": f"http://127.0.0.1:{port}"}), encoding="utf-8")
    draft.rename(settings["ready"])
    for server in servers:
        server.wait()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
