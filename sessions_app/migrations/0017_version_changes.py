"""Store with each version what it changed, from the ranges of versions of the entries."""

import json
from itertools import groupby

from django.db import migrations, models

SESSIONS_PER_READ = 200
KEPT_PATHS = 10


def fill_changes(apps, schema_editor):
    sessions = apps.get_model("sessions_app", "DubbingSession").objects.order_by("pk").values_list("pk", flat=True)
    cast = "%s::jsonb" if schema_editor.connection.vendor == "postgresql" else "%s"
    last = 0
    while ids := list(sessions.filter(pk__gt=last)[:SESSIONS_PER_READ]):
        last = ids[-1]
        updates = [
            (json.dumps(changes), session, number)
            for session, numbers in read_changes(apps, ids)
            for number, changes in numbers.items()
        ]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE sessions_app_version SET changes = {cast} WHERE session_id = %s AND number = %s", updates
            )


def read_changes(apps, sessions):
    """Yield each session's key and the changes of its versions, by number."""
    entries = apps.get_model("sessions_app", "Entry").objects.filter(session__in=sessions)
    rows = (
        entries.exclude(role="session_metadata")
        .order_by("session_id")
        .values_list("session_id", "path", "added_in", "removed_in", "blob_id", "blob__size")
    )
    for session, ranges in groupby(rows.iterator(), key=lambda row: row[0]):
        yield session, count_changes(sorted(row[1:] for row in ranges))


def count_changes(ranges):
    """Return the changes by number of version: count, size and first paths of each kind.

    :param ranges: path, first version, first version without it, key and size of the blob; sorted by path and version.
    """
    numbers = {}

    def count(number, kind, path, size):
        group = numbers.setdefault(number, {}).setdefault(kind, {"count": 0, "size": 0, "paths": []})
        group["count"] += 1
        group["size"] += size
        if len(group["paths"]) < KEPT_PATHS:
            group["paths"].append(path)

    for path, rows in groupby(ranges, key=lambda row: row[0]):
        removed_in, old_blob, old_size = None, None, 0
        for _, added_in, ends_before, blob, size in rows:
            if added_in == removed_in:
                count(added_in, "relabeled" if blob == old_blob else "changed", path, size)
            else:
                if removed_in is not None:
                    count(removed_in, "removed", path, old_size)
                count(added_in, "new", path, size)
            removed_in, old_blob, old_size = ends_before, blob, size
        if removed_in is not None:
            count(removed_in, "removed", path, old_size)
    return numbers


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0016_saved_paths"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="changes",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Number, bytes and first paths of new, changed, relabeled and removed files.",
            ),
        ),
        migrations.RunPython(fill_changes, migrations.RunPython.noop),
    ]
