"""Valid archives, including unusual ones that common programs write: each must be read."""

from __future__ import annotations

import io
import random
import shutil
import struct
import subprocess
import time
import tracemalloc
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given

from dubbing_core.zips.layout import BlobMember, TextMember, plan_archive
from dubbing_core.zips.reader import Archive, ArchiveLimits, ZipError, read_archive
from dubbing_core.zips.records import (
    DEFLATED,
    EXTRA_UNICODE_PATH,
    EXTRA_ZIP64,
    SENTINEL16,
    SENTINEL32,
    pack_extra,
    pack_zip64,
)
from tests.unit.core.zips.blobs import MODIFIED, Blobs, zeros_crc32
from tests.unit.core.zips.forge import File, deflate, forge
from tests.unit.core.zips.sources import BytesSource, LayoutSource, archive_of, contents_of
from tests.unit.core.zips.test_layout import data_of, sessions

HELLO = zlib.crc32(b"hello")
TREE = {"metadata.json": b"{}", "audio/a.wav": bytes(50_000), "अनुवाद/हिन्दी.json": b"[]" * 300, "empty": b""}


class Pipe(io.RawIOBase):
    """What a streaming writer writes to: it cannot go back."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.data += data
        return len(data)


@given(session=sessions())
def test_planned_archives_are_read_back(session):
    blobs, members = session
    data = blobs.bytes_of(plan_archive(members).segments)

    archive = archive_of(data)

    assert [(found.name, b"".join(archive.open(found))) for found in archive.members] == [
        (member.name, data_of(blobs, member)) for member in members
    ]
    assert archive.total_size == sum(len(data_of(blobs, member)) for member in members)
    for found in archive.files:
        assert found.is_stored
        assert data[found.data_start : found.data_start + found.size] == b"".join(archive.open(found))


def test_members_have_the_values_of_the_directory():
    [member] = archive_of(forge(File(method=DEFLATED, data=bytes(1000)))).members
    assert (member.name, member.size, member.method) == ("a.txt", 1000, 8)
    assert member.crc32 == zlib.crc32(bytes(1000))
    assert member.compressed_size == len(deflate(bytes(1000)))
    assert member.modified == datetime(1980, 1, 1, tzinfo=UTC)
    assert not member.is_stored
    assert not member.is_directory


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("large", [False, True])
def test_archives_of_python_are_read(method, streamed, large):
    file = Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.mkdir("audio") if hasattr(archive, "mkdir") else archive.writestr("audio/", b"")
        for name, data in TREE.items():
            with archive.open(name, "w", force_zip64=large) as member:
                member.write(data)
        archive.comment = b"made by a test"
    data = bytes(file.data) if isinstance(file, Pipe) else file.getvalue()

    assert contents_of(data) == {"audio/": b"", **TREE}


@pytest.mark.parametrize(
    "command",
    [
        command
        for command in (
            ["zip", "-qr", "-"],
            ["zip", "-q0r", "-"],
            ["zip", "-qr", "../made.zip"],
            ["zip", "-qXDr", "../made.zip"],
            ["zip", "-qrfz", "../made.zip"],
            ["zip", "-qrfd", "../made.zip"],
            ["zip", "-qr9", "../made.zip"],
            ["7z", "a", "-bd", "-tzip", "-so", "x"],
            ["7z", "a", "-bd", "-mtc=on", "../made.zip"],
            ["7z", "a", "-bd", "-mx0", "-mcu=on", "../made.zip"],
            ["jar", "-cMf", "../made.zip"],
            # Write into a file: into a pipe bsdtar pads to whole tape blocks.
            ["bsdtar", "-cf", "../made.zip", "--format", "zip"],
            [
                "bsdtar",
                "-cf",
                "../made.zip",
                "--format",
                "zip",
                "--options",
                "zip:compression=store,zip:zip64",
            ],
        )
        if shutil.which(command[0])
    ],
    ids=" ".join,
)
def test_archives_of_other_tools_are_read(command, tmp_path):
    folder = tmp_path / "tree"
    for name, data in TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    # Name the files: for “.” bsdtar adds a folder of that name to the archive.
    heads = sorted({name.partition("/")[0] for name in TREE})
    done = subprocess.run([*command, *heads], cwd=folder, capture_output=True, check=True)

    made = tmp_path / "made.zip"
    found = contents_of(made.read_bytes() if made.exists() else done.stdout)
    assert {name: data for name, data in found.items() if not name.endswith("/")} == TREE


def test_a_silent_recording_is_not_refused_as_a_bomb():
    silence = bytes(10 * 60 * 48_000 * 2)
    data = forge(File(name=b"audio/silence.wav", method=DEFLATED, data=silence))
    assert len(silence) > 1000 * len(data)

    archive = archive_of(data)

    assert sum(len(chunk) for chunk in archive.open(archive.members[0])) == len(silence)


def descriptor(form: str, *signature: bytes) -> bytes:
    return struct.pack(form, *signature, HELLO, 5, 5)


def unicode_path(name: bytes, path: str) -> bytes:
    return pack_extra(EXTRA_UNICODE_PATH, struct.pack("<BI", 1, zlib.crc32(name)) + path.encode())


ACCEPTED = {
    "Finder: UTF-8 without the flag": (File(name="हिन्दी.txt".encode()), "हिन्दी.txt"),
    "descriptor": (File(flags=8, descriptor=descriptor("<3I")), "a.txt"),
    "descriptor with signature": (File(flags=8, descriptor=descriptor("<4s3I", b"PK\7\x08")), "a.txt"),
    "descriptor of 64 bits": (File(flags=8, descriptor=descriptor("<I2Q")), "a.txt"),
    "descriptor of 64 bits with signature": (
        File(flags=8, descriptor=descriptor("<4sI2Q", b"PK\7\x08")),
        "a.txt",
    ),
    "descriptor that repeats the header": (
        File(flags=8, local={"size": 5, "compressed_size": 5, "crc32": HELLO}, descriptor=descriptor("<3I")),
        "a.txt",
    ),
    "descriptor and ZIP64 with zeros": (
        File(
            flags=8,
            local={"size": SENTINEL32, "compressed_size": SENTINEL32},
            local_extra=pack_zip64(0, 0),
            descriptor=descriptor("<4sI2Q", b"PK\7\x08"),
        ),
        "a.txt",
    ),
    "ZIP64 where it is not needed": (
        File(
            local={"size": SENTINEL32, "compressed_size": SENTINEL32},
            local_extra=pack_zip64(5, 5),
            central={"size": SENTINEL32, "compressed_size": SENTINEL32, "offset": SENTINEL32},
            central_extra=pack_zip64(5, 5, 0),
        ),
        "a.txt",
    ),
    "Commons Compress: ZIP64 for the disk too": (
        File(
            central={"size": SENTINEL32, "compressed_size": SENTINEL32, "disk": SENTINEL16},
            central_extra=pack_extra(EXTRA_ZIP64, struct.pack("<2QI", 5, 5, 0)),
        ),
        "a.txt",
    ),
    "local ZIP64 field beside sizes that fit": (File(local_extra=pack_zip64(5, 5)), "a.txt"),
    "local ZIP64 field of one size": (
        File(local={"compressed_size": SENTINEL32}, local_extra=pack_zip64(5)),
        "a.txt",
    ),
    "entry comment": (File(comment="टिप्पणी".encode()), "a.txt"),
    "Info-ZIP: timestamps and owners": (
        File(
            local_extra=pack_extra(0x5455, bytes(9)) + pack_extra(0x7875, bytes(11)),
            central_extra=pack_extra(0x5455, bytes(5)) + pack_extra(0x7875, bytes(11)),
        ),
        "a.txt",
    ),
    "NTFS timestamps": (File(central_extra=pack_extra(0x000A, bytes(32))), "a.txt"),
    "zipalign: stray zeros": (File(local_extra=bytes(3), central_extra=bytes(11)), "a.txt"),
    "WinRAR: placeholder and Unicode Path": (
        File(
            name=b"__.txt",
            local_extra=unicode_path(b"__.txt", "日本.txt"),
            central_extra=unicode_path(b"__.txt", "日本.txt"),
        ),
        "日本.txt",
    ),
    "code page and Unicode Path": (
        File(
            name=b"\x84.txt",
            local_extra=unicode_path(b"\x84.txt", "ä.txt"),
            central_extra=unicode_path(b"\x84.txt", "ä.txt"),
        ),
        "ä.txt",
    ),
    "Unicode Path with the same name": (File(local_extra=unicode_path(b"a.txt", "a.txt")), "a.txt"),
    "central Unicode Path with the same name": (
        File(central_extra=unicode_path(b"a.txt", "a.txt")),
        "a.txt",
    ),
    "WinZip: Unicode Comment": (
        File(central_extra=pack_extra(0x6375, b"\1\0\0\0\0c"), comment=b"c"),
        "a.txt",
    ),
    "Office: room to grow in the local header": (File(local_extra=pack_extra(0xA220, bytes(600))), "a.txt"),
    "Java: JAR marker": (File(local_extra=b"\xfe\xca\0\0", central_extra=b"\xfe\xca\0\0"), "a.txt"),
    "libarchive: its own local field": (
        File(local_extra=pack_extra(0x6C78, b"\x0f\0\3\0\0\xa4\x81")),
        "a.txt",
    ),
    "Go: 64-bit descriptor without a ZIP64 field": (
        File(
            flags=8,
            method=DEFLATED,
            descriptor=struct.pack("<4sI2Q", b"PK\7\x08", HELLO, len(deflate(b"hello")), 5),
        ),
        "a.txt",
    ),
    "stream-zip: ZIP64 zeros in the local header alone": (
        File(
            flags=8,
            local={"size": SENTINEL32, "compressed_size": SENTINEL32},
            local_extra=pack_zip64(0, 0),
            central={"size": SENTINEL32, "compressed_size": SENTINEL32},
            central_extra=pack_zip64(5, 5),
            descriptor=descriptor("<4sI2Q", b"PK\7\x08"),
        ),
        "a.txt",
    ),
    "Finder: from a FAT disk, all bits of the mode": (
        File(mode=0o100777, central={"version_made_by": 0x0315}),
        "a.txt",
    ),
    "Darwin's own host number": (File(central={"version_made_by": 19 << 8 | 20}), "a.txt"),
    "Windows: no mode": (File(mode=0, central={"version_made_by": 20}), "a.txt"),
    "another host's attributes": (File(mode=0o040000, central={"version_made_by": 20}), "a.txt"),
    "no date": (File(central={"dos_date": 0}, local={"dos_date": 0}), "a.txt"),
    "other date in the local header": (File(local={"dos_date": 0x5000}), "a.txt"),
    "compression level flags": (File(flags=6, method=DEFLATED), "a.txt"),
    "stored nested archive": (File(data=forge(File(name=b"inside"))), "a.txt"),
}


@pytest.mark.parametrize(("file", "name"), ACCEPTED.values(), ids=ACCEPTED)
def test_unusual_but_valid_members_are_read(file, name):
    data = forge(File(name=b"first"), file, File(name=b"last"))
    if file.central.get("offset"):
        data = forge(file)
    assert contents_of(data)[name] == file.data


LARGE = {"size": SENTINEL32, "compressed_size": SENTINEL32}
ALL_VALUES = pack_extra(EXTRA_ZIP64, struct.pack("<3QI", 5, 5, 0, 0))
REDUNDANT = {
    "offset that the header has": File(
        local=LARGE, local_extra=pack_zip64(5, 5), central=LARGE, central_extra=pack_zip64(5, 5, 0)
    ),
    "offset and disk that the header has": File(
        local=LARGE, local_extra=pack_zip64(5, 5), central=LARGE, central_extra=ALL_VALUES
    ),
    "all values that the header has": File(central_extra=ALL_VALUES),
    "both sizes that the header has": File(central_extra=pack_zip64(5, 5)),
    "size that the header has": File(local_extra=pack_zip64(5), central_extra=pack_zip64(5)),
    "compressed size that the header has": File(central={"size": SENTINEL32}, central_extra=pack_zip64(5, 5)),
    "offset in the local header": File(
        local=LARGE, local_extra=pack_zip64(5, 5, 0), central=LARGE, central_extra=ALL_VALUES
    ),
    "empty fields": File(local_extra=pack_zip64(), central_extra=pack_zip64()),
    "private fields twice": File(
        local_extra=pack_extra(0x7801, b"\7\0") + pack_extra(0x7801, b"\x08\0"),
        central_extra=pack_extra(0x7801, b"\7\0") + pack_extra(0x7801, b"\x08\0"),
    ),
    "timestamps twice": File(
        local_extra=pack_extra(0x5455, bytes(5)) * 2, central_extra=pack_extra(0x5455, bytes(5)) * 2
    ),
}


@pytest.mark.parametrize("end64", [None, {}], ids=["16 bits", "64 bits"])
@pytest.mark.parametrize("file", REDUNDANT.values(), ids=REDUNDANT)
def test_redundant_but_consistent_details_are_accepted(file, end64):
    counts = {} if end64 is None else {"entries": SENTINEL16, "disk_entries": SENTINEL16}
    data = forge(file, end64=end64, end=counts)

    assert contents_of(data) == {"a.txt": b"hello"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("a.txt") == b"hello"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (File(name=b"audio/", data=b""), "audio/"),
        (File(name=b"audio/", data=b"", mode=0o040755), "audio/"),
        (File(name=b"audio/", data=b"", mode=0, central={"version_made_by": 20}), "audio/"),
        # Java deflates the empty contents of a folder.
        (File(name=b"audio/", data=b"", method=DEFLATED), "audio/"),
        (File(name=b"audio/", data=b"", method=DEFLATED, compressed=b""), "audio/"),
        (File(name=b"audio/", data=b"", flags=8, descriptor=bytes(12)), "audio/"),
    ],
)
def test_folder_members_are_read(file, name):
    archive = archive_of(forge(file, File(name=b"audio/a.wav")))
    folder, member = archive.members
    assert (folder.name, folder.is_directory, folder.size) == (name, True, 0)
    assert archive.files == (member,)


@pytest.mark.parametrize(
    ("end", "end64"),
    [
        ({}, {}),
        ({"entries": SENTINEL16, "disk_entries": SENTINEL16}, {}),
        ({"directory_size": SENTINEL32, "directory_offset": SENTINEL32}, {}),
    ],
)
def test_consistent_zip64_end_records_are_accepted(end, end64):
    assert contents_of(forge(File(), end=end, end64=end64)) == {"a.txt": b"hello"}


def test_zero_disks_in_the_zip64_locator_are_accepted():
    assert contents_of(forge(File(), locator={"disks": 0})) == {"a.txt": b"hello"}


def test_the_directory_can_be_in_any_order():
    first, second = File(name=b"a"), File(name=b"b")
    straight = forge(first, second)
    middle = straight.index(b"PK\x01\x02")
    end = len(straight) - 22
    half = (end - middle) // 2
    data = (
        straight[:middle] + straight[middle + half : end] + straight[middle : middle + half] + straight[end:]
    )
    assert [member.name for member in archive_of(data).members] == ["b", "a"]


def finder(name: str, data: bytes) -> File:
    """A member as macOS's Archive Utility streams it."""
    payload = deflate(data)
    return File(
        name=name.encode(),
        data=data,
        method=DEFLATED,
        flags=8,
        local={"version_needed": 20},
        central={"version_made_by": 0x0315},
        local_extra=pack_extra(0x5855, bytes(12)),
        central_extra=pack_extra(0x5855, bytes(8)),
        descriptor=struct.pack("<4s3I", b"PK\7\x08", zlib.crc32(data), len(payload), len(data)),
    )


