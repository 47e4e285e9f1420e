from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from dubbing_core import checksum_manifest
from dubbing_core.checksum_manifest import ChecksumEntry, ChecksumManifest, ChecksumManifestError
from dubbing_core.labels import LabelAuthor, Role

MEMBERS = [
    ChecksumEntry(path="metadata.json", size=2, sha256="b" * 64),
    ChecksumEntry(path="audio/आ.wav", size=5, sha256="a" * 64, category="audio", language="hi"),
    ChecksumEntry(
        path='a"\u2028 \x7f.txt',
        size=0,
        sha256="c" * 64,
        category="other",
        origin="out/é.txt",
        role=Role.REPORT,
        labeled_by=LabelAuthor.PERSON,
        is_executable=True,
        mtime_ns=1_754_244_662_123_456_789,
    ),
]


def rendered() -> bytes:
    text = checksum_manifest.render_checksum_manifest(
        MEMBERS,
        session="talk",
        version=3,
        saved_at=datetime(2025, 8, 3, 18, 11, 2, 123456, tzinfo=UTC),
        message="Better Hindi",
        fingerprint="f" * 64,
        selection={"layout": "saved"},
        empty_folders=["out/tmp"],
    )
    return bytes(text)


def test_every_member_is_listed_with_its_digest():
    document = json.loads(rendered())

    assert document["members"][1] == {
        "path": "audio/आ.wav",
        "size": 5,
        "sha256": "a" * 64,
        "category": "audio",
        "language": "hi",
    }
    assert (document["format"], document["session"], document["version"]) == (1, "talk", 3)
    assert document["saved_at"] == "2025-08-03T18:11:02.123456+00:00"
    assert "आ".encode() in rendered()


def test_the_text_is_that_of_a_json_library():
    document = json.loads(rendered())

    assert rendered().decode() == json.dumps(document, ensure_ascii=False, indent=1)


def test_parsing_returns_the_rendered_members():
    assert checksum_manifest.parse_checksum_manifest(rendered()) == ChecksumManifest(
        members={member.path: member for member in MEMBERS},
        empty_folders=("out/tmp",),
        is_as_saved=True,
    )


def test_a_role_of_a_newer_portal_is_ignored():
    document = json.loads(rendered())
    document["members"][2]["role"] = "hologram"

    parsed = checksum_manifest.parse_checksum_manifest(json.dumps(document).encode())

    assert parsed.members[MEMBERS[2].path].role is Role.NONE


def test_unknown_keys_are_ignored():
    document = json.loads(rendered())
    document["signature"] = "x"
    document["members"][0]["colour"] = "red"

    assert checksum_manifest.parse_checksum_manifest(json.dumps(document).encode()).members.keys() == {
        "metadata.json",
        "audio/आ.wav",
        'a"\u2028 \x7f.txt',
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"members": 5}',
        b'{"members": [5]}',
        b'{"members": [{"path": "a"}]}',
        b'{"members": [{"path": 1, "sha256": "a", "size": 1}]}',
        b'{"members": [{"path": "a", "sha256": "a", "size": "1"}]}',
        b'{"members": [{"path": "a", "sha256": "a", "size": 1, "executable": 1}]}',
        b'{"members": [{"path": "a", "sha256": "a", "size": 1, "mtime_ns": 1.5}]}',
        b'{"members": [{"path": "a", "sha256": "a", "size": 1, "role": []}]}',
        b'{"members": [], "empty_folders": [5]}',
        b'{"members": [], "selection": []}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_damaged_manifests_are_refused(data: bytes):
    with pytest.raises(ChecksumManifestError, match=r"manifest\.json in this ZIP is damaged\. .*\.$"):
        checksum_manifest.parse_checksum_manifest(data)
