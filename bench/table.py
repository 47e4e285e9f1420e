"""Rows as lines of a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from bench.contest import Row

HEADER = f"{'work':26} {'against':26} {'ours':>10} {'peer':>10} {'ratio':>8}  target"
TARGETS = {"at_least", "at_most"}


def line(row: Row) -> str:
    if row.ratio is None:
        median = "" if row.median is None else f"p50 {row.median:.1f}"
        value = f"{row.value or 0:10.1f} {row.unit or '':>10}"
        return f"{row.work:26} {row.against:26} {value} {median:>8}  {_target(row)}".rstrip()
    times = f"{row.ours_s or 0:8.3f} s {row.peer_s or 0:8.3f} s"
    return f"{row.work:26} {row.against:26} {times} {row.ratio:7.2f}x  {_target(row)}".rstrip()


def write_json(rows: Iterable[Row], file: Path) -> None:
    """Write a list of objects, without empty fields and targets."""
    names = [field.name for field in fields(Row) if field.name not in TARGETS]
    objects = [{name: value for name in names if (value := getattr(row, name)) is not None} for row in rows]
    file.write_text(json.dumps(objects, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _target(row: Row) -> str:
    if row.is_reached is None:
        return ""
    bounds = [
        f"{label} {bound:.3g}"
        for label, bound in (("at least", row.at_least), ("at most", row.at_most))
        if bound is not None
    ]
    return f"{', '.join(bounds)}: {'reached' if row.is_reached else 'missed'}"
