"""A layout in a file is the layout in memory."""

from __future__ import annotations

import io
import os
import random
import tempfile
import tracemalloc

import pytest
from hypothesis import given, strategies as st

from dubbing_core.zips.layout import BlobMember, Segment, TextMember, plan_archive, write_layout
from sessions_app.exports.layout_file import (
    LITERAL_SIZE,
    RECORD,
    RECORDS_PER_READ,
    FileLayout,
    LayoutFileError,
    LayoutFileWriter,
)
from tests.unit.core.zips.blobs import MODIFIED, Blobs

MANY = RECORDS_PER_READ * 2 + 10
BYTES_PER_MEMBER = 100
"""The limit of a plan in memory."""


def in_file(members) -> FileLayout:
    with tempfile.TemporaryFile() as file:
        writer = LayoutFileWriter(file)
        write_layout(members, writer)
        writer.finish()
        return FileLayout(os.dup(file.fileno()))


def make_members(blobs: Blobs, sizes: list[int]) -> list[BlobMember | TextMember]:
    members: list[BlobMember | TextMember] = []
    for number, size in enumerate(sizes):
        data = random.Random(number).randbytes(abs(size))
        name = f"नाम/{number}.wav"
        if size < 0:
            members.append(TextMember(name=name, data=data, modified=MODIFIED))
        else:
            members.append(blobs.member(name, data))
    return members


@given(
    sizes=st.lists(st.integers(-300, 300), max_size=12), bounds=st.tuples(st.floats(0, 1), st.floats(0, 1))
)
def test_every_range_has_the_same_bytes_as_in_memory(sizes, bounds):
    blobs = Blobs()
    members = make_members(blobs, sizes)
    planned, stored = plan_archive(members), in_file(members)
    start, end = sorted(round(bound * planned.size) for bound in bounds)

    assert (stored.size, stored.etag) == (planned.size, planned.etag)
    assert blobs.bytes_of(stored.segments) == blobs.bytes_of(planned.segments)
    assert list(stored.cut(start, end)) == list(planned.cut(start, end))


def test_ranges_at_each_boundary_are_exact():
    blobs = Blobs()
    members = make_members(blobs, [3, 0, -2, 5])
    stored = in_file(members)
    whole = blobs.bytes_of(plan_archive(members).segments)

    for start in range(len(whole) + 1):
        for end in range(start, len(whole) + 1, 7):
            assert blobs.bytes_of(stored.cut(start, end)) == whole[start:end]


def test_many_records_are_read_in_batches():
    members = [virtual(number) for number in range(MANY)]

    assert list(in_file(members).segments) == list(plan_archive(members).segments)


def test_a_long_literal_is_returned_in_several():
    blobs = Blobs()
    members = make_members(blobs, [-3 * LITERAL_SIZE, 5])
    stored = in_file(members)

    segments: list[Segment] = list(stored.segments)

    assert max(segment.size for segment in segments) <= LITERAL_SIZE
    assert blobs.bytes_of(segments) == blobs.bytes_of(plan_archive(members).segments)


def test_an_archive_without_members_is_possible():
    assert list(in_file([]).segments) == list(plan_archive([]).segments)


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 4), (0, 23)])
def test_a_cut_outside_the_archive_is_refused(start, end):
    with pytest.raises(ValueError, match="is not within"):
        in_file([]).cut(start, end)


def test_memory_does_not_grow_with_the_number_of_members():
    members = [virtual(number) for number in range(MANY * 10)]
    stored = in_file(members)

    tracemalloc.start()
    try:
        again = FileLayout(os.dup(stored._descriptor))
        middle = list(again.cut(again.size // 2, again.size // 2 + 100))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert middle
    assert peak < 2 * RECORDS_PER_READ * RECORD.size < BYTES_PER_MEMBER * len(members) / 10


def test_a_record_has_less_than_100_bytes():
    assert RECORD.size <= BYTES_PER_MEMBER


@pytest.mark.parametrize(
    "change",
    [lambda data: data[:-1], lambda data: data[10:], lambda data: b"", lambda data: data[:-1] + b"x" * 200],
    ids=["end", "start", "all", "format"],
)
def test_a_damaged_file_is_refused(tmp_path, change):
    buffer = io.BytesIO()
    writer = LayoutFileWriter(buffer)
    write_layout([virtual(1), virtual(2)], writer)
    writer.finish()
    path = tmp_path / "damaged"
    path.write_bytes(change(buffer.getvalue()))

    with path.open("rb") as file, pytest.raises(LayoutFileError):
        FileLayout(file.fileno())


def virtual(number: int) -> BlobMember:
    return BlobMember(
        name=f"audio/{number}.wav", sha256=f"{number:064x}", size=10 + number, crc32=1, modified=MODIFIED
    )
