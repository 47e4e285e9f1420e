"""Rows as lines for people, one by one as they come, and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from bench.contest import Row

HEADER = f"{'work':26} {'against':26} {'ours':>10} {'theirs':>10} {'ratio':>8}  figure to reach"
FIGURES = {"at_least", "at_most"}


def line(row: Row) -> str:
    if row.ratio is None:
        return f"{row.work:26} {row.against:26} {row.value or 0:10.1f} {row.unit or '':>10} {'':8}  {_figure(row)}".rstrip()
    times = f"{row.ours_s or 0:8.3f} s {row.theirs_s or 0:8.3f} s"
    return f"{row.work:26} {row.against:26} {times} {row.ratio:7.2f}x  {_figure(row)}".rstrip()


def write_json(rows: Iterable[Row], file: Path) -> None:
    """Write a list of objects; what a row does not have is left out, and so are the figures to reach."""
    names = [field.name for field in fields(Row) if field.name not in FIGURES]
    found = [{name: value for name in names if (value := getattr(row, name)) is not None} for row in rows]
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _figure(row: Row) -> str:
    if row.reached is None:
        return ""
    bounds = [
        f"{words} {bound:.3g}"
        for words, bound in (("at least", row.at_least), ("at most", row.at_most))
        if bound is not None
    ]
    return f"{', '.join(bounds)}: {'reached' if row.reached else 'missed'}"
