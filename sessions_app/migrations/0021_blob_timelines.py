"""Lines of subtitles and transcripts by blob; sessions of today are read by the worker or by `parse_texts`."""

import django.db.models.deletion
from django.db import migrations, models


def mark_unread(apps, schema_editor):
    apps.get_model("sessions_app", "DubbingSession").objects.filter(current__isnull=False).update(has_unread_texts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0020_no_digests_of_received_bytes"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlobTimeline",
            fields=[
                (
                    "blob",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="timeline",
                        serialize=False,
                        to="sessions_app.blob",
                    ),
                ),
                ("reader_version", models.PositiveSmallIntegerField(help_text="Of the readers that made it.")),
                ("format", models.CharField(blank=True, max_length=20)),
                ("encoding", models.CharField(blank=True, max_length=20)),
                (
                    "reason",
                    models.CharField(blank=True, help_text="Why nothing could be read.", max_length=300),
                ),
                (
                    "problems",
                    models.JSONField(blank=True, default=list, help_text="The first ones: line and message."),
                ),
                ("problem_count", models.PositiveIntegerField(default=0)),
                (
                    "summary",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Kind, language, lines, speakers, last end and digest of each track.",
                    ),
                ),
                (
                    "text_digest",
                    models.CharField(
                        blank=True,
                        help_text="Of the text of all tracks, without times and speakers; empty without any.",
                        max_length=32,
                    ),
                ),
                ("tracks", models.BinaryField(help_text="JSON, compressed by zlib.")),
                ("read_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="dubbingsession",
            name="has_unread_texts",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether a version may contain subtitles or transcripts that were not read yet.",
            ),
        ),
        migrations.AddIndex(
            model_name="dubbingsession",
            index=models.Index(condition=models.Q(("has_unread_texts", True)), fields=["id"], name="session_unread_texts"),
        ),
        migrations.RunPython(mark_unread, migrations.RunPython.noop),
    ]
