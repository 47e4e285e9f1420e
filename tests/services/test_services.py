"""Servers and fixtures behave as tests expect."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest
import redis

from sessions_app.storage.s3.bucket import ensure_cors_rules
from tests.services.processes import ROOT, Service, ServiceError, start_process
from tests.services.rgw import main as with_rgw
from tests.services.stacks import without_settings
from tests.services.waits import LIMIT, wait_until

PROGRAM = """
import pathlib, sys, time
from tests.services.processes import Service
service = Service("sleep", ["sleep", "60"], log=pathlib.Path(sys.argv[1]))
print(service.process.pid, flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    """Return whether a process exists and is not a zombie waiting for its parent."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_server_ends_with_a_killed_session(tmp_path):
    session = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, tmp_path / "log"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert session.stdout
    with session.stdout as output:
        server = int(output.readline())
    assert is_running(server)

    session.send_signal(signal.SIGKILL)
    session.wait()

    wait_until(lambda: not is_running(server))


def test_a_process_can_be_interrupted_even_if_its_parent_ignores_that():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start_process(["sh", "-c", "echo started; exec sleep 60"], stdout=subprocess.PIPE)
        with process:
            assert process.stdout
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=LIMIT) == -signal.SIGINT
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_server_that_cannot_start_reports_its_log(tmp_path):
    service = Service("Shell", ["sh", "-c", "echo no disk left; exit 3"], log=tmp_path / "log")

    with pytest.raises(ServiceError, match=r"Shell ended with status 3\.\nno disk left"):
        service.wait_until(lambda: False)


def test_a_server_that_is_never_ready_is_stopped(tmp_path):
    service = Service("Sleep", ["sleep", "60"], log=tmp_path / "log")

    with pytest.raises(ServiceError, match=r"Sleep was not ready after 0\.1 s"):
        service.wait_until(lambda: False, timeout=0.1)
    assert not service.is_running


def test_the_broker_keeps_messages_over_a_restart_and_can_be_emptied(valkey):
    valkey.client().rpush("queue", "message")

    valkey.restart()
    assert valkey.client().lrange("queue", 0, -1) == [b"message"]

    valkey.flushall()
    assert valkey.client().lrange("queue", 0, -1) == []


def test_a_killed_broker_is_unreachable_until_it_is_restarted(valkey):
    valkey.kill()
    with pytest.raises(redis.ConnectionError):
        valkey.client().ping()

    valkey.restart()
    assert valkey.client().ping()


def test_a_database_is_dropped_afterwards_with_its_open_connections(postgres):
    with postgres.database() as url:
        name = url.rsplit("/", 1)[1]
        connection = postgres.connect(name)
        connection.execute("CREATE TABLE anything ()")
    with connection, pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        postgres.connect(name)


def test_the_storage_joins_copied_parts(s3_server):
    s3, bucket = s3_server.client(), s3_server.bucket
    s3.put_object(Bucket=bucket, Key="services/one é", Body=b"0123456789")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="services/two")["UploadId"]
    part = {"Bucket": bucket, "Key": "services/two", "UploadId": upload, "PartNumber": 1}

    copied = s3.upload_part_copy(
        **part, CopySource={"Bucket": bucket, "Key": "services/one é"}, CopySourceRange="bytes=2-5"
    )
    parts = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(
        **{k: part[k] for k in ("Bucket", "Key", "UploadId")}, MultipartUpload={"Parts": parts}
    )

    assert s3.get_object(Bucket=bucket, Key="services/two")["Body"].read() == b"2345"


def test_web_pages_may_upload_parts_to_the_storage(s3_server):
    s3, bucket, origin = s3_server.client(), s3_server.bucket, "http://portal.example"
    ensure_cors_rules(s3, bucket, [origin])  # on Swift its configuration does it
    upload = s3.create_multipart_upload(Bucket=bucket, Key="services/three")["UploadId"]
    part = {"Bucket": bucket, "Key": "services/three", "UploadId": upload, "PartNumber": 1}
    url = s3.generate_presigned_url("upload_part", Params={**part, "ContentLength": 5})
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }

    with urllib.request.urlopen(urllib.request.Request(url, method="OPTIONS", headers=preflight)) as response:
        assert response.headers["Access-Control-Allow-Origin"] in {origin, "*"}
        assert "PUT" in response.headers["Access-Control-Allow-Methods"]
        assert "content-type" in response.headers["Access-Control-Allow-Headers"].lower()
    headers = {"Origin": origin, "Content-Type": "application/octet-stream"}
    with urllib.request.urlopen(
        urllib.request.Request(url, data=b"bytes", method="PUT", headers=headers)
    ) as response:
        assert response.headers["Access-Control-Allow-Origin"] in {origin, "*"}
        assert "etag" in response.headers["Access-Control-Expose-Headers"].lower()
    s3.abort_multipart_upload(Bucket=bucket, Key="services/three", UploadId=upload)


def test_media_have_the_formats_of_their_names(media):
    assert b"ftyp" in media.video.read_bytes()[:16]
    assert all(voice.read_bytes()[:4] == b"RIFF" for voice in (*media.voices, media.silence))
    assert media.voices[0].read_bytes() != media.voices[1].read_bytes()


def test_chromium_shows_a_page(page):
    page.set_content("<title>Grüße</title><p>नमस्ते")

    assert page.title() == "Grüße"
    assert page.inner_text("p") == "नमस्ते"


def test_settings_of_the_environment_do_not_reach_tests():
    environment = {"PATH": "/bin", "DATABASE_URL": "postgresql://mine", "S3_SECRET_KEY_FILE": "/secret"}

    assert without_settings(environment) == {"PATH": "/bin"}


def test_two_portals_share_nothing(stack):
    with stack.fresh() as one, stack.fresh() as other:
        assert one["DATA_DIR"] != other["DATA_DIR"]
        assert not list(Path(one["DATA_DIR"]).iterdir())
    assert not Path(one["DATA_DIR"]).exists()


def test_missing_programs_of_ceph_are_listed(monkeypatch, capsys):
    monkeypatch.setenv("PATH", os.devnull)

    assert with_rgw(["true"]) == 1
    assert "no ceph, ceph-authtool" in capsys.readouterr().err
