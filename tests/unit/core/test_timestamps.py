from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dubbing_core.timestamps import parse_timestamp


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-08-03T18:11:02.123456", datetime(2025, 8, 3, 18, 11, 2, 123456, tzinfo=UTC)),
        ("2025-08-03T18:11:02Z", datetime(2025, 8, 3, 18, 11, 2, tzinfo=UTC)),
        ("2025-08-03 18:11:02.5Z", datetime(2025, 8, 3, 18, 11, 2, 500000, tzinfo=UTC)),
        ("2025-08-03T18:11:02.1234567+02:00", datetime(2025, 8, 3, 16, 11, 2, 123456, tzinfo=UTC)),
        ("2025-08-03T18:11:02+05:30", datetime(2025, 8, 3, 12, 41, 2, tzinfo=UTC)),
        ("2025-08-03", datetime(2025, 8, 3, tzinfo=UTC)),
    ],
)
def test_timestamps_are_returned_in_utc(text, moment):
    assert parse_timestamp(text) == moment
    assert parse_timestamp(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "yesterday", "Z", "2025-13-01", "0001-01-01T00:00:00+05:00"])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_timestamp(text)
