"""All rows of a portal, in the database that Django's settings name."""

from __future__ import annotations

from datetime import datetime

from bench.population.activity import write_activity
from bench.population.contents import Contents, write_contents
from bench.population.loader import bulk_load, finish_load, reset_sequences
from bench.population.scale import Scale
from bench.population.values import Values
from sessions_app import models


def populate(scale: Scale, *, now: datetime) -> Contents:
    """Write the rows in the current transaction: for small portals in tests."""
    values = Values(now)
    contents = write_contents(scale, values)
    write_activity(scale, values, contents)
    reset_sequences([getattr(models, name) for name in models.__all__])
    return contents


def populate_database(scale: Scale, *, now: datetime) -> Contents:
    """Fill a migrated, empty database without durability, indexes last."""
    with bulk_load():
        contents = populate(scale, now=now)
    finish_load()
    return contents