def test_archives_of_finder_are_read():
    folder = File(name=b"talk/", data=b"", mode=0o040755, local_extra=pack_extra(0x5855, bytes(12)))
    names = ["talk/a.wav", "talk/e\u0301.wav", "__MACOSX/talk/._a.wav", "talk/.DS_Store"]
    data = forge(folder, *(finder(name, name.encode() * 100) for name in names))

    assert [member.name for member in archive_of(data).files] == names[:2]
    assert contents_of(data)["talk/a.wav"] == b"talk/a.wav" * 100


def test_comments_of_any_length_are_accepted():
    assert contents_of(forge(File(), comment=b"\xff" * 65_535)) == {"a.txt": b"hello"}


def test_files_of_operating_systems_are_recognized():
    names = [b"a.wav", b"__MACOSX/._a.wav", b"audio/.DS_Store", b"audio/Thumbs.db", b"audio/__MACOSX.wav"]
    names += [b"Desktop.ini", b"talk/__MACOSX/._b.wav"]
    archive = archive_of(forge(*(File(name=name) for name in names)))
    assert [member.name for member in archive.files] == ["a.wav", "audio/__MACOSX.wav"]
    archive.require_files()


@pytest.mark.parametrize("files", [(), (File(name=b"audio/", data=b""),), (File(name=b".DS_Store"),)])
def test_an_archive_without_files_is_read_and_can_be_refused(files):
    archive = archive_of(forge(*files))
    assert archive.files == ()
    with pytest.raises(ZipError) as caught:
        archive.require_files()
    assert caught.value.code == "zip_empty"


