from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.zips.layout import (
    BlobMember,
    BlobRange,
    Layout,
    Literal,
    Segment,
    SegmentLayout,
    TextMember,
    plan_archive,
)
from dubbing_core.zips.multipart import (
    LARGE_MEMBER_SIZE,
    MIN_PART_SIZE,
    CopiedPart,
    PartLimits,
    PartPlan,
    UploadedPart,
    interleave_members,
    plan_parts,
)
from tests.unit.core.zips.blobs import MODIFIED

MIB = 1024 * 1024
SMALL_LIMITS = PartLimits(min_size=10, copy_size=40, max_size=160)


def segments_of(parts: tuple[PartPlan, ...]) -> list[Segment]:
    """Return the segments of all parts in order, with cut ranges joined."""
    joined: list[Segment] = []
    for part in parts:
        for segment in part.segments if isinstance(part, UploadedPart) else (part.source,):
            last = joined[-1] if joined else None
            if isinstance(segment, Literal) and isinstance(last, Literal):
                joined[-1] = Literal(last.data + segment.data)
            elif (
                isinstance(segment, BlobRange)
                and isinstance(last, BlobRange)
                and (segment.sha256, segment.start) == (last.sha256, last.end)
            ):
                joined[-1] = BlobRange(last.sha256, last.start, segment.end)
            else:
                joined.append(segment)
    return joined


def uploaded(parts: tuple[PartPlan, ...]) -> int:
    return sum(part.size for part in parts if isinstance(part, UploadedPart))


def member(name: str, size: int) -> BlobMember:
    return BlobMember(
        name=name, sha256=f"{hash(name) & (1 << 255) - 1:064x}", size=size, crc32=0, modified=MODIFIED
    )


@st.composite
def layouts(draw, largest: int = 400) -> Layout:
    """Headers and blobs by turns, as archives have them; each blob is another."""
    segments: list[Segment] = []
    for number, size in enumerate(draw(st.lists(st.integers(1, largest), max_size=30))):
        header = draw(st.binary(max_size=25))
        if header:
            segments.append(Literal(header))
        segments.append(BlobRange(f"{number:064x}", 0, size))
    return SegmentLayout((*segments, Literal(draw(st.binary(min_size=1, max_size=60)))))


class TestEveryPlan:
    @given(layout=layouts(), uniform=st.booleans())
    def test_covers_the_archive(self, layout, uniform):
        parts = plan_parts(
            layout, limits=PartLimits(min_size=10, copy_size=40, max_size=160, is_uniform=uniform)
        )

        assert segments_of(parts) == list(layout.segments)
        assert all(part.size for part in parts)

    @given(layout=layouts())
    def test_respects_the_part_sizes(self, layout):
        parts = plan_parts(layout, limits=SMALL_LIMITS)

        assert all(part.size >= SMALL_LIMITS.min_size for part in parts[:-1])
        for part in parts:
            limit = SMALL_LIMITS.copy_size if isinstance(part, CopiedPart) else 2 * SMALL_LIMITS.min_size - 1
            assert part.size <= limit

    @given(layout=layouts())
    def test_uploads_at_most_the_start_of_a_large_blob(self, layout):
        parts = plan_parts(layout, limits=SMALL_LIMITS)

        headers = sum(segment.size for segment in layout.segments if isinstance(segment, Literal))
        blobs = [segment.size for segment in layout.segments if isinstance(segment, BlobRange)]
        assert uploaded(parts) <= headers + sum(
            SMALL_LIMITS.min_size if size >= 2 * SMALL_LIMITS.min_size else size for size in blobs
        )

    @given(layout=layouts(), count=st.integers(1, 12))
    def test_respects_the_part_count(self, layout, count):
        limits = PartLimits(min_size=10, copy_size=40, max_size=1 << 20, max_count=count)

        parts = plan_parts(layout, limits=limits)

        assert len(parts) <= count
        assert segments_of(parts) == list(layout.segments)
        assert all(part.size >= limits.min_size for part in parts[:-1])

    @given(layout=layouts(), count=st.integers(1, 2000))
    def test_has_equal_sizes_for_uniform_parts(self, layout, count):
        limits = PartLimits(min_size=10, copy_size=40, max_size=1 << 20, max_count=count, is_uniform=True)

        parts = plan_parts(layout, limits=limits)

        assert len(parts) <= count
        assert len({part.size for part in parts[:-1]}) <= 1
        assert parts[-1].size <= parts[0].size
        assert parts[0].size >= min(10, layout.size)


