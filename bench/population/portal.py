"""All rows of a portal, in the database that Django's settings name."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from django.apps import apps
from django.db import connection

from bench.population.activity import write_activity
from bench.population.contents import Contents, write_contents
from bench.population.loader import bulk_load, finish_load, reset_sequences
from bench.population.scale import Scale
from bench.population.values import Values
from sessions_app.models import OwnerTotals
from sessions_app.operations.cleanup.consistency.check import check_consistency

FILL = "sessions_app.migrations.0013_fill_denormalized_values"


def populate(scale: Scale, *, now: datetime) -> Contents:
    """Write the rows in the current transaction: for small portals in tests."""
    contents = _write_rows(scale, now)
    check_consistency(repairs=True)
    return contents


def populate_database(scale: Scale, *, now: datetime) -> Contents:
    """Fill a migrated, empty database without durability, indexes last."""
    with bulk_load():
        contents = _write_rows(scale, now)
    finish_load()
    # The migration's statements for all rows take a tenth of the time that the check takes.
    with connection.schema_editor(atomic=False) as editor:
        fill = import_module(FILL)
        for operation in fill.Migration.operations:
            operation.code(apps, editor)
    finish_load()
    return contents


def _write_rows(scale: Scale, now: datetime) -> Contents:
    values = Values(now)
    contents = write_contents(scale, values)
    write_activity(scale, values, contents)
    # The totals' key is the owner's; all others are numbered.
    reset_sequences(
        [model for model in apps.get_app_config("sessions_app").get_models() if model is not OwnerTotals]
    )
    return contents