def virtual(name: str, size: int) -> BlobMember:
    return BlobMember(name=name, sha256=f"{size:064x}", size=size, crc32=zeros_crc32(size), modified=MODIFIED)


def test_a_member_over_4_gib_is_read_back():
    members = [virtual("before", 3), virtual("take.mp4", (4 << 30) + 1), virtual("after", 100_000)]
    source = LayoutSource(plan_archive(members))

    archive = read_archive(source, ArchiveLimits())

    assert [(found.name, found.size, found.crc32) for found in archive.members] == [
        (member.name, member.size, member.crc32) for member in members
    ]
    assert [sum(len(chunk) for chunk in archive.open(found)) for found in archive.members] == [
        member.size for member in members
    ]


@pytest.mark.large
def test_more_than_65536_members_are_read_back():
    layout = plan_archive(
        [TextMember(name=f"{number}.srt", data=b"", modified=MODIFIED) for number in range(65_600)]
    )
    archive = archive_of(Blobs().bytes_of(layout.segments), max_entries=70_000)
    assert len(archive.members) == 65_600
    assert archive.members[-1].name == "65599.srt"


@pytest.mark.parametrize("size", [2_000, 200_000])
def test_5000_small_members_take_few_requests(size):
    source = LayoutSource(plan_archive([virtual(f"audio/{number}.wav", size) for number in range(5_000)]))
    archive = read_archive(source, ArchiveLimits())
    assert len(archive.members) == 5_000
    assert len(source.requests) < 10


