"""Sizes as text."""

from __future__ import annotations

UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")
PRECISE_BELOW = 100
"""Numbers below have one decimal place: 12.3 MiB, 123 MiB."""


def format_size(count: int) -> str:
    """Format a number of bytes with binary units (IEC 80000-13): 12.3 MiB."""
    value = float(count)
    unit = "B"
    for larger in UNITS:
        # Compare the rounded number: 1023.9 KiB would be shown as 1024 KiB, which is 1.0 MiB.
        if round(value) < 1024:  # noqa: PLR2004 (a kibibyte)
            break
        value /= 1024
        unit = larger
    return f"{value:.1f} {unit}" if unit != "B" and round(value, 1) < PRECISE_BELOW else f"{value:.0f} {unit}"
