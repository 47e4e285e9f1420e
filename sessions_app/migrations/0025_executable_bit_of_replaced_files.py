"""Uploads with an unknown executable bit; summaries of versions name changes of the bit alone."""

import json
from itertools import groupby

from django.db import migrations, models
from django.db.models import Exists, OuterRef

KEPT_PATHS = 10
KINDS = {True: "made_executable", False: "not_executable"}


def split_relabeled(apps, schema_editor):
    """Move files of which only the bit changed out of the group of relabeled ones."""
    cast = "%s::jsonb" if schema_editor.connection.vendor == "postgresql" else "%s"
    Version = apps.get_model("sessions_app", "Version")
    for (session, number), rows in groupby(find_changed_bits(apps), key=lambda row: row[:2]):
        version = Version.objects.filter(session_id=session, number=number).first()
        group = version.changes.get("relabeled") if version else None
        if not group:
            continue
        moved = [row[2:] for row in rows]
        relabeled = {path for _, path, _ in moved}
        group["count"] -= len(moved)
        group["size"] -= sum(size for _, _, size in moved)
        if group["count"] <= 0:
            del version.changes["relabeled"]
        elif not relabeled.isdisjoint(group["paths"]):
            group["paths"] = list_relabeled(apps, session, number, relabeled)
        for is_executable, kind in KINDS.items():
            files = sorted((path, size) for bit, path, size in moved if bit is is_executable)
            if files:
                version.changes[kind] = {
                    "count": len(files),
                    "size": sum(size for _, size in files),
                    "paths": [path for path, _ in files[:KEPT_PATHS]],
                }
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE sessions_app_version SET changes = {cast} WHERE id = %s",
                [json.dumps(version.changes), version.pk],
            )


def find_changed_bits(apps):
    """Return session, version, bit, path and size of files of which only the executable bit changed."""
    entries = apps.get_model("sessions_app", "Entry").objects
    columns = ("session_id", "path", "blob_id", "category", "language", "role", "labeled_by")
    before = entries.filter(**{name: OuterRef(name) for name in columns}, removed_in=OuterRef("added_in"))
    with_bits = entries.filter(is_executable=True).values("session_id")
    return (
        entries.filter(Exists(before.exclude(is_executable=OuterRef("is_executable"))), session_id__in=with_bits)
        .exclude(role="session_metadata")
        .order_by("session_id", "added_in")
        .values_list("session_id", "added_in", "is_executable", "path", "blob__size")
    )


def list_relabeled(apps, session, number, without):
    entries = apps.get_model("sessions_app", "Entry").objects
    same = {name: OuterRef(name) for name in ("session_id", "path", "blob_id")}
    before = entries.filter(**same, removed_in=number)
    rows = entries.filter(Exists(before), session_id=session, added_in=number).exclude(role="session_metadata")
    return sorted(set(rows.values_list("path", flat=True)) - without)[:KEPT_PATHS]


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0024_search"),
    ]

    operations = [
        migrations.AlterField(
            model_name="upload",
            name="is_executable",
            field=models.BooleanField(
                null=True, blank=True, help_text="Empty if unknown: that of the file that it replaces."
            ),
        ),
        migrations.AlterField(
            model_name="version",
            name="changes",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Number, bytes and first paths of the files of each kind of change.",
            ),
        ),
        migrations.RunPython(split_relabeled, migrations.RunPython.noop),
    ]