class TestPlan:
    def test_has_one_part_for_a_small_archive(self):
        layout = SegmentLayout((Literal(b"all"),))

        assert plan_parts(layout, limits=SMALL_LIMITS) == (UploadedPart(layout, 0, 3),)

    def test_extends_a_header_from_the_next_blob(self):
        layout = SegmentLayout((Literal(b"head"), BlobRange("a", 0, 50), Literal(b"end")))

        assert plan_parts(layout, limits=SMALL_LIMITS) == (
            UploadedPart(layout, 0, 10),
            CopiedPart(BlobRange("a", 6, 28)),
            CopiedPart(BlobRange("a", 28, 50)),
            UploadedPart(layout, 54, 57),
        )

    def test_copies_a_whole_blob_after_enough_bytes(self):
        layout = SegmentLayout((Literal(b"head " * 2), BlobRange("a", 0, 10), Literal(b"end")))

        assert plan_parts(layout, limits=SMALL_LIMITS)[1] == CopiedPart(BlobRange("a", 0, 10))

    def test_uploads_a_blob_whose_remainder_would_be_too_small(self):
        layout = SegmentLayout((Literal(b"head"), BlobRange("a", 0, 15), Literal(b"end")))

        (part, *rest) = plan_parts(layout, limits=SMALL_LIMITS)

        assert (part.size, isinstance(part, UploadedPart), rest[0].size) == (11, True, 11)

    @pytest.mark.parametrize("uniform", [False, True])
    def test_refuses_an_archive_beyond_the_limits(self, uniform):
        layout = SegmentLayout((Literal(b"head"), BlobRange("a", 0, 10_000)))
        limits = PartLimits(min_size=10, copy_size=40, max_size=160, max_count=10, is_uniform=uniform)

        with pytest.raises(ValueError, match="larger than"):
            plan_parts(layout, limits=limits)

    @pytest.mark.parametrize("sizes", [(0, 40, 160), (30, 40, 160), (10, 200, 160)])
    def test_refuses_inconsistent_sizes(self, sizes):
        min_size, copy_size, max_size = sizes
        with pytest.raises(ValueError, match="cannot form every object"):
            PartLimits(min_size=min_size, copy_size=copy_size, max_size=max_size)


members = st.lists(
    st.one_of(
        st.integers(0, 3 * MIB),
        st.integers(0, 2 * LARGE_MEMBER_SIZE),
        st.integers(LARGE_MEMBER_SIZE, 1 << 33),
    ),
    max_size=40,
).map(lambda sizes: [member(f"{number:03}", size) for number, size in enumerate(sizes)])


class TestInterleaving:
    @given(members=members)
    def test_preserves_all_members_with_texts_first(self, members):
        texts = [TextMember(name=f"t{number}", data=bytes(number), modified=MODIFIED) for number in range(2)]

        ordered = interleave_members([texts[0], *members, texts[1]])

        assert ordered[:2] == texts
        assert sorted(each.name for each in ordered[2:]) == [each.name for each in members]

    @given(members=members, texts=st.integers(0, LARGE_MEMBER_SIZE))
    @settings(max_examples=200)
    def test_uploads_at_most_as_much_as_the_order_by_name(self, members, texts):
        text = TextMember(name="metadata.json", data=bytes(texts), modified=MODIFIED)
        large = [each for each in members if each.size >= LARGE_MEMBER_SIZE]
        small = [each.size for each in members if each.size < LARGE_MEMBER_SIZE]
        limits = PartLimits()

        parts = plan_parts(plan_archive(interleave_members([text, *members])), limits=limits)

        # Small members are uploaded at most once; the remaining bytes of a part come from large ones; headers are small.
        headers = 1 * MIB + 70_000 * len(members)
        assert uploaded(parts) <= texts + sum(small) + MIN_PART_SIZE * len(large) + headers
        assert {part.size >= limits.min_size for part in parts[:-1]} <= {True}
        assert {part.size <= limits.max_size for part in parts} <= {True}

    def test_fills_the_group_before_each_large_member(self):
        large = [member(f"large{number}", 50 * MIB) for number in range(3)]
        small = [member(f"small{number:02}", MIB) for number in range(15)]

        ordered = interleave_members([*large, *small])

        places = [index for index, each in enumerate(ordered) if each in large]
        assert places == [5, 11, 17]
        parts = plan_parts(plan_archive(ordered), limits=PartLimits())
        assert uploaded(parts) < 15 * MIB + 200_000

    def test_counts_the_texts_in_front(self):
        text = TextMember(name="metadata.json", data=bytes(5 * MIB), modified=MODIFIED)
        one, other = (member(name, 50 * MIB) for name in ("1.mp4", "2.mp4"))
        sound = member("sound.wav", 4 * MIB)

        assert interleave_members([text, one, other, sound]) == [text, one, sound, other]

    def test_appends_remaining_members_in_order(self):
        small = [member(name, 3 * MIB) for name in "abcdef"]

        assert interleave_members(small) == small
        ordered = interleave_members([*small, member("video", 50 * MIB)])
        assert [each.name for each in ordered] == ["a", "b", "video", "c", "d", "e", "f"]

    def test_is_deterministic(self):
        some = [member(f"{number:03}", random.Random(number).randrange(8 * MIB)) for number in range(100)]
        some.append(member("video", 80 * MIB))

        assert interleave_members(some) == interleave_members(list(some))


