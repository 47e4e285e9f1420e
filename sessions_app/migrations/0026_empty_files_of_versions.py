"""Number of files without bytes of each version."""

from django.db import migrations, models
from django.db.models import F


def count_empty_files(apps, schema_editor):
    entries = apps.get_model("sessions_app", "Entry").objects.filter(blob__size=0).exclude(role="session_metadata")
    versions = apps.get_model("sessions_app", "Version").objects
    ranges = entries.order_by("pk").values_list("session_id", "added_in", "removed_in")
    for session, added_in, removed_in in ranges.iterator():
        rows = versions.filter(session_id=session, number__gte=added_in)
        if removed_in is not None:
            rows = rows.filter(number__lt=removed_in)
        rows.update(empty_file_count=F("empty_file_count") + 1)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0025_executable_bit_of_replaced_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="empty_file_count",
            field=models.PositiveIntegerField(default=0, help_text="Number of files without bytes."),
        ),
        migrations.RunPython(count_empty_files, migrations.RunPython.noop),
    ]
