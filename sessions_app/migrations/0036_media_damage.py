"""Pixel formats and damage of media; all media are read again, and their sound decoded again."""

from django.db import migrations, models


def mark_unread(apps, schema_editor):
    apps.get_model("sessions_app", "DubbingSession").objects.filter(current__isnull=False).update(has_unread_media=True)
    apps.get_model("sessions_app", "Derivative").objects.filter(kind="loudness").update(maker_version=0)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0035_index_of_ended_jobs"),
    ]

    operations = [
        migrations.AddField(
            model_name="blobmedia",
            name="damage",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The part of the problem that decoding found.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="blobmedia",
            name="pixel_format",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.RunPython(mark_unread, migrations.RunPython.noop),
    ]