def session() -> list[BlobMember]:
    """23 files as a dubbing project has them, 487 MB: source, TTS WAVs, custom voices, dubbed and mixed videos, JSON."""
    sizes = {
        "audio/gemini_{}.wav": [2_880_044] * 9,
        "custom_voices/voice_{}.wav": [2_880_044] * 2,
        "final_videos/{}_final.mp4": [41_300_017] * 3,
        "mixed_videos/mixed_{}.mp4": [41_200_003] * 5,
        "original_video/talk_{}.mp4": [125_000_001],
        "transcriptions/talk_{}.json": [61_203],
        "translations/talk_{}.json": [70_411] * 2,
    }
    files = {name.format(number): size for name, group in sizes.items() for number, size in enumerate(group)}
    return [member(name, size) for name, size in sorted(files.items())]


class TestExport:
    def test_uploads_a_small_share_of_a_session(self):
        project = session()
        layout, plain = plan_archive(interleave_members(project)), plan_archive(project)

        parts = plan_parts(layout, limits=PartLimits())

        assert len(project) == 23
        assert 485_000_000 < layout.size < 490_000_000
        assert uploaded(parts) <= 0.11 * layout.size
        assert uploaded(parts) < uploaded(plan_parts(plain, limits=PartLimits()))

    def test_uploads_almost_nothing_of_a_large_session(self):
        """5 GB in a video of 4.6 GB, with files beside it as in the session of 487 MB."""
        project = [*session(), member("original_video/longer.mp4", 4_600_000_000)]
        layout = plan_archive(interleave_members(project))

        parts = plan_parts(layout, limits=PartLimits())

        assert layout.size > 5_000_000_000
        assert uploaded(parts) <= 0.03 * layout.size

    def test_needs_few_parts_for_100_gb_of_videos(self):
        layout = plan_archive(
            interleave_members([member(f"{number}.mp4", 10_000_000_000) for number in range(10)])
        )

        parts = plan_parts(layout, limits=PartLimits())

        assert len(parts) < 500
        assert uploaded(parts) < 0.001 * layout.size

    def test_keeps_the_order_of_small_files(self):
        layout = plan_archive(
            interleave_members([member(f"{number:05}.wav", 100_000) for number in range(3000)])
        )

        parts = plan_parts(layout, limits=PartLimits())

        assert {type(part) for part in parts} == {UploadedPart}
        assert all(MIN_PART_SIZE <= one.size < LARGE_MEMBER_SIZE for one, _ in pairwise(parts))

    def test_uploads_two_uniform_parts_per_large_blob(self):
        layout = plan_archive(interleave_members(session()))

        parts = plan_parts(layout, limits=PartLimits(is_uniform=True))

        assert {part.size for part in parts[:-1]} == {MIN_PART_SIZE}
        assert uploaded(parts) <= 0.25 * layout.size

    def test_enlarges_uniform_parts_beyond_the_part_count(self):
        layout = plan_archive([member("film.mp4", 80_000_000_000)])

        parts = plan_parts(layout, limits=PartLimits(is_uniform=True))

        assert len(parts) <= 10_000
        assert parts[0].size > MIN_PART_SIZE
