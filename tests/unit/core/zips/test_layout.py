from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.paths import PathError
from dubbing_core.zips.layout import (
    BlobMember,
    BlobRange,
    DeflatedMember,
    Layout,
    Literal,
    Member,
    TextMember,
    plan_archive,
)
from dubbing_core.zips.records import EXTRA_ALIGNMENT, LocalHeader, from_dos_timestamp, to_dos_timestamp
from tests.unit.core.zips.blobs import MODIFIED, Blobs, LayoutFile, zeros_crc32
from tests.unit.core.zips.sources import contents_of


def installed(**commands: str) -> dict[str, list[str]]:
    return {name: command.split() for name, command in commands.items() if shutil.which(command.split()[0])}


TESTS = installed(unzip="unzip -tqq", p7zip="7z t", seven_zip="7zz t")
READS = installed(unzip="unzip -pqq", p7zip="7z e -so", seven_zip="7zz e -so", bsdtar="bsdtar -xOf")
"""Commands that write the contents of all members to standard output, in order, and fail for a damaged one."""
names = st.lists(st.sampled_from(["audio", "नमस्ते", "a b", "Ünï", "x.wav", "日本"]), min_size=1, max_size=4)
contents = st.one_of(
    st.binary(max_size=50), st.integers(0, 200_000).map(lambda size: random.Random(size).randbytes(size))
)


@st.composite
def sessions(draw) -> tuple[Blobs, list[BlobMember | TextMember]]:
    blobs = Blobs()
    members: list[BlobMember | TextMember] = []
    for number, parts in enumerate(draw(st.lists(names, max_size=12))):
        name = "/".join([*parts, str(number)])
        data = draw(contents)
        if draw(st.booleans()):
            members.append(blobs.member(name, data))
        else:
            members.append(TextMember(name=name, data=data, modified=MODIFIED))
    return blobs, members


def data_of(blobs: Blobs, member: BlobMember | TextMember) -> bytes:
    return bytes(member.data) if isinstance(member, TextMember) else blobs.contents[member.sha256]


@given(session=sessions(), comment=st.binary(max_size=20).filter(lambda comment: b"PK" not in comment))
def test_layouts_have_the_planned_size_and_open_in_python(session, comment):
    blobs, members = session
    layout = plan_archive(members, comment=comment)

    data = blobs.bytes_of(layout.segments)

    assert len(data) == layout.size
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.comment == comment
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == [
            (member.name, data_of(blobs, member)) for member in members
        ]


@given(
    session=sessions().filter(lambda session: session[1]),
    comment=st.binary(max_size=20).filter(lambda comment: b"PK" not in comment),
)
@settings(max_examples=12)
def test_layouts_are_read_by_other_tools(session, comment):
    blobs, members = session
    whole = b"".join(data_of(blobs, member) for member in members)

    with TemporaryDirectory() as folder:
        path = Path(folder) / "session_export.zip"
        path.write_bytes(blobs.bytes_of(plan_archive(members, comment=comment).segments))
        for tool in TESTS:
            assert ran(*TESTS[tool], path) == 0, tool
        for tool in READS:
            assert output_of(*READS[tool], path) == whole, tool


@given(session=sessions(), draw=st.data())
def test_cuts_equal_slices_of_the_archive(session, draw):
    blobs, members = session
    layout = plan_archive(members)
    whole = blobs.bytes_of(layout.segments)
    start = draw.draw(st.integers(0, layout.size))
    end = draw.draw(st.integers(start, layout.size))

    segments = list(layout.cut(start, end))

    assert blobs.bytes_of(segments) == whole[start:end]
    assert sum(segment.size for segment in segments) == end - start
    assert all(segment.size for segment in segments)


@given(session=sessions())
def test_the_same_members_always_give_the_same_archive(session):
    _, members = session
    assert plan_archive(members) == plan_archive(list(members))
    assert plan_archive(members).etag == plan_archive(list(members)).etag


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 4), (0, 23)])
def test_a_cut_outside_the_archive_is_refused(start, end):
    with pytest.raises(ValueError, match="is not within"):
        plan_archive([]).cut(start, end)