def test_large_members_are_not_read_to_check_their_headers():
    layout = plan_archive([virtual(f"video/{number}.mp4", 50 << 20) for number in range(40)])
    source = LayoutSource(layout)
    read_archive(source, ArchiveLimits())
    assert sum(end - start for start, end in source.requests) < 5 << 20
    assert len(source.requests) <= 41


def test_a_large_streamed_member_is_not_read_to_check_its_descriptor():
    data = forge(
        File(
            flags=8,
            data=bytes(5 << 20),
            descriptor=struct.pack("<3I", zeros_crc32(5 << 20), 5 << 20, 5 << 20),
        )
    )
    source = BytesSource(data)
    archive = read_archive(source, ArchiveLimits())
    assert source.bytes_read < 2 << 20
    assert sum(len(chunk) for chunk in archive.open(archive.members[0])) == 5 << 20


def test_low_seek_cost_reads_no_member_data():
    source = LayoutSource(plan_archive([virtual(f"audio/{number}.wav", 20_000) for number in range(500)]))
    read_archive(source, ArchiveLimits(), seek_cost=0)
    assert sum(end - start for start, end in source.requests) < (1 << 20) + 500 * 100


def test_memory_is_bounded_for_large_headers():
    files = [
        File(name=b"%d" % number, local_extra=pack_extra(0x9999, bytes(65_000))) for number in range(1000)
    ]
    data = forge(*files)
    tracemalloc.start()
    try:
        archive_of(data)
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()


