"""The benchmarks run, on very little; what they find here tells nothing."""

from __future__ import annotations

import pytest

from bench.contest import Bench
from bench.works import http, s3

MIB = 1024 * 1024

pytestmark = [pytest.mark.one_stack, pytest.mark.slow]


@pytest.fixture
def bench(tmp_path):
    session = tmp_path / "session"
    (session / "audio").mkdir(parents=True)
    (session / "talk.mp4").write_bytes(bytes(range(256)) * (12 * MIB // 256))
    (session / "audio" / "hi_audio.wav").write_bytes(b"hi audio" * 10_000)
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


def test_s3(bench, monkeypatch):
    monkeypatch.setattr(s3, "LONG", 2)

    rows = list(s3.rows(bench))

    assert [row.against.partition(",")[0] for row in rows] == [
        *["streaming"] * 2,
        *["bytes sent", "bytes read", "memory"] * 2,
    ]
    sent = [row.value or 0 for row in rows if row.against.startswith("bytes sent")]
    assert all(0 < share < 60 for share in sent)