def test_segments_are_neither_empty_nor_split_without_need():
    blobs = Blobs()
    sound = blobs.member("b.wav", b"sound")
    members: list[BlobMember | TextMember] = [
        TextMember(name="a.json", data=b"{}", modified=MODIFIED),
        blobs.member("empty.wav", b""),
        sound,
        blobs.member("again.wav", b"sound"),
    ]

    layout = plan_archive(members)

    assert [type(segment) for segment in layout.segments] == [Literal, BlobRange, Literal, BlobRange, Literal]
    assert layout.blobs == (sound.sha256,)


def test_the_etag_changes_with_every_byte():
    blobs = Blobs()
    one = plan_archive([blobs.member("a", b"1")])
    etags = {
        one.etag,
        plan_archive([blobs.member("b", b"1")]).etag,
        plan_archive([blobs.member("a", b"2")]).etag,
        plan_archive([blobs.member("a", b"1", MODIFIED + timedelta(seconds=2))]).etag,
        plan_archive([blobs.member("a", b"1")], comment=b"c").etag,
    }
    assert len(etags) == 5
    assert one.etag.startswith('"')
    assert one.etag.endswith('"')


def data_starts(layout: Layout) -> list[int]:
    starts, position = [], 0
    for segment in layout.segments:
        if isinstance(segment, BlobRange):
            starts.append(position)
        position += segment.size
    return starts


def virtual(name: str, size: int, crc32: int = 1) -> BlobMember:
    return BlobMember(name=name, sha256=f"{size:064x}", size=size, crc32=crc32, modified=MODIFIED)


@given(sizes=st.lists(st.integers(1, 1 << 34), min_size=1, max_size=20), name=st.integers(1, 200))
@settings(max_examples=200)
def test_data_of_large_members_is_aligned(sizes, name):
    members = [virtual(f"{'n' * name}{number}", size) for number, size in enumerate(sizes)]
    starts = data_starts(plan_archive(members))
    for member, start in zip(members, starts, strict=True):
        if member.size >= 4 * 1024 * 1024:
            assert start % 0x8000 == 0
        elif member.size >= 64 * 1024:
            assert start % 4096 == 0


@pytest.mark.parametrize("used", [0, 20])
def test_padding_is_on_64_kib_except_where_no_extra_field_is_that_long(used):
    small = 30 + 1 + 30 + 1  # two local headers, names of one letter
    size = 5 << 30 if used else 4 * 1024 * 1024
    for missing in range(65536):
        if 30 < missing < 65480 and missing % 1000:
            continue
        before = 65536 * 2 - small - used - missing
        starts = data_starts(plan_archive([virtual("s", before % 60_000 or 1), virtual("l", size)]))
        assert starts[1] % 0x8000 == 0
    # The small member ends three bytes before the boundary, which is less than the size of a field.
    layout = plan_archive([virtual("s", 65536 - 62 - used - 3), virtual("l", size)])
    assert data_starts(layout)[1] % 65536 in (0, 0x8000)


def test_small_members_are_not_padded():
    layout = plan_archive([virtual("a", 65535), virtual("b", 1)])
    assert data_starts(layout) == [31, 31 + 65535 + 31]


def test_padding_is_a_valid_extra_field():
    header = plan_archive([virtual("a", 65536)]).segments[0]
    assert isinstance(header, Literal)
    record = LocalHeader.parse(header.data)
    assert record is not None
    assert len(header.data) == 4096
    assert header.data[31:33] == EXTRA_ALIGNMENT.to_bytes(2, "little")
    assert header.data[35:37] == (4096).to_bytes(2, "little")


