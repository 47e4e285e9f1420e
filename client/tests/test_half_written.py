from __future__ import annotations

import io
import json
import zipfile

import pytest

from dubbing_client.half_written import is_half_written


def box(name: bytes, data: bytes = b"") -> bytes:
    return (8 + len(data)).to_bytes(4, "big") + name + data


def workbook() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return data.getvalue()


MP4 = box(b"ftyp", b"isom") + box(b"mdat", bytes(100)) + box(b"moov", bytes(20))
DOCUMENT = json.dumps({"text": "नमस्ते", "n": [1.5, -1e-30, True, None], "x": "a\u0007"}).encode()


def test_every_beginning_of_a_json_document_is_half_written(tmp_path):
    place = tmp_path / "a.json"
    for length in range(1, len(DOCUMENT)):
        place.write_bytes(DOCUMENT[:length])
        assert is_half_written(place), DOCUMENT[:length]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", DOCUMENT),
        ("a.json", b""),
        ("a.json", b"12\n"),
        ("a.json", b'{"a": 1}}'),
        ("a.json", b"{'a': 1}"),
        ("a.json", b"\xff\xfe" + '{"a": 1}'.encode("utf-16-le")),
        ("a.txt", b'{"a": '),
        ("a.mp4", MP4),
        ("a.mp4", b""),
        ("a.mp4", b"no video"),
        ("a.mp4", box(b"ftyp") + box(b"moov") + b"\0\0\0\0mdat" + bytes(50)),
        ("a.xlsx", workbook()),
        ("a.xlsx", b"no workbook"),
    ],
)
def test_complete_and_foreign_files_are_not_half_written(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert not is_half_written(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", "नम".encode()[:-1]),
        ("a.mp4", MP4[:20]),
        ("a.m4a", MP4[:-1]),
        ("a.mov", box(b"ftyp") + box(b"mdat", bytes(9))),
        ("a.mp4", box(b"ftyp") + (1).to_bytes(4, "big") + b"mdat" + (10**6).to_bytes(8, "big")),
        ("a.xlsx", workbook()[:-30]),
    ],
)
def test_files_that_end_too_early_are_half_written(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert is_half_written(tmp_path / name)
