"""English dates and times on the admin site: those of the portal's pages."""

from __future__ import annotations

DATE_FORMAT = "j\xa0M\xa0Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j\xa0M\xa0Y, H:i"
MONTH_DAY_FORMAT = "j\xa0F"