def test_members_over_4_gib_use_zip64_only_where_needed():
    layout = plan_archive(
        [
            virtual("small", 100, 5),
            virtual("large", 5 << 30, 6),
            virtual("exactly", 0xFFFFFFFF, 7),
            virtual("far", 10, 8),
        ]
    )
    with zipfile.ZipFile(LayoutFile(layout)) as archive:
        infos = archive.infolist()
    assert [(info.filename, info.file_size, info.CRC) for info in infos] == [
        ("small", 100, 5),
        ("large", 5 << 30, 6),
        ("exactly", 0xFFFFFFFF, 7),
        ("far", 10, 8),
    ]
    assert [info.extract_version for info in infos] == [20, 45, 45, 45]
    assert [len(info.extra) for info in infos] == [0, 20, 28, 12]


def test_members_of_hundreds_of_gib_are_planned_quickly():
    layout = plan_archive([virtual(f"take{number}.mp4", 400 << 30) for number in range(30)])
    assert layout.size > 30 * (400 << 30)
    assert sum(segment.size for segment in layout.segments if isinstance(segment, Literal)) < 30 * 70_000


@pytest.mark.large
@pytest.mark.parametrize(("count", "end64"), [(65_534, False), (65_535, True), (65_600, True)])
def test_many_members_open_in_python(count, end64):
    blobs = Blobs()
    layout = plan_archive([blobs.member(f"{number}.wav", b"") for number in range(count)])
    data = blobs.bytes_of(layout.segments)
    assert len(zipfile.ZipFile(io.BytesIO(data)).infolist()) == count
    assert (b"PK\x06\x07" in data) is end64


def test_unzip_restores_sane_permissions_and_names():
    blobs = Blobs()
    layout = plan_archive([blobs.member("ऑडियो/a.wav", b"x"), blobs.member("b.wav", b"x")])
    first, second = zipfile.ZipFile(io.BytesIO(blobs.bytes_of(layout.segments))).infolist()
    assert first.create_system == 3
    assert first.external_attr >> 16 == 0o100644
    assert (first.flag_bits, second.flag_bits) == (0x800, 0)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # numbers, from the year on


@pytest.mark.parametrize(
    ("moment", "stored"),
    [
        (at(2025, 8, 3, 18, 11, 3, 999_999), at(2025, 8, 3, 18, 11, 2)),
        (at(2025, 8, 3, 18, 11, 2).replace(tzinfo=None), at(2025, 8, 3, 18, 11, 2)),
        (at(2025, 8, 3, 0, 30).replace(tzinfo=timezone(timedelta(hours=5.5))), at(2025, 8, 2, 19)),
        (at(1970, 1, 1), at(1980, 1, 1)),
        (at(1, 1, 1).replace(tzinfo=timezone(timedelta(hours=5))), at(1980, 1, 1)),
        (at(2107, 12, 31, 23, 59, 59), at(2107, 12, 31, 23, 59, 58)),
        (at(9999, 1, 1), at(2107, 12, 31, 23, 59, 58)),
    ],
)
def test_timestamps_are_rounded_to_dos_time(moment, stored):
    assert from_dos_timestamp(*to_dos_timestamp(moment)) == stored


def test_invalid_dos_words_give_none():
    assert from_dos_timestamp(0, 0) is None


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "C:x", "a\\b", "folder/", "", "nul", "a\0"])
def test_unsafe_names_are_refused(name):
    with pytest.raises(PathError):
        plan_archive([virtual(name, 1)])


@pytest.mark.parametrize("pair", [("a", "a"), ("a", "A"), ("é", "e\u0301"), ("a", "a/b")])
def test_colliding_names_are_refused(pair):
    with pytest.raises(ValueError, match="Rename one"):
        plan_archive([virtual(name, 1) for name in pair])


@pytest.mark.parametrize(("size", "crc32"), [(-1, 0), (1 << 63, 0), (0, 1), (1, -1), (1, 1 << 32)])
def test_impossible_members_are_refused(size, crc32):
    with pytest.raises(ValueError, match=r"is not the CRC-32|cannot have"):
        plan_archive([BlobMember(name="a", sha256="0" * 64, size=size, crc32=crc32, modified=MODIFIED)])


