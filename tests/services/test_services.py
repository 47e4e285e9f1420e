"""What tests rely on when they ask for a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
import redis

from sessions_app.storage.s3.bucket import allow_origins
from tests.services.processes import ROOT, Service, ServiceError
from tests.services.rgw import main as with_rgw
from tests.services.stacks import without_settings

HOLDER = """
import pathlib, sys, time
from tests.services.processes import Service
service = Service("sleep", ["sleep", "60"], log=pathlib.Path(sys.argv[1]))
print(service.process.pid, flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    """Say whether a process is there and no zombie, which an orphan is until the system collects it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_server_ends_with_the_session_that_was_killed(tmp_path):
    session = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "log"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert session.stdout
    with session.stdout as said:
        server = int(said.readline())
    assert is_running(server)

    session.send_signal(signal.SIGKILL)
    session.wait()

    deadline = time.monotonic() + 10
    while is_running(server) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(server)


def test_a_server_that_cannot_start_says_why(tmp_path):
    service = Service("Shell", ["sh", "-c", "echo no disk left; exit 3"], log=tmp_path / "log")

    with pytest.raises(ServiceError, match=r"Shell ended with status 3\.\nno disk left"):
        service.wait_until(lambda: False)


def test_a_server_that_is_never_ready_is_ended(tmp_path):
    service = Service("Sleep", ["sleep", "60"], log=tmp_path / "log")

    with pytest.raises(ServiceError, match=r"Sleep was not ready after 0\.1 s"):
        service.wait_until(lambda: False, timeout=0.1)
    assert not service.is_running


def test_the_broker_keeps_its_messages_over_a_restart_and_can_be_emptied(valkey):
    valkey.client().rpush("queue", "message")

    valkey.restart()
    assert valkey.client().lrange("queue", 0, -1) == [b"message"]

    valkey.flushall()
    assert valkey.client().lrange("queue", 0, -1) == []


def test_a_killed_broker_does_not_answer_until_it_is_restarted(valkey):
    valkey.kill()
    with pytest.raises(redis.ConnectionError):
        valkey.client().ping()

    valkey.restart()
    assert valkey.client().ping()


def test_a_database_is_empty_and_gone_afterwards_even_if_somebody_holds_it(postgres):
    with postgres.database() as url:
        name = url.rsplit("/", 1)[1]
        held = postgres.connect(name)
        held.execute("CREATE TABLE anything ()")
    with held, pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        postgres.connect(name)


def test_the_storage_joins_parts_that_it_copies(s3_server):
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


def test_web_pages_may_send_parts_to_the_storage_and_read_its_answer(s3_server):
    s3, bucket, origin = s3_server.client(), s3_server.bucket, "http://portal.example"
    allow_origins(s3, bucket, [origin])  # Swift is told by its own configuration
    upload = s3.create_multipart_upload(Bucket=bucket, Key="services/three")["UploadId"]
    part = {"Bucket": bucket, "Key": "services/three", "UploadId": upload, "PartNumber": 1}
    url = s3.generate_presigned_url("upload_part", Params={**part, "ContentLength": 5})
    asks = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }

    with urllib.request.urlopen(urllib.request.Request(url, method="OPTIONS", headers=asks)) as may:
        assert may.headers["Access-Control-Allow-Origin"] in {origin, "*"}
        assert "PUT" in may.headers["Access-Control-Allow-Methods"]
        assert "content-type" in may.headers["Access-Control-Allow-Headers"].lower()
    sends = {"Origin": origin, "Content-Type": "application/octet-stream"}
    with urllib.request.urlopen(
        urllib.request.Request(url, data=b"bytes", method="PUT", headers=sends)
    ) as sent:
        assert sent.headers["Access-Control-Allow-Origin"] in {origin, "*"}
        assert "etag" in sent.headers["Access-Control-Expose-Headers"].lower()
    s3.abort_multipart_upload(Bucket=bucket, Key="services/three", UploadId=upload)


def test_media_are_what_they_are_called(media):
    assert b"ftyp" in media.video.read_bytes()[:16]
    assert all(voice.read_bytes()[:4] == b"RIFF" for voice in (*media.voices, media.silence))
    assert media.voices[0].read_bytes() != media.voices[1].read_bytes()


def test_chromium_shows_a_page(page):
    page.set_content("<title>Grüße</title><p>नमस्ते")

    assert page.title() == "Grüße"
    assert page.inner_text("p") == "नमस्ते"


def test_what_somebody_has_set_for_their_portal_does_not_reach_tests():
    mine = {"PATH": "/bin", "DATABASE_URL": "postgresql://mine", "S3_SECRET_KEY_FILE": "/secret"}

    assert without_settings(mine) == {"PATH": "/bin"}


def test_a_fresh_portal_shares_nothing_with_another(stack):
    with stack.fresh() as one, stack.fresh() as other:
        assert one["DATA_DIR"] != other["DATA_DIR"]
        assert not list(Path(one["DATA_DIR"]).iterdir())
    assert not Path(one["DATA_DIR"]).exists()


def test_ceph_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setenv("PATH", os.devnull)

    assert with_rgw(["true"]) == 1
    assert "no ceph, ceph-authtool" in capsys.readouterr().err