def test_members_can_be_read_concurrently():
    generator = random.Random(1)
    files = {f"{number}.bin": generator.randbytes(200_000) + bytes(200_000) for number in range(40)}
    data = forge(*(File(name=name.encode(), data=value, method=DEFLATED) for name, value in files.items()))
    archive = archive_of(data)

    def read(member) -> bytes:
        return b"".join(archive.open(member))

    with ThreadPoolExecutor(8) as executor:
        found = dict(zip(files, executor.map(read, archive.members), strict=True))

    assert found == files


@pytest.mark.parametrize("chunk_size", [1, 7, 1 << 20])
def test_sources_can_yield_chunks_of_any_size(chunk_size):
    files = [File(name=b"a", data=b"x" * 500), File(name=b"b", data=bytes(3 << 20), method=DEFLATED)]
    archive: Archive = read_archive(BytesSource(forge(*files), chunk_size=chunk_size), ArchiveLimits())
    for file, member in zip(files, archive.members, strict=True):
        assert b"".join(archive.open(member)) == file.data


def test_folders_at_the_depth_limit_are_accepted():
    name = b"a/" * 100 + b"b"
    assert contents_of(forge(File(name=name))) == {name.decode(): b"hello"}


def test_a_large_directory_is_read_in_seconds():
    files = [
        TextMember(name=f"audio/{number:05}.wav", data=b"", modified=MODIFIED) for number in range(20_000)
    ]
    data = Blobs().bytes_of(plan_archive(files).segments)
    started = time.process_time()
    assert len(archive_of(data).members) == 20_000
    assert time.process_time() - started < 10


@pytest.mark.parametrize("seconds", [0, 1_700_000_000, -5, -(1 << 40), 1 << 40, 0x06054B50, 0x07064B50])
def test_times_and_modes_are_read_again(seconds):
    blob = BlobMember(
        name="run.sh",
        sha256="a" * 64,
        size=0,
        crc32=0,
        modified=MODIFIED,
        is_executable=True,
        mtime_ns=seconds * 10**9 + 5,
    )
    folder = TextMember(name="empty/", data=b"", modified=MODIFIED)

    first, second = archive_of(Blobs().bytes_of(plan_archive([folder, blob]).segments)).members

    has_time = -(1 << 31) <= seconds < 1 << 31 and seconds not in {0x06054B50, 0x07064B50}
    assert (first.is_directory, first.unix_time) == (True, None)
    assert (second.is_executable, second.unix_time) == (True, seconds if has_time else None)