@pytest.mark.parametrize("comment", [bytes(65536), b"..PK\x05\x06..", b"PK\x06\x06", b"PK\x06\x07"])
def test_invalid_comments_are_refused(comment):
    with pytest.raises(ValueError, match="comment"):
        plan_archive([], comment=comment)


def ran(*command: str | Path) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def output_of(*command: str | Path) -> bytes:
    return subprocess.run(command, capture_output=True, check=True).stdout


# -- Beyond 4 GiB, beyond 65,535 ------------------------------------------------------------------------------------------

GIB = 1 << 30
FAR: list[BlobMember | TextMember] = [
    TextMember(name="metadata.json", data=b"{}", modified=MODIFIED),
    virtual("original_video.mp4", 4 * GIB + 1, zeros_crc32(4 * GIB + 1)),
    virtual("audio/हिन्दी.wav", 70_000, zeros_crc32(70_000)),
    TextMember(name="behind.txt", data=b"behind 4 GiB", modified=MODIFIED),
]


@pytest.fixture(scope="module")
def far_archive(tmp_path_factory) -> Path:
    """An archive with a member over 4 GiB and members whose headers are beyond it, as a sparse file."""
    path: Path = tmp_path_factory.mktemp("far") / "session_export.zip"
    layout = plan_archive(FAR)
    with path.open("wb") as file:
        for segment in layout.segments:
            if isinstance(segment, Literal):
                file.write(segment.data)
            else:
                file.seek(segment.size, os.SEEK_CUR)
    assert path.stat().st_size == layout.size
    assert path.stat().st_blocks * 512 < 1024 * 1024
    return path


@pytest.mark.large
def test_python_reads_members_beyond_4_gib(far_archive):
    with zipfile.ZipFile(far_archive) as archive:
        assert [info.file_size for info in archive.infolist()] == [2, 4 * GIB + 1, 70_000, 12]
        assert archive.infolist()[3].header_offset > 4 * GIB
        assert archive.read("behind.txt") == b"behind 4 GiB"
        assert archive.read("audio/हिन्दी.wav") == bytes(70_000)


@pytest.mark.large
@pytest.mark.parametrize("tool", READS)
def test_other_tools_read_members_beyond_4_gib(far_archive, tool):
    assert output_of(*READS[tool], far_archive, "behind.txt") == b"behind 4 GiB"
    assert output_of(*READS[tool], far_archive, "metadata.json") == b"{}"


@pytest.mark.large
@pytest.mark.parametrize("tool", [tool for tool in TESTS if tool != "unzip"])  # unzip takes 45 seconds
def test_other_tools_read_a_member_over_4_gib(far_archive, tool):
    assert ran(*TESTS[tool], far_archive) == 0


@pytest.mark.large
def test_other_tools_read_more_than_65535_members(tmp_path):
    members = [
        TextMember(name=f"{number}.srt", data=b"%d\n" % number, modified=MODIFIED) for number in range(65_600)
    ]
    path = tmp_path / "session_export.zip"
    path.write_bytes(Blobs().bytes_of(plan_archive(members).segments))

    for tool in READS:
        assert output_of(*READS[tool], path) == b"".join(member.data for member in members), tool


def test_deflated_members_are_literals_of_the_layout():
    data = "1\n00:00:00,000 --> 00:00:01,000\nनमस्ते\n\n".encode() * 500
    blobs = Blobs()
    members: list[Member] = [
        DeflatedMember.from_data("translations/hi.srt", data, modified=MODIFIED),
        blobs.member("audio/hi.wav", b"x" * 100_000),
        DeflatedMember.from_data("empty.json", b"", modified=MODIFIED),
    ]

    layout = plan_archive(members)

    whole = blobs.bytes_of(layout.segments)
    assert len(whole) == layout.size < 100_000 + len(data)
    assert layout.etag == plan_archive(members).etag
    assert whole[10:5000] == blobs.bytes_of(layout.cut(10, 5000))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert archive.read("translations/hi.srt") == data
        methods = [info.compress_type for info in archive.infolist()]
    assert methods == [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
    assert contents_of(whole)["translations/hi.srt"] == data
