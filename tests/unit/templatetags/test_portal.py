"""Template filters: sizes, times, durations and the bar of categories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from dubbing_core.categories import Category
from sessions_app.queries.versions import CategorySummary
from sessions_app.templatetags import portal
from sessions_app.translation import NBSP

NOW = datetime(2025, 8, 3, 18, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (12_897_485, "12.3 MiB"),
        (99.96 * 1024, "100 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (487 * 1024**2, "487 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (3 * 1024**6, "3072 PiB"),
    ],
)
def test_sizes_have_binary_units(count: int, text: str):
    assert portal.size(count).replace(NBSP, " ") == text


def test_times_always_have_microseconds():
    assert portal.isomicro(NOW) == "2025-08-03T18:11:02.000000+00:00"


@pytest.mark.parametrize(("language", "date"), [("en", "3 Aug 2025"), ("de", "03.08.2025")])
def test_the_exact_time_is_a_title_for_people_and_an_attribute_for_programs(language: str, date: str):
    with override(language):
        element = portal.deadline(NOW).replace(NBSP, " ")
    assert element == (
        f'<time datetime="2025-08-03T18:11:02.000000+00:00" title="{date}, 18:11:02 UTC">{date}, 18:11</time>'
    )


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=5), "in a moment"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=-23, minutes=-59), "23 hours ago"),
        (timedelta(days=6, hours=20), "in 6 days"),
        (timedelta(days=-8), "26 Jul 2025"),
    ],
)
def test_times_are_relative(distance: timedelta, text: str):
    assert portal.relative_to(NOW + distance, NOW).replace(NBSP, " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "under 1 s"), (59, "59 s"), (60, "1 min"), (3599, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_durations_have_two_units_at_most(seconds: int, text: str):
    assert portal.duration(seconds).replace(NBSP, " ") == text


def test_the_bar_is_full_and_the_smallest_category_visible():
    summary = [
        CategorySummary(category=Category.ORIGINAL_VIDEO, file_count=1, size=10**12),
        CategorySummary(category=Category.TRANSCRIPTIONS, file_count=1, size=1),
        CategorySummary(category=Category.OTHER, file_count=0, size=0),
    ]
    video, transcript = portal.slices(summary)
    assert transcript.length > 3
    assert transcript.start + transcript.length == pytest.approx(portal.BAR_LENGTH, abs=0.1)
    assert video.start == 0


def test_a_version_without_bytes_has_an_empty_bar():
    assert portal.slices([CategorySummary(category=Category.AUDIO, file_count=1, size=0)]) == []
