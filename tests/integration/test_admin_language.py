"""The admin site in German, and its dates in English."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.formats import date_format
from django.utils.translation import override


def test_english_dates_are_those_of_the_portal():
    when = datetime(2027, 2, 28, 13, 44, tzinfo=UTC)

    with override("en"):
        assert date_format(when, "DATETIME_FORMAT") == "28\xa0Feb\xa02027, 13:44"
        assert date_format(when, "DATE_FORMAT") == "28\xa0Feb\xa02027"
    with override("de"):
        assert date_format(when, "DATETIME_FORMAT") == "28. Februar 2027 13:44"
