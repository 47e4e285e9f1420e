"""The benchmarks over HTTP and S3 run, on small media. No durations are asserted."""

from __future__ import annotations

import pytest

from bench import rclone
from bench.contest import Bench
from bench.works import client, client_small, http, s3, zip_plans

MIB = 1024 * 1024

pytestmark = [pytest.mark.large, pytest.mark.slow]


@pytest.fixture
def bench(tmp_path):
    session = tmp_path / "session"
    (session / "audio").mkdir(parents=True)
    (session / "talk.mp4").write_bytes(bytes(range(256)) * (12 * MIB // 256))
    (session / "audio" / "hi_audio.wav").write_bytes(b"hi audio" * 10_000)
    (session / "transcriptions").mkdir()
    (session / "transcriptions" / "original_asr.json").write_bytes(b'{"take": 0}')
    return Bench(session=session, folder=tmp_path, rounds=1)


def test_http(bench, monkeypatch):
    monkeypatch.setattr(http, "MANY", 20)
    monkeypatch.setattr(http, "REQUESTS", 3)

    rows = list(http.rows(bench))

    assert [row.against for row in rows] == [
        "zipstream-ng",
        "first byte",
        "last 10 MB by Range",
        "first byte of 20 files",
        "memory, 0.0 GB",
    ]
    assert all((row.ratio or 0) > 0 or row.value is not None for row in rows)


def test_zip_plans(bench, monkeypatch):
    monkeypatch.setattr(zip_plans, "COUNT", 300)
    monkeypatch.setattr(zip_plans, "REQUESTS", 3)

    rows = list(zip_plans.rows(bench))

    assert [row.against for row in rows] == [
        "first HEAD",
        "the slowest of 6 HEADs at once",
        "100 bytes by Range",
        "peak memory beyond idle",
        "plan on the disk",
    ]
    assert all(row.is_reached is not False for row in rows)


def test_client(bench, monkeypatch):
    monkeypatch.setattr(rclone, "find", lambda: None)  # its ratio has a target, which small media miss

    rows = list(client.rows(bench))

    assert {"save of an unchanged folder", "client: save", "client: load"} <= {row.work for row in rows}
    assert all((row.ratio or 0) > 0 or (row.value is not None and row.is_reached) for row in rows)


def test_small_files(bench, monkeypatch):
    monkeypatch.setattr(client_small, "SMALL_COUNT", 0)

    rows = list(client_small.rows(bench))

    requests = {row.work: row.value or 0 for row in rows if row.against == "requests"}
    assert requests["save of 1 changed files of 50"] <= requests["save of 50 changed files of 50"] < 20


def test_s3(bench, monkeypatch):
    monkeypatch.setattr(s3, "LONG", 2)

    rows = list(s3.rows(bench))

    assert [row.against.partition(",")[0] for row in rows] == [
        *["streaming"] * 2,
        *["bytes sent", "bytes read", "memory"] * 2,
    ]
    sent = [row.value or 0 for row in rows if row.against.startswith("bytes sent")]
    assert all(0 < share < 60 for share in sent)
