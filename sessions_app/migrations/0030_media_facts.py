"""Facts of media by blob; files of today are read by the worker for media or by `read_media`."""

import django.db.models.deletion
from django.db import migrations, models


def mark_unread(apps, schema_editor):
    apps.get_model("sessions_app", "DubbingSession").objects.filter(current__isnull=False).update(has_unread_media=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0029_digests_of_received_bytes"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlobMedia",
            fields=[
                (
                    "blob",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="media",
                        serialize=False,
                        to="sessions_app.blob",
                    ),
                ),
                ("reader_version", models.PositiveSmallIntegerField(help_text="Of the reader that made it.")),
                ("container", models.CharField(blank=True, max_length=40)),
                ("duration_ms", models.PositiveBigIntegerField(blank=True, null=True)),
                ("video_codec", models.CharField(blank=True, max_length=40)),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("frame_rate", models.FloatField(blank=True, null=True)),
                ("audio_codec", models.CharField(blank=True, max_length=40)),
                ("sample_rate", models.PositiveIntegerField(default=0, help_text="In Hz.")),
                ("channels", models.PositiveSmallIntegerField(default=0)),
                (
                    "streams",
                    models.JSONField(
                        blank=True, default=list, help_text="Kind, codec, language, duration and end of each stream."
                    ),
                ),
                ("stream_count", models.PositiveIntegerField(default=0)),
                ("reason", models.CharField(blank=True, help_text="Why nothing could be read.", max_length=200)),
                (
                    "problem",
                    models.CharField(blank=True, help_text="What is wrong with a readable file.", max_length=200),
                ),
                ("read_at", models.DateTimeField()),
            ],
            options={"verbose_name_plural": "blob media"},
        ),
        migrations.AddField(
            model_name="dubbingsession",
            name="has_unread_media",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether a version may contain audio or video of which the facts were not read yet.",
            ),
        ),
        migrations.AddIndex(
            model_name="dubbingsession",
            index=models.Index(condition=models.Q(("has_unread_media", True)), fields=["id"], name="session_unread_media"),
        ),
        migrations.RunPython(mark_unread, migrations.RunPython.noop),
    ]
